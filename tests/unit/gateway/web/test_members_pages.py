"""The members' pages: who is there, said by hand or not, and the time that a badge gives."""

import pytest
from fastapi.testclient import TestClient

from gateway.web.app import create_app
from tests.unit.gateway.forgetting import at, visits
from tests.unit.gateway.web.place import OWN_FORM, SCEAUX, Place, card


@pytest.fixture
def desk(place: Place) -> TestClient:
    """A browser of the staff, before a place with one member."""
    place.join(1)
    client = TestClient(create_app(place), headers=OWN_FORM, follow_redirects=False)
    client.cookies.set("passerelle_session", place.session())
    return client


def check(desk: TestClient, what: str, when: str = "") -> int:
    return desk.post("/members/m-1/check", data={"site": SCEAUX, "what": what, "at": when}).status_code


def test_a_member_is_found_by_a_part_of_the_name(desk: TestClient) -> None:
    assert "Camille 1" in desk.get("/members?q=camil").text
    assert "Camille 1" not in desk.get("/members?q=zoé").text


def test_one_button_notes_that_a_member_came_and_then_that_they_left(desk: TestClient, place: Place) -> None:
    assert 'value="check_in"' in desk.get("/members/m-1").text
    assert check(desk, "check_in") == 303
    there = desk.get("/members/m-1?lang=fr").text
    assert "sur place depuis 10:00" in there
    place.clock.pass_s(3600)
    assert check(desk, "check_out") == 303
    ((_, ended_at, quality, _, _),) = visits(place)
    assert (ended_at, quality) == (place.clock.now(), "by-hand")


def test_an_earlier_time_is_read_as_the_clocks_of_the_place_showed_it(desk: TestClient, place: Place) -> None:
    assert check(desk, "check_in", "2026-11-24T08:30") == 303
    assert [begun_at for begun_at, *_ in visits(place)] == [at("2026-11-24T07:30")]


@pytest.mark.parametrize(
    ("what", "when", "said"),
    [
        ("check_out", "", "notez d"),
        ("check_in", "2026-11-24T23:00", "pas encore passée"),
        ("check_in", "2026-10-25T02:30", "le changement d"),
        ("check_in", "half past nine", "le changement d"),
    ],
)
def test_what_cannot_be_noted_is_said_in_words(desk: TestClient, what: str, when: str, said: str) -> None:
    answer = desk.post("/members/m-1/check?lang=fr", data={"site": SCEAUX, "what": what, "at": when})
    assert answer.status_code == 422
    assert said in answer.text


def test_the_page_names_who_said_it_and_takes_it_back(desk: TestClient, place: Place) -> None:
    check(desk, "check_in")
    shown = desk.get("/members/m-1?lang=fr").text
    assert "saisi par session:" in shown
    [action] = [part.split('"')[0] for part in shown.split('action="') if "take-back" in part.split('"')[0]]
    assert desk.post(action).status_code == 303
    assert visits(place) == []
    assert "annulé" in desk.get("/members/m-1?lang=fr").text
    assert "déjà annulée" in desk.post(f"{action}?lang=fr").text


def test_a_badge_is_given_more_time_and_then_the_usual_again(desk: TestClient, place: Place) -> None:
    path = f"/members/m-1/cards/{card(1)}/relock"
    assert desk.post(path, data={"relock_after_s": "25"}).status_code == 303
    assert 'value="25"' in desk.get("/members/m-1").text
    assert desk.post(path, data={"relock_after_s": "90"}).status_code == 422
    assert desk.post(path, data={"relock_after_s": ""}).status_code == 303
    with place.ledger.reading() as books:
        assert books.people.credentials("m-1")[0].relock_after_s is None


def test_a_look_at_a_member_is_noted(desk: TestClient, place: Place) -> None:
    desk.get("/members/m-1")
    with place.ledger.reading() as books:
        assert next(record.act.act for record in books.audit.latest(5, subject="member:m-1")) == "Look"


def test_nobody_is_there_of_an_unknown_id(desk: TestClient) -> None:
    assert desk.get("/members/nobody").status_code == 404


def test_the_town_sees_no_member(place: Place) -> None:
    client = TestClient(create_app(place), headers=place.key("billing"))
    assert client.get("/members").status_code == 403
