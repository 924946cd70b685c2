"""Series of bookings over the API."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.unit.gateway.web.place import SCEAUX, Place

WEEKLY: dict[str, Any] = {
    "site": SCEAUX,
    "space": "meeting-1",
    "member": "m-1",
    "starts_at": "2026-12-01T14:00",
    "ends_at": "2026-12-01T15:00",
    "rrule": "FREQ=WEEKLY;COUNT=4",
}


@pytest.fixture(autouse=True)
def _ana(place: Place) -> None:
    place.join(1)


def test_a_series_is_booked_under_one_name(staff: TestClient) -> None:
    answer = staff.post("/api/v1/series", json=WEEKLY | {"except_on": ["2026-12-22"]})
    assert answer.status_code == 201
    booked = answer.json()["bookings"]
    assert [each["starts_at"][:13] for each in booked] == ["2026-12-01T13", "2026-12-08T13", "2026-12-15T13"]
    assert {each["series"] for each in booked} == {answer.json()["series"]}
    assert {each["price_category"] for each in booked} == {"nomad"}


def test_a_series_is_booked_whole_or_not_at_all(staff: TestClient) -> None:
    taken = WEEKLY | {"starts_at": "2026-12-15T14:30", "ends_at": "2026-12-15T16:00"}
    del taken["rrule"]
    staff.post("/api/v1/bookings", json=taken)
    refused = staff.post("/api/v1/series", json=WEEKLY)
    assert refused.status_code == 409
    [error] = refused.json()["errors"]
    assert (error["pointer"], error["taken_from"]) == (
        "/occurrences/2/starts_at",
        "2026-12-15T13:30:00.000000Z",
    )
    assert len(staff.get("/api/v1/bookings").json()) == 1
    assert staff.post("/api/v1/series", json=WEEKLY | {"except_on": ["2026-12-15"]}).status_code == 201


def test_what_is_yet_to_come_of_a_series_is_given_back_together(place: Place, staff: TestClient) -> None:
    daily = WEEKLY | {
        "starts_at": "2026-11-24T11:00",
        "ends_at": "2026-11-24T12:00",
        "rrule": "FREQ=DAILY;COUNT=4",
    }
    series = staff.post("/api/v1/series", json=daily).json()["series"]
    place.clock.at += timedelta(hours=1)
    assert staff.delete(f"/api/v1/series/{series}").json() == {"cancelled": 3}
    found = staff.get("/api/v1/bookings?from=2026-11-24&to=2026-12-01").json()
    assert [each["status"] for each in found] == ["confirmed"] + ["cancelled"] * 3
    assert staff.delete("/api/v1/series/r-0").status_code == 404


def test_a_rule_without_an_end_is_refused(staff: TestClient) -> None:
    answer = staff.post("/api/v1/series", json=WEEKLY | {"rrule": "FREQ=WEEKLY"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/rrule")


def test_an_hour_that_does_not_come_is_named(staff: TestClient) -> None:
    nightly = WEEKLY | {"starts_at": "2027-03-27T02:30", "ends_at": "2027-03-27T04:00"}
    answer = staff.post("/api/v1/series", json=nightly | {"rrule": "FREQ=DAILY;COUNT=2"})
    assert answer.status_code == 422
    assert "2027-03-28 02:30 does not exist" in answer.json()["errors"][0]["detail"]


def test_a_plan_gives_so_many_hours_of_bookings_a_month(place: Place, staff: TestClient) -> None:
    place.join(2, plan="student")
    hers = WEEKLY | {"member": "m-2", "rrule": "FREQ=DAILY;COUNT=10"}
    assert staff.post("/api/v1/series", json=hers).status_code == 201
    one_more = {**hers, "starts_at": "2026-12-20T14:00", "ends_at": "2026-12-20T14:30"}
    del one_more["rrule"]
    refused = staff.post("/api/v1/bookings", json=one_more)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "quota")
    next_month = one_more | {"starts_at": "2027-01-20T14:00", "ends_at": "2027-01-20T14:30"}
    assert staff.post("/api/v1/bookings", json=next_month).status_code == 201
    first = staff.get("/api/v1/bookings").json()[0]
    assert staff.patch(f"/api/v1/bookings/{first['id']}", json={"space": "meeting-2"}).status_code == 200
    staff.delete(f"/api/v1/bookings/{first['id']}")
    assert staff.post("/api/v1/bookings", json=one_more).status_code == 201


def test_a_booking_is_charged_as_it_was_said_to_be(staff: TestClient) -> None:
    once = {name: value for name, value in WEEKLY.items() if name != "rrule"}
    answer = staff.post("/api/v1/bookings", json=once | {"price_category": "association"})
    assert answer.json()["price_category"] == "association"
