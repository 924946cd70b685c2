"""Bookings over the API."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.unit.gateway.web.place import SCEAUX, Place


@pytest.fixture(autouse=True)
def _ana(place: Place) -> None:
    place.join(1)


def _wish(starts_at: str, ends_at: str, space: str = "meeting-1") -> dict[str, Any]:
    return {"site": SCEAUX, "space": space, "member": "m-1", "starts_at": starts_at, "ends_at": ends_at}


def test_a_time_without_offset_is_local_to_the_site(staff: TestClient) -> None:
    answer = staff.post("/api/v1/bookings", json=_wish("2026-11-25T14:00", "2026-11-25T15:30:00+01:00"))
    assert answer.status_code == 201
    assert answer.json()["starts_at"] == "2026-11-25T13:00:00.000000Z"
    assert answer.json()["ends_at"] == "2026-11-25T14:30:00.000000Z"


@pytest.mark.parametrize("unclear", ["2027-03-28T02:30", "2027-10-31T02:30"])
def test_an_hour_that_comes_twice_or_never_asks_for_an_offset(staff: TestClient, unclear: str) -> None:
    answer = staff.post("/api/v1/bookings", json=_wish(unclear, f"{unclear[:10]}T06:00"))
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["pointer"] == "/starts_at"
    assert "offset" in error["detail"]


@pytest.mark.parametrize(
    "beyond",
    ["0001-01-01T00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:00-12:00", "2200-01-01T00:00Z"],
)
def test_a_time_beyond_1970_to_2199_is_refused(staff: TestClient, beyond: str) -> None:
    asked = staff.get("/api/v1/bookings", params={"site": SCEAUX, "from": beyond})
    answer = staff.post("/api/v1/bookings", json=_wish(beyond, "2026-11-25T15:00"))
    assert (asked.status_code, answer.status_code) == (422, 422)
    assert answer.json()["errors"][0]["code"] == "out_of_range"


def test_a_space_is_booked_once_at_a_time(staff: TestClient) -> None:
    first = staff.post("/api/v1/bookings", json=_wish("2026-11-25T14:00", "2026-11-25T15:00"))
    again = _wish("2026-11-25T14:30", "2026-11-25T15:30")
    refused = staff.post("/api/v1/bookings", json=again)
    assert refused.status_code == 409
    assert refused.json()["errors"] == [
        {
            "pointer": "/starts_at",
            "code": "clash",
            "detail": "this space is taken from 2026-11-25 14:00 to 2026-11-25 15:00",
            "space": "meeting-1",
            "taken_from": "2026-11-25T13:00:00.000000Z",
            "taken_until": "2026-11-25T14:00:00.000000Z",
        }
    ]
    assert staff.delete(f"/api/v1/bookings/{first.json()['id']}").status_code == 204
    assert staff.post("/api/v1/bookings", json=again).status_code == 201


def test_of_two_hundred_requests_for_one_slot_exactly_one_wins(staff: TestClient) -> None:
    """Each asks for another stretch of the same hours; all the others are told the winner's."""
    wishes = [_wish(f"2026-11-25T14:{n % 30:02}", f"2026-11-25T15:{n % 7:02}") for n in range(200)]
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda wish: staff.post("/api/v1/bookings", json=wish), wishes))
    (won,) = [answer.json() for answer in answers if answer.status_code == 201]
    lost = [answer.json()["errors"] for answer in answers if answer.status_code == 409]
    assert len(lost) == 199
    assert {(e["code"], e["taken_from"], e["taken_until"]) for (e,) in lost} == {
        ("clash", won["starts_at"], won["ends_at"])
    }


def test_a_booking_is_moved_and_extended_where_that_is_free(staff: TestClient) -> None:
    first = staff.post("/api/v1/bookings", json=_wish("2026-11-25T14:00", "2026-11-25T15:00")).json()
    staff.post("/api/v1/bookings", json=_wish("2026-11-25T16:00", "2026-11-25T17:00"))
    address = f"/api/v1/bookings/{first['id']}"
    assert (
        staff.patch(address, json={"ends_at": "2026-11-25T16:00"})
        .json()["ends_at"]
        .startswith("2026-11-25T15:00")
    )
    refused = staff.patch(address, json={"ends_at": "2026-11-25T16:01"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "clash")
    assert staff.patch(address, json={"space": "meeting-2", "ends_at": "2026-11-25T16:01"}).status_code == 200
    again = staff.post("/api/v1/bookings", json=_wish("2026-11-25T14:00", "2026-11-25T16:00"))
    assert again.status_code == 201, "what was moved away is free"
    assert len(staff.get("/api/v1/bookings").json()) == 3


def test_a_booking_that_nobody_made_cannot_be_cancelled_or_moved(staff: TestClient) -> None:
    assert staff.delete("/api/v1/bookings/b-0").status_code == 404
    assert staff.patch("/api/v1/bookings/b-0", json={}).status_code == 404


def test_a_booking_that_was_used_is_not_cancelled_but_cut_short(place: Place, staff: TestClient) -> None:
    booking = place.book("meeting-1", place.clock.now(), 2).id
    assert staff.post(f"/api/v1/bookings/{booking}/check-in").status_code == 204
    place.clock.pass_s(3000)
    assert staff.delete(f"/api/v1/bookings/{booking}").status_code == 204
    place.beat()
    became = staff.get(f"/api/v1/bookings/{booking}/attendance").json()
    assert (became["billable"], became["left_at"] is not None) == (True, True)
    soon = place.clock.now() + timedelta(minutes=5)
    other = {**_wish(soon.isoformat(), (soon + timedelta(hours=1)).isoformat())}
    assert staff.post("/api/v1/bookings", json=other).status_code == 201


def test_a_booking_that_is_over_is_not_cancelled(place: Place, staff: TestClient) -> None:
    booking = place.book("meeting-1", place.clock.now(), 1).id
    place.clock.pass_s(3601)
    refused = staff.delete(f"/api/v1/bookings/{booking}")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "over")


def test_nobody_checks_out_of_what_was_given_back(place: Place, staff: TestClient) -> None:
    booking = place.book("meeting-1", place.clock.now(), 2).id
    place.clock.pass_s(300)
    assert staff.post(f"/api/v1/bookings/{booking}/check-out").status_code == 204
    place.beat()
    refused = staff.post(f"/api/v1/bookings/{booking}/check-out")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "given_back")


def test_an_import_makes_all_or_none(staff: TestClient) -> None:
    morning = _wish("2026-11-25T09:00", "2026-11-25T10:00")
    overlapping = _wish("2026-11-25T09:30", "2026-11-25T10:30")
    kitchen = _wish("2026-11-25T12:00", "2026-11-25T13:00", space="kitchen")
    wishes = {"bookings": [morning, overlapping, kitchen]}
    answer = staff.post("/api/v1/imports/bookings", json=wishes)
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("/bookings/1/starts_at", "clash"),
        ("/bookings/2/space", "not_bookable"),
    ]
    assert staff.get("/api/v1/bookings").json() == []
    later = _wish("2026-11-25T10:00", "2026-11-25T11:00")
    answer = staff.post("/api/v1/imports/bookings", json={"bookings": [morning, later]})
    assert answer.json() == {"added": 2}


def test_an_unclear_hour_within_an_import_is_pointed_at(staff: TestClient) -> None:
    fine = _wish("2026-11-25T09:00", "2026-11-25T10:00")
    twice = _wish("2027-10-31T02:30", "2027-10-31T06:00")
    answer = staff.post("/api/v1/imports/bookings", json={"bookings": [fine, twice]})
    assert answer.json()["errors"][0]["pointer"] == "/bookings/1/starts_at"


def test_bookings_are_listed_where_they_touch_the_time_asked_for(staff: TestClient) -> None:
    staff.post("/api/v1/bookings", json=_wish("2026-11-25T14:00", "2026-11-25T15:00"))

    def found(query: str) -> int:
        return len(staff.get(f"/api/v1/bookings?{query}").json())

    assert found("") == 1
    assert found("site=sceaux-smart&from=2026-11-25&to=2026-11-26") == 1
    assert found("from=2026-11-25T14:59:00Z") == 0
    assert found("to=2026-11-25T14:00") == 0
    assert found("site=le-petit-voisin") == 0
    assert staff.get("/api/v1/bookings?site=versailles").status_code == 422


def test_what_became_of_a_booking_is_told_with_who_says_so(place: Place, staff: TestClient) -> None:
    booked = staff.post("/api/v1/bookings", json=_wish("2026-11-24T10:00", "2026-11-24T12:00")).json()
    address = f"/api/v1/bookings/{booked['id']}"
    nothing = staff.get(f"{address}/attendance").json()
    assert (nothing["checked_in_at"], nothing["released_at"], nothing["billable"]) == (None, None, True)
    assert staff.post(f"{address}/check-in").status_code == 204
    place.gateway.take_in()
    found = staff.get(f"{address}/attendance").json()
    assert found["checked_in_at"] == "2026-11-24T09:00:00.000000Z"
    assert found["checked_in_by"].startswith("api:")
    place.clock.at += timedelta(minutes=30)
    assert staff.post(f"{address}/check-out").status_code == 204
    place.gateway.take_in()
    found = staff.get(f"{address}/attendance").json()
    assert (found["released_at"], found["released_for"]) == ("2026-11-24T09:30:00.000000Z", "left_early")
    assert (
        staff.post("/api/v1/bookings", json=_wish("2026-11-24T10:30", "2026-11-24T12:00")).status_code == 201
    )
    for method, what in ("get", "attendance"), ("post", "check-in"), ("post", "check-out"):
        assert staff.request(method, f"/api/v1/bookings/b-0/{what}").status_code == 404


def test_who_wants_to_wait_waits_and_many_at_once_do_not(staff: TestClient) -> None:
    wish = _wish("2026-11-25T14:00", "2026-11-25T15:00")
    staff.post("/api/v1/bookings", json=wish)
    waiting = staff.post("/api/v1/bookings", json=wish | {"or_wait": True})
    assert (waiting.status_code, waiting.json()["status"]) == (201, "waiting")
    imported = staff.post("/api/v1/imports/bookings", json={"bookings": [wish | {"or_wait": True}]})
    assert imported.json()["errors"][0]["pointer"] == "/bookings/0/or_wait"
