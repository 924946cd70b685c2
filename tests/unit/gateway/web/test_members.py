"""Members and cards over the API."""

from typing import Any

from fastapi.testclient import TestClient

from gateway.web.app import create_app
from protocol.identifiers import credential_ref
from tests.unit.gateway.web.place import CARD_KEY, Place, card

_ANA: dict[str, Any] = {
    "id": "ana",
    "name": "Ana Ferreira",
    "category": "member",
    "plan": "nomad",
    "sites": ["sceaux-smart"],
}


def test_a_member_is_taken_up_and_found_again(staff: TestClient) -> None:
    added = staff.post("/api/v1/members", json=_ANA)
    assert added.status_code == 201
    assert added.json() == {
        **_ANA,
        "office": None,
        "since": "2026-11-24T09:00:00.000000Z",
        "until": None,
        "mail": None,
        "host": None,
    }
    assert staff.get("/api/v1/members/ana").json() == added.json()
    assert staff.get("/api/v1/members").json() == [added.json()]


def test_a_member_without_id_gets_one(staff: TestClient) -> None:
    body = {key: value for key, value in _ANA.items() if key != "id"}
    first, second = (staff.post("/api/v1/members", json=body).json()["id"] for _ in range(2))
    assert first != second


def test_an_unknown_member_is_not_found(staff: TestClient) -> None:
    answer = staff.get("/api/v1/members/nobody")
    assert answer.status_code == 404
    assert "nobody" in answer.json()["detail"]


def test_a_uid_is_hashed_at_once_and_never_kept(staff: TestClient, place: Place) -> None:
    staff.post("/api/v1/members", json=_ANA | {"credentials": [{"uid": "04A1B2C3D4E5F6"}]})
    [held] = staff.get("/api/v1/members/ana/credentials").json()
    assert held["ref"] == credential_ref(CARD_KEY, bytes.fromhex("04a1b2c3d4e5f6"))
    with place.ledger.reading() as books:
        assert "04a1b2" not in repr(books.people.credentials()).lower()


def test_who_walks_slowly_is_in_the_lists_of_all_doors_until_staff_say_otherwise(
    staff: TestClient, place: Place
) -> None:
    staff.post("/api/v1/members", json=_ANA | {"credentials": [{"ref": card(1), "relock_after_s": 20}]})
    assert _relocks(staff, place) == (20.0, 20.0)
    assert staff.put(f"/api/v1/credentials/{card(1)}/relock", json={"relock_after_s": 45}).status_code == 204
    assert _relocks(staff, place) == (45.0, 45.0)
    staff.put(f"/api/v1/credentials/{card(1)}/relock", json={"relock_after_s": None})
    assert _relocks(staff, place) == (None, None)
    assert staff.put(f"/api/v1/credentials/{card(1)}/relock", json={"relock_after_s": 61}).status_code == 422
    assert staff.put(f"/api/v1/credentials/{card(2)}/relock", json={"relock_after_s": 9}).status_code == 404


def _relocks(staff: TestClient, place: Place) -> tuple[float | None, float | None]:
    """What the API tells of Ana's card, and what the list issued to the entrance does."""
    place.gateway.issue()
    [held] = staff.get("/api/v1/members/ana/credentials").json()
    with place.ledger.reading() as books:
        issued = books.nodes.issued("ss-entrance")
    assert issued is not None
    return held["relock_after_s"], issued.credentials[card(1)].relock_after_s


def test_a_card_is_a_ref_or_a_uid_but_not_both(staff: TestClient) -> None:
    body = _ANA | {"credentials": [{"ref": card(1), "uid": "04a1b2c3"}]}
    [error] = staff.post("/api/v1/members", json=body).json()["errors"]
    assert error["pointer"] == "/credentials/0"


def test_an_import_takes_all_or_none(staff: TestClient) -> None:
    staff.post("/api/v1/members", json=_ANA)
    bob = _ANA | {"id": "bob", "credentials": [{"ref": card(1)}]}
    eve = _ANA | {"id": "eve", "credentials": [{"ref": card(1)}]}
    answer = staff.post("/api/v1/imports/members", json={"members": [bob, _ANA, eve]})
    assert answer.status_code == 409
    assert [error["pointer"] for error in answer.json()["errors"]] == [
        "/members/1/id",
        "/members/2/credentials/0",
    ]
    assert [member["id"] for member in staff.get("/api/v1/members").json()] == ["ana"]
    eve["credentials"] = [{"ref": card(2)}]
    answer = staff.post("/api/v1/imports/members", json={"members": [bob, eve]})
    assert answer.json() == {"added": 2}


def test_the_same_id_twice_in_one_import_is_refused(staff: TestClient) -> None:
    answer = staff.post("/api/v1/imports/members", json={"members": [_ANA, _ANA]})
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["pointer"] == "/members/1/id"


def test_a_single_members_error_points_into_its_own_body(staff: TestClient) -> None:
    answer = staff.post("/api/v1/members", json=_ANA | {"sites": ["versailles"]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/sites"


def test_a_card_is_given_and_revoked(staff: TestClient) -> None:
    staff.post("/api/v1/members", json=_ANA)
    assert staff.post("/api/v1/members/ana/credentials", json={"ref": card(1)}).status_code == 201
    assert staff.post("/api/v1/members/ana/credentials", json={"ref": card(1)}).status_code == 409
    assert staff.delete(f"/api/v1/credentials/{card(1)}").status_code == 204
    [held] = staff.get("/api/v1/members/ana/credentials").json()
    assert held["revoked_at"] == "2026-11-24T09:00:00.000000Z"
    assert staff.delete(f"/api/v1/credentials/{card(1)}").status_code == 404


def test_a_membership_that_ends_before_it_begins_is_refused(staff: TestClient) -> None:
    body = _ANA | {"since": "2026-12-01T00:00:00Z", "until": "2026-11-01T00:00:00Z"}
    assert staff.post("/api/v1/members", json=body).status_code == 422


def test_a_member_is_shown_all_that_is_kept_and_forgotten(place: Place, staff: TestClient) -> None:
    place.join(1)
    place.come(1)
    admin = TestClient(create_app(place), headers=place.key("admin"))
    assert staff.get("/api/v1/members/m-1/export").status_code == 403
    assert staff.post("/api/v1/members/m-1/erase").status_code == 403
    assert admin.get("/api/v1/members/m-1/export").json()["member"]["name"] == "Camille 1"
    erased = admin.post("/api/v1/members/m-1/erase").json()
    assert erased == {"cards": 1, "events": 1, "visits": 1, "bookings": 0, "loans": 0, "parcels": 0}
    assert admin.get("/api/v1/members/m-1").status_code == 404
    assert admin.post("/api/v1/members/m-1/erase").status_code == 404
