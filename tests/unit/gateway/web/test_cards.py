"""Cards with keys, over the API."""

import pytest
from fastapi.testclient import TestClient

from protocol.identifiers import credential_ref
from tests.unit.gateway.web.place import Place

UID = "04a1b2c3d4e5f6"
SEALING_KEY = "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk="


def test_whoever_administers_is_told_the_key_of_one_card(place: Place, client: TestClient) -> None:
    told = client.post("/api/v1/card-keys", json={"uid": UID}, headers=place.key())
    assert told.json() == {
        "ref": credential_ref(place.credential_key, bytes.fromhex(UID)),
        "key": place.card_vault.key_of(bytes.fromhex(UID)).hex(),
        "member": None,
    }


@pytest.mark.parametrize("role", ["staff", "billing", "viewer"])
def test_nobody_else_is(place: Place, client: TestClient, role: str) -> None:
    headers = place.key(role)  # type: ignore[arg-type]
    assert client.post("/api/v1/card-keys", json={"uid": UID}, headers=headers).status_code == 403


def test_a_card_with_its_key_is_given_to_a_member(place: Place, client: TestClient) -> None:
    place.join(1)
    given = client.post(
        "/api/v1/members/m-1/credentials", json={"uid": UID, "aes": True}, headers=place.key("staff")
    )
    assert (given.status_code, given.json()["assurance"]) == (201, "aes")
    assert client.post("/api/v1/card-keys", json={"uid": UID}, headers=place.key()).json()["member"] == "m-1"


def test_a_card_without_is_known_by_its_number(place: Place, client: TestClient) -> None:
    place.join(1)
    given = client.post("/api/v1/members/m-1/credentials", json={"uid": UID}, headers=place.key("staff"))
    assert given.json()["assurance"] == "uid"


def test_a_reference_alone_makes_no_key(place: Place, client: TestClient) -> None:
    place.join(1)
    sent = {"ref": "c_" + "a" * 32, "aes": True}
    answer = client.post("/api/v1/members/m-1/credentials", json=sent, headers=place.key("staff"))
    assert answer.status_code == 422
    assert "aes goes with uid" in answer.text


def test_members_are_taken_up_with_cards_that_have_keys(place: Place, client: TestClient) -> None:
    member = {
        "id": "zoe",
        "name": "Zoé",
        "category": "member",
        "plan": "nomad",
        "sites": ["sceaux-smart"],
        "credentials": [{"uid": UID, "aes": True}],
    }
    client.post("/api/v1/imports/members", json={"members": [member]}, headers=place.key("staff"))
    (held,) = client.get("/api/v1/members/zoe/credentials", headers=place.key("staff")).json()
    assert held["assurance"] == "aes"


def test_a_node_is_trusted_with_card_keys(place: Place, client: TestClient) -> None:
    where = "/api/v1/nodes/ss-entrance/sealing-key"
    assert client.post(where, json={"key": SEALING_KEY}, headers=place.key("staff")).status_code == 403
    assert client.post(where, json={"key": SEALING_KEY}, headers=place.key()).status_code == 204
    nodes = client.get("/api/v1/nodes", headers=place.key("viewer")).json()
    assert {node["id"]: node["sealing_key"] for node in nodes}["ss-entrance"] == SEALING_KEY
    assert {node["id"]: node["sealing_key"] for node in nodes}["ss-garden"] is None


def test_what_is_no_key_is_refused_by_its_field(place: Place, client: TestClient) -> None:
    answer = client.post("/api/v1/nodes/ss-entrance/sealing-key", json={"key": "x"}, headers=place.key())
    assert answer.status_code == 422
