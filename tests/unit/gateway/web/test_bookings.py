"""Bookings over the API."""

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
    assert staff.post("/api/v1/bookings", json=again).status_code == 409
    assert staff.delete(f"/api/v1/bookings/{first.json()['id']}").status_code == 204
    assert staff.post("/api/v1/bookings", json=again).status_code == 201


def test_a_booking_that_nobody_made_cannot_be_cancelled(staff: TestClient) -> None:
    assert staff.delete("/api/v1/bookings/b-0").status_code == 404


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
