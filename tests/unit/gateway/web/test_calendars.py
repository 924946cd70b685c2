"""Calendars over the API."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from fastapi.testclient import TestClient

from gateway.domain.feeds import Code
from gateway.web.app import create_app
from gateway.web.i18n import WORDS
from tests.feeds import FeedServer, feed_server, ics, once
from tests.unit.gateway.web.place import SCEAUX, Place

MEETING = once("a", "20261124T100000", "20261124T110000", "SUMMARY:Atelier")


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with feed_server() as server:
        yield server


@pytest.fixture(autouse=True)
def _ana(place: Place) -> None:
    place.join(1)


def follow(staff: TestClient, url: str | None = None) -> str:
    wanted = {"site": SCEAUX, "space": "meeting-1", "name": "Salle 1", "url": url, "members": ["m-1"]}
    answer = staff.post("/api/v1/calendars", json=wanted)
    assert answer.status_code == 201
    return str(answer.json()["id"])


def only(staff: TestClient) -> dict[str, Any]:
    [calendar] = staff.get("/api/v1/calendars").json()
    found: dict[str, Any] = calendar
    return found


def test_a_calendar_tells_its_meetings_but_only_the_server_of_its_secret_address(
    place: Place, staff: TestClient, server: FeedServer
) -> None:
    server.body = ics(MEETING)
    follow(staff, f"{server.url}?secret=abc")
    place.polling.poll()
    calendar = only(staff)
    [meeting] = calendar["meetings"]
    assert (meeting["title"], meeting["member"], meeting["refused"]) == ("Atelier", "m-1", None)
    assert calendar["server"] == "127.0.0.1"
    assert "abc" not in staff.get("/api/v1/calendars").text


def test_trouble_is_told_in_words(place: Place, staff: TestClient, server: FeedServer) -> None:
    server.body = b"<!doctype html>"
    calendar = follow(staff, server.url)
    place.polling.poll()
    assert only(staff)["trouble"]["code"] == "html"
    assert "web page" in only(staff)["trouble"]["text"]
    server.body = ics(MEETING)
    assert staff.post(f"/api/v1/calendars/{calendar}/poll").status_code == 202
    place.polling.poll()
    assert only(staff)["trouble"] is None
    assert staff.delete(f"/api/v1/calendars/{calendar}").status_code == 204
    assert staff.get("/api/v1/bookings").json()[0]["status"] == "cancelled"


def test_a_file_is_brought_or_refused_whole(staff: TestClient) -> None:
    path = f"/api/v1/imports/calendars/{follow(staff)}"
    headers = {"Content-Type": "text/calendar"}
    assert staff.put(path, content=ics(MEETING), headers=headers).status_code == 204
    refused = staff.put(path, content=ics(MEETING, "UID:b\nDTSTART:never"), headers=headers)
    assert refused.status_code == 422
    assert "b: DTSTART" in refused.json()["detail"]
    assert [meeting["title"] for meeting in only(staff)["meetings"]] == ["Atelier"]


def test_a_calendar_that_nobody_follows_is_not_found(staff: TestClient) -> None:
    for answer in (staff.delete("/api/v1/calendars/cal-0"), staff.post("/api/v1/calendars/cal-0/poll")):
        assert answer.status_code == 404
    headers = {"Content-Type": "text/calendar"}
    assert staff.put("/api/v1/imports/calendars/cal-0", content=ics(), headers=headers).status_code == 404


@pytest.mark.parametrize("role", ["viewer", "billing"])
def test_only_who_runs_the_place_sees_or_changes_calendars(place: Place, role: Any) -> None:
    visitor = TestClient(create_app(place), headers=place.key(role))
    assert visitor.get("/api/v1/calendars").status_code == 403
    assert visitor.delete("/api/v1/calendars/cal-0").status_code == 403


def test_every_reason_to_refuse_a_feed_can_be_said() -> None:
    for words in WORDS.values():
        for code in get_args(Code):
            assert words(f"feed_{code}", detail="x")


def page(place: Place, language: str = "en") -> TestClient:
    """A browser of staff: forms are sent as a page of ours sends them."""
    headers = {"Sec-Fetch-Site": "same-origin", "Accept-Language": language}
    return TestClient(create_app(place), headers=headers, cookies={"passerelle_session": place.session()})


FORM = {"name": "Salle 1", "space": f"{SCEAUX}/meeting-1", "members": "m-1", "url": "", "organisers": ""}


def test_the_page_follows_a_calendar_and_says_what_is_wrong_with_it(place: Place, server: FeedServer) -> None:
    browser = page(place)
    server.body = ics(MEETING)
    assert "Salle 1" in browser.post("/calendars", data=FORM | {"url": server.url}).text
    place.polling.poll()
    assert "Atelier" in browser.get("/calendars").text
    server.body = b"<html>"
    place.clock.at += timedelta(minutes=5)
    place.polling.poll()
    shown = browser.get("/calendars").text
    assert "The address gives a web page" in shown
    assert "The last good version, seen 5 min ago, stays in force." in shown
    assert "Atelier" in shown
    assert "donne une page web, pas un agenda" in page(place, "fr").get("/calendars").text


def test_the_page_takes_a_file_and_keeps_what_was_typed_where_it_refuses(place: Place) -> None:
    browser = page(place)
    refused = browser.post("/calendars", data=FORM | {"members": "m-9", "name": "Formation"})
    assert refused.status_code == 422
    assert 'value="Formation"' in refused.text
    browser.post("/calendars", data=FORM)
    with place.ledger.reading() as books:
        [calendar] = books.calendars.all()
    path = f"/calendars/{calendar.id}/file"
    assert "Atelier" in browser.post(path, files={"file": ("a.ics", ics(MEETING))}).text
    assert "no iCalendar" in browser.post(path, files={"file": ("a.ics", b"hello")}).text
    assert "Atelier" not in browser.post(f"/calendars/{calendar.id}/remove").text


def test_the_page_is_for_who_runs_the_place(place: Place, client: TestClient) -> None:
    assert client.get("/calendars").status_code == 401
    viewer = TestClient(create_app(place), cookies={"passerelle_session": place.session("viewer")})
    assert viewer.get("/calendars").status_code == 403
    headers = {"Sec-Fetch-Site": "same-origin"}
    assert viewer.post("/calendars", data=FORM, headers=headers).status_code == 403


def test_staff_are_told_on_the_live_page_once_while_it_lasts(
    place: Place, staff: TestClient, server: FeedServer
) -> None:
    server.body = b"<html>"
    follow(staff, server.url)
    for _ in range(3):
        place.clock.at += timedelta(minutes=5)
        place.polling.poll()
    [alarm] = staff.get("/api/v1/alarms").json()
    assert (alarm["calendar"], alarm["node"], alarm["what"]) == ("Salle 1", None, "feed-refused")
    assert alarm["since"] == "2026-11-24T09:05:00.000000Z"
    start = datetime(2026, 11, 24, 10, tzinfo=UTC)
    place.book("meeting-1", start, 1)
    server.body = ics(MEETING)
    place.clock.at += timedelta(minutes=5)
    place.polling.poll()
    [alarm] = staff.get("/api/v1/alarms").json()
    assert (alarm["what"], alarm["count"]) == ("meeting-refused", 1)
    assert "the time is taken" in page(place).get("/calendars").text


def test_who_comes_in_is_changed_on_the_page_and_meetings_change_hands(
    place: Place, server: FeedServer, staff: TestClient
) -> None:
    for number in (2, 3):
        place.join(number)
    browser = page(place)
    server.body = ics(MEETING)
    browser.post("/calendars", data=FORM | {"url": server.url})
    place.polling.poll()
    assert only(staff)["meetings"][0]["member"] == "m-1"
    calendar = only(staff)["id"]
    assert ">Camille 2</option>" in browser.get("/calendars").text
    people = {"members": ["m-3", "m-2"], "organisers": "lea@example.org = camille 2"}
    shown = browser.post(f"/calendars/{calendar}/people", data=people).text
    assert "Come in: Camille 3, Camille 2" in shown
    assert "lea@example.org = Camille 2" in shown
    changed = only(staff)
    assert (changed["members"], changed["organisers"]) == (["m-3", "m-2"], {"lea@example.org": "m-2"})
    assert [meeting["member"] for meeting in changed["meetings"]] == ["m-3"]


def test_nobody_unknown_comes_in_by_a_change(place: Place, staff: TestClient) -> None:
    calendar = follow(staff)
    refused = staff.put(f"/api/v1/calendars/{calendar}/people", json={"members": ["m-9"]})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "unknown_member")
    assert staff.put("/api/v1/calendars/cal-0/people", json={"members": ["m-1"]}).status_code == 404
    told = page(place).post(
        f"/calendars/{calendar}/people", data={"members": "m-1", "organisers": "a@b = Zoé"}
    )
    assert told.status_code == 422
    assert only(staff)["members"] == ["m-1"]
