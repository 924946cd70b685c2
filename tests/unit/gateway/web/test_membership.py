"""Suspensions and guests over the API."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from tests.unit.gateway.web.place import SCEAUX, Place


def test_a_member_is_suspended_and_the_suspension_lifted(place: Place, staff: TestClient) -> None:
    place.join(1)
    address = "/api/v1/members/m-1/suspensions"
    made = staff.post(address, json={"reason": "unpaid"})
    assert made.status_code == 201
    assert staff.get(address).json() == [made.json()]
    assert made.json()["since"] == "2026-11-24T09:00:00.000000Z"
    place.clock.at += timedelta(hours=1)
    assert staff.delete(address).status_code == 204
    assert [each["until"] for each in staff.get(address).json()] == ["2026-11-24T10:00:00.000000Z"]
    assert staff.delete(address).status_code == 404
    backwards = {"reason": "unpaid", "until": "2026-11-24T08:00:00Z"}
    assert staff.post(address, json=backwards).json()["errors"][0]["pointer"] == "/until"


@pytest.mark.parametrize(
    "day", ["0001-01-01", "1969-12-31", "2026-11-23", "2027-11-26", "2200-01-01", "9999-12-31"]
)
def test_a_guest_is_invited_for_a_day_of_the_year_ahead(place: Place, staff: TestClient, day: str) -> None:
    place.join(1)
    wish = {"host": "m-1", "name": "Dominique", "site": SCEAUX, "day": day}
    answer = staff.post("/api/v1/guests", json=wish)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/day")


def test_a_guest_is_invited_with_a_visitors_card(place: Place, staff: TestClient) -> None:
    place.join(1)
    wish = {
        "host": "m-1",
        "name": "Dominique",
        "site": SCEAUX,
        "day": "2026-11-25",
        "card": {"uid": "01020304"},
    }
    made = staff.post("/api/v1/guests", json=wish)
    assert made.status_code == 201
    guest = made.json()
    assert (guest["plan"], guest["host"]) == ("invited", "m-1")
    assert (guest["since"], guest["until"]) == ("2026-11-24T23:00:00.000000Z", "2026-11-25T23:00:00.000000Z")
    [card] = staff.get(f"/api/v1/members/{guest['id']}/credentials").json()
    assert card["revoked_at"] == guest["until"]
    assert staff.post("/api/v1/guests", json=wish).status_code == 409
    assert staff.post("/api/v1/guests", json=wish | {"host": "m-9"}).status_code == 422
