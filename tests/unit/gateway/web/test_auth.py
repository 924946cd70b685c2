"""Who may come in, as what, and for how long."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from gateway.commands import MintKey
from gateway.domain.authority import SYSTEM, Role
from gateway.web.auth import SESSION_COOKIE
from tests.unit.gateway.web.place import Place

_PLACE = "/api/v1/occupancy"
_USAGE = "/api/v1/tariffs"
_PEOPLE = "/api/v1/members"
_KEYS = "/api/v1/keys"


def test_without_a_key_the_api_asks_for_one(client: TestClient) -> None:
    answer = client.get(_PLACE)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("admin", {_PLACE, _USAGE, _PEOPLE, _KEYS}),
        ("staff", {_PLACE, _USAGE, _PEOPLE}),
        ("billing", {_USAGE}),
        ("viewer", {_PLACE}),
    ],
)
def test_each_role_reaches_what_is_its_own_and_nothing_else(
    place: Place, client: TestClient, role: Role, may: set[str]
) -> None:
    key = place.key(role)
    for path in (_PLACE, _USAGE, _PEOPLE, _KEYS):
        assert client.get(path, headers=key).status_code == (200 if path in may else 403), path


def test_a_wrong_key_is_refused_where_no_key_would_be_too(client: TestClient) -> None:
    answer = client.get(_PLACE, headers={"Authorization": "Bearer guessed"})
    assert answer.status_code == 401
    assert "unknown or has expired" in answer.json()["detail"]


def test_a_key_ends_at_its_hour(place: Place, client: TestClient) -> None:
    key = place.key("viewer")
    place.clock.pass_s(timedelta(days=1).total_seconds() - 1)
    assert client.get(_PLACE, headers=key).status_code == 200
    place.clock.pass_s(1)
    assert client.get(_PLACE, headers=key).status_code == 401


def test_a_login_link_is_no_key(place: Place, client: TestClient) -> None:
    link = place.gateway.handle(MintKey("link", "Ana", "admin", timedelta(hours=1)), SYSTEM)
    assert client.get(_PLACE, headers={"Authorization": f"Bearer {link}"}).status_code == 401
    client.cookies.set(SESSION_COOKIE, link)
    assert client.get(_PLACE).status_code == 401


def test_the_ledger_holds_the_hash_of_a_key_and_never_the_key(place: Place) -> None:
    secret = place.key("viewer")["Authorization"].removeprefix("Bearer ")
    with place.ledger.reading() as books:
        [kept] = books.keys.all()
    assert secret not in repr(kept)


def test_the_last_use_of_a_key_is_noted_once_a_minute(place: Place, client: TestClient) -> None:
    key, begun = place.key("viewer"), place.clock.now()
    noted = []
    for _ in range(3):
        client.get(_PLACE, headers=key)
        with place.ledger.reading() as books:
            noted.append(books.keys.all()[0].used_at)
        place.clock.pass_s(40)
    assert noted == [begun, begun, begun + timedelta(seconds=80)]


def test_a_session_reads_by_cookie_alone(place: Place, client: TestClient) -> None:
    client.cookies.set(SESSION_COOKIE, place.session("viewer"))
    assert client.get(_PLACE).status_code == 200


def test_a_foreign_page_cannot_change_anything_with_the_cookie(place: Place, client: TestClient) -> None:
    client.cookies.set(SESSION_COOKIE, place.session("staff"))
    path = "/api/v1/doors/sceaux-smart/entrance/open"
    place.beat("ss-entrance")
    assert client.post(path).status_code == 403
    assert client.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert place.downlink.commands == []
    assert client.post(path, headers={"X-Requested-With": "passerelle"}).status_code == 202
    assert client.post(path, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 202
