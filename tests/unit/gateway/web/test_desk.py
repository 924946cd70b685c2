"""The staff's desk over the API: doors, loans, parcels, access lists."""

from fastapi.testclient import TestClient

from tests.unit.gateway.web.place import SCEAUX, Place


def test_a_door_is_opened_by_a_command_to_its_node(staff: TestClient, place: Place) -> None:
    place.beat("ss-entrance")
    answer = staff.post("/api/v1/doors/sceaux-smart/entrance/open")
    assert answer.status_code == 202
    [sent] = place.downlink.commands
    assert sent.body["id"] == answer.json()["command"]
    assert sent.body["action"] == {"do": "UnlockDoor", "door": "entrance"}


def test_a_door_whose_node_is_silent_is_not_opened(staff: TestClient, place: Place) -> None:
    answer = staff.post("/api/v1/doors/sceaux-smart/entrance/open")
    assert answer.status_code == 503
    assert "nothing was sent" in answer.json()["detail"]
    assert place.downlink.commands == []


def test_an_unknown_door_is_not_found(staff: TestClient) -> None:
    assert staff.post("/api/v1/doors/sceaux-smart/cellar/open").status_code == 404


def test_an_item_is_lent_once_until_a_local_time(staff: TestClient, place: Place) -> None:
    place.join(1)
    wish = {"site": SCEAUX, "item": "projector", "member": "m-1", "due_at": "2026-11-25T18:00"}
    loan = staff.post("/api/v1/loans", json=wish)
    assert loan.status_code == 201
    assert (loan.json()["status"], loan.json()["due_at"]) == ("ready", "2026-11-25T17:00:00.000000Z")
    assert staff.post("/api/v1/loans", json=wish).status_code == 409
    assert staff.get("/api/v1/loans?site=sceaux-smart").json() == [loan.json()]


def test_a_parcel_waits_under_a_code_that_only_its_addressee_is_told(staff: TestClient, place: Place) -> None:
    place.join(1)
    place.beat("ss-parcels")
    wish = {"site": SCEAUX, "member": "m-1", "carrier": "La Poste"}
    parcel = staff.post("/api/v1/parcels", json=wish).json()
    code = place.notifier.codes[parcel["id"]]
    listed = staff.get("/api/v1/parcels").text
    assert parcel["id"] in listed
    assert code not in listed
    assert "hash" not in listed
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    assert staff.post("/api/v1/parcels/collect", json={"site": SCEAUX, "code": wrong}).status_code == 404
    right = staff.post("/api/v1/parcels/collect", json={"site": SCEAUX, "code": code})
    assert right.json()["id"] == parcel["id"]
    assert place.downlink.commands[-1].body["action"]["compartment"] == parcel["compartment"]


def test_lists_say_what_was_issued_and_what_is_held(staff: TestClient, place: Place) -> None:
    place.gateway.issue()
    place.beat("ss-entrance", revision=0)
    [entrance] = [item for item in staff.get("/api/v1/lists").json() if item["node"] == "ss-entrance"]
    assert (entrance["issued_revision"], entrance["held_revision"]) == (1, 0)
    [garden] = [item for item in staff.get("/api/v1/lists").json() if item["node"] == "ss-garden"]
    assert garden["held_revision"] is None
    assert garden["expires_at"] > garden["issued_at"]
