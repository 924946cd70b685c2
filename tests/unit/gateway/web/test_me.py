"""Members: how they come in by mail, and what they see, which is their own."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from gateway.commands import EraseMember, SetMail
from gateway.domain.authority import SYSTEM
from gateway.web.app import create_app
from tests.unit.gateway.web.place import OWN_FORM, Place


@pytest.fixture
def browser(place: Place) -> TestClient:
    return TestClient(create_app(place), headers=OWN_FORM, follow_redirects=False)


def _ask(browser: TestClient, mail: str) -> str:
    answer = browser.post("/login/mail", data={"mail": mail})
    assert answer.status_code == 200
    return answer.text


def _member(place: Place, number: int = 1) -> str:
    member = place.join(number)
    place.gateway.handle(SetMail(member.id, f"Camille{number}@Example.org"), SYSTEM)
    return f"camille{number}@example.org"


def _come_in(place: Place, browser: TestClient, number: int = 1) -> None:
    _ask(browser, _member(place, number))
    answer = browser.post(place.notifier.links[f"m-{number}"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")


def test_a_member_comes_in_by_the_link_in_a_mail_once(place: Place, browser: TestClient) -> None:
    _come_in(place, browser)
    assert browser.get("/me").status_code == 200
    assert browser.post(place.notifier.links["m-1"]).status_code == 410


def test_the_link_ends_after_a_quarter_of_an_hour(place: Place, browser: TestClient) -> None:
    _ask(browser, _member(place))
    place.clock.pass_s(15 * 60)
    assert browser.post(place.notifier.links["m-1"]).status_code == 410


def test_whether_an_address_is_a_members_is_not_told(place: Place, browser: TestClient) -> None:
    assert _ask(browser, _member(place)) == _ask(browser, "nobody@example.org")
    assert set(place.notifier.links) == {"m-1"}


def test_nobody_is_flooded_with_links(place: Place, browser: TestClient) -> None:
    mail, sent = _member(place), set()
    for _ in range(10):
        _ask(browser, mail)
        sent.add(place.notifier.links["m-1"])
    assert len(sent) == 5


def test_who_is_no_member_any_more_gets_no_link(place: Place, browser: TestClient) -> None:
    wish = {
        "id": "m-9",
        "name": "Ada",
        "category": "member",
        "plan": "nomad",
        "sites": ["sceaux-smart"],
        "since": "2025-01-01T00:00:00Z",
        "until": "2025-06-01T00:00:00Z",
        "mail": "ada@example.org",
    }
    assert (
        browser.post("/api/v1/members", json=wish, headers=place.key("staff")).json()["mail"] == wish["mail"]
    )
    _ask(browser, "ada@example.org")
    assert place.notifier.links == {}


def test_members_see_what_is_theirs_and_nothing_of_others(place: Place, browser: TestClient) -> None:
    place.join(2)
    _come_in(place, browser)
    place.book("meeting-1", place.clock.now() + timedelta(hours=1), 1, "À moi")
    booked = {
        "site": "sceaux-smart",
        "space": "meeting-2",
        "member": "m-2",
        "starts_at": "2026-11-24T12:00:00Z",
        "ends_at": "2026-11-24T13:00:00Z",
        "title": "Secret",
    }
    assert browser.post("/api/v1/bookings", json=booked, headers=place.key("staff")).status_code == 201
    text = browser.get("/me").text
    assert "À moi" in text
    assert "Secret" not in text
    assert "Camille 1" in text
    assert "Camille 2" not in text


def test_members_see_their_month_as_the_town_will(place: Place, browser: TestClient) -> None:
    _come_in(place, browser)
    place.come(1)
    place.clock.pass_s(3600)
    place.leave(1)
    assert '<dd data-testid="days">1</dd>' in browser.get("/me").text


@pytest.mark.parametrize(
    "path", ["/", "/statements/2026-11", "/api/v1/members", "/api/v1/occupancy", "/keys"]
)
def test_members_see_no_page_of_the_staff(place: Place, browser: TestClient, path: str) -> None:
    _come_in(place, browser)
    assert browser.get(path).status_code == 403


def test_members_give_back_their_own_bookings_and_nobody_elses(place: Place, browser: TestClient) -> None:
    _come_in(place, browser)
    place.book("meeting-1", place.clock.now() + timedelta(hours=1), 1)
    [cancel] = re.findall(r'action="(/me/bookings/[\w-]+/cancel)"', browser.get("/me").text)
    other = TestClient(create_app(place), headers=OWN_FORM, follow_redirects=False)
    _come_in(place, other, 2)
    assert other.post(cancel).status_code == 404
    assert browser.post(cancel).status_code == 303
    assert "/me/bookings/" not in browser.get("/me").text


def test_who_is_forgotten_is_signed_out_and_no_session_keeps_their_name(
    place: Place, browser: TestClient
) -> None:
    _come_in(place, browser)
    place.gateway.handle(EraseMember("m-1"), SYSTEM)
    assert browser.get("/me").status_code == 401
    with place.ledger.reading() as books:
        assert "Camille 1" not in repr(books.keys.all())


def test_another_address_signs_out_who_came_in_by_the_old_one(place: Place, browser: TestClient) -> None:
    _come_in(place, browser)
    moved = {"mail": "new@example.org"}
    answer = browser.put("/api/v1/members/m-1/mail", json=moved, headers=place.key("staff"))
    assert answer.json()["mail"] == "new@example.org"
    assert browser.get("/me").status_code == 401
