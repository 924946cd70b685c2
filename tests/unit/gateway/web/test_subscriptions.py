"""Calendars given out over the API, and read by who has the address."""

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from gateway.web.app import create_app
from tests.unit.gateway.web.place import SCEAUX, VOISIN, Place


@pytest.fixture(autouse=True)
def _ana(place: Place) -> None:
    place.join(1)


def share(staff: TestClient, **wanted: Any) -> str:
    answer = staff.post("/api/v1/calendar-subscriptions", json={"name": "Salle 1", **wanted})
    assert answer.status_code == 201
    return str(answer.json()["url"]).removeprefix("http://testserver")


def test_whoever_has_the_address_reads_the_calendar_until_it_is_taken_back(
    place: Place, staff: TestClient, client: TestClient
) -> None:
    place.book("meeting-1", place.clock.now(), 1, "Atelier")
    url = share(staff, site=SCEAUX, space="meeting-1")
    answer = client.get(url)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "SUMMARY:Réservé" in answer.text
    assert "Atelier" not in answer.text
    [known] = staff.get("/api/v1/calendar-subscriptions").json()
    assert url.removesuffix(".ics").rpartition("/")[2] not in str(known)
    assert staff.delete(f"/api/v1/calendar-subscriptions/{known['id']}").status_code == 204
    assert client.get(url).status_code == 404
    assert staff.delete(f"/api/v1/calendar-subscriptions/{known['id']}").status_code == 404


def test_an_unchanged_calendar_is_not_sent_again(place: Place, staff: TestClient, client: TestClient) -> None:
    booking = place.book("meeting-1", place.clock.now() + timedelta(hours=3), 1, "Atelier")
    url = share(staff, member="m-1")
    etag = client.get(url).headers["etag"]
    place.clock.at += timedelta(hours=1)
    assert client.get(url, headers={"If-None-Match": etag}).status_code == 304
    staff.delete(f"/api/v1/bookings/{booking.id}")
    changed = client.get(url, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert "STATUS:CANCELLED" in changed.text


def test_an_address_that_was_never_given_out_answers_nobody(client: TestClient) -> None:
    assert client.get("/calendars/guessed.ics").status_code == 404


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"site": SCEAUX},
        {"site": SCEAUX, "space": "meeting-1", "member": "m-1"},
        {"site": VOISIN, "space": "meeting-1"},
        {"member": "m-9"},
    ],
)
def test_a_calendar_is_of_one_room_or_of_one_member(staff: TestClient, wanted: dict[str, str]) -> None:
    answer = staff.post("/api/v1/calendar-subscriptions", json={"name": "x", **wanted})
    assert answer.status_code == 422


def test_the_page_shows_an_address_once_and_takes_it_back(place: Place, client: TestClient) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}
    browser = TestClient(create_app(place), headers=headers, cookies={"passerelle_session": place.session()})
    made = browser.post("/calendars/shared", data={"name": "Ana", "of": "member:m-1"}).text
    [url] = re.findall(r'value="http://testserver(/calendars/[^"]+\.ics)"', made)
    assert client.get(url).status_code == 200
    shown = browser.get("/calendars").text
    assert url not in shown
    [revoke] = re.findall(r'action="(/calendars/shared/[^"]+/revoke)"', shown)
    assert "/revoke" not in browser.post(revoke).text
    assert client.get(url).status_code == 404
    refused = browser.post("/calendars/shared", data={"name": "x", "of": f"room:{SCEAUX}/attic"})
    assert refused.status_code == 422
    assert "There is no such room." in refused.text
