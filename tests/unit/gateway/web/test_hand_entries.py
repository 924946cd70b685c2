"""Checking somebody in or out by hand over the API."""

from fastapi.testclient import TestClient

from tests.unit.gateway.forgetting import visits
from tests.unit.gateway.test_by_hand import said
from tests.unit.gateway.web.place import SCEAUX, Place


def test_a_line_of_the_statement_leads_to_who_said_it(place: Place, staff: TestClient) -> None:
    place.join(1)
    said(place, "check_in")
    place.clock.pass_s(3600)
    said(place, "check_out")
    (person,) = staff.get("/api/v1/statements/2026-11?people=1").json()["people"]
    event = staff.get(f"/api/v1/events/{person['first_visit']}").json()["event"]
    assert (event["type"], event["by"], event["member"]) == ("CheckedByHand", "u-1", "m-1")


def test_the_api_checks_in_and_takes_back(place: Place, staff: TestClient) -> None:
    place.join(1)
    made = staff.post("/api/v1/hand-entries", json={"site": SCEAUX, "member": "m-1", "what": "check_in"})
    entry = made.json()
    assert (made.status_code, entry["event"]["type"], entry["node"]) == (201, "CheckedByHand", "gateway")
    assert entry["event"]["by"].startswith("api:")
    path = f"{entry['node']}/{entry['epoch']}/{entry['seq']}"
    assert staff.post(f"/api/v1/hand-entries/{path}/take-back").json()["event"]["entry"] == path
    assert staff.post(f"/api/v1/hand-entries/{path}/take-back").status_code == 409
    assert visits(place) == []
