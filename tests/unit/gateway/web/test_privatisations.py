"""Hiring a place whole over the API: from the form to the door."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.unit.gateway.web.place import VOISIN, Place, card

HIRE: dict[str, Any] = {
    "site": VOISIN,
    "organiser": "m-1",
    "starts_at": "2026-11-25T09:00",
    "ends_at": "2026-12-23T18:00",
    "title": "Atelier d'artistes",
    "guests": ["m-2"],
}


@pytest.fixture(autouse=True)
def _people(place: Place) -> None:
    for number in (1, 2, 3):
        place.join(number, sites=(VOISIN,))


def code(staff: TestClient, who: int, at: str = "2026-11-25T10:00") -> str:
    query = {"credential": card(who), "door": "entrance", "site": VOISIN, "at": at}
    return str(staff.get("/api/v1/explain", params=query).json()["code"])


def test_a_site_is_hired_for_weeks_for_the_organisers_guests_only(staff: TestClient) -> None:
    made = staff.post("/api/v1/privatisations", json=HIRE)
    assert made.status_code == 201
    assert [code(staff, who) for who in (1, 2, 3)] == ["privatisation", "privatisation", "privatised"]
    assert code(staff, 3, "2026-11-24T10:00") == "plan"
    assert staff.get(f"/api/v1/privatisations?site={VOISIN}").json() == [made.json()]


def test_the_guest_list_is_the_organisers_to_change(staff: TestClient) -> None:
    hired = staff.post("/api/v1/privatisations", json=HIRE).json()["id"]
    changed = staff.put(f"/api/v1/privatisations/{hired}/guests", json={"guests": ["m-3", "m-3"]})
    assert changed.json()["guests"] == ["m-3"]
    assert [code(staff, who) for who in (1, 2, 3)] == ["privatisation", "privatised", "privatisation"]
    unknown = staff.put(f"/api/v1/privatisations/{hired}/guests", json={"guests": ["m-1", "m-9"]})
    assert [error["pointer"] for error in unknown.json()["errors"]] == ["/guests/1"]


def test_a_hire_that_is_cancelled_gives_the_place_back(staff: TestClient) -> None:
    hired = staff.post("/api/v1/privatisations", json=HIRE).json()["id"]
    assert staff.delete(f"/api/v1/privatisations/{hired}").status_code == 204
    assert [code(staff, who) for who in (1, 2, 3)] == ["plan"] * 3
    assert staff.delete(f"/api/v1/privatisations/{hired}").status_code == 404
    assert staff.post("/api/v1/privatisations", json=HIRE).status_code == 201


def test_what_is_booked_is_named_before_a_place_is_hired_and_nothing_is_booked_within(
    staff: TestClient,
) -> None:
    wish = {"site": VOISIN, "space": "studio", "member": "m-3"}
    first = wish | {"starts_at": "2026-12-01T10:00", "ends_at": "2026-12-01T11:00"}
    hall = first | {"space": "hall", "starts_at": "2026-12-02T10:00", "ends_at": "2026-12-02T11:00"}
    for each in (first, hall):
        assert staff.post("/api/v1/bookings", json=each).status_code == 201
    refused = staff.post("/api/v1/privatisations", json=HIRE)
    assert refused.status_code == 409
    assert {error["space"] for error in refused.json()["errors"]} == {"studio", "hall"}
    for booked in staff.get(f"/api/v1/bookings?site={VOISIN}").json():
        staff.delete(f"/api/v1/bookings/{booked['id']}")
    assert staff.post("/api/v1/privatisations", json=HIRE).status_code == 201
    again = staff.post("/api/v1/bookings", json=first)
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "clash")


def test_a_hire_of_no_such_space_or_for_no_time_is_refused(staff: TestClient) -> None:
    wrong = staff.post(
        "/api/v1/privatisations", json=HIRE | {"spaces": ["attic"], "ends_at": "2026-11-25T09:00"}
    )
    assert [(e["pointer"], e["code"]) for e in wrong.json()["errors"]] == [
        ("/spaces/0", "unknown_space"),
        ("/ends_at", "ends_before_start"),
    ]
