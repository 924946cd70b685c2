"""Keys, links, node settings, the clock of a simulation, and the first login."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from gateway.adapters.clock import SteppedClock
from gateway.commands import MintKey
from gateway.domain.authority import SYSTEM
from gateway.web.app import create_app
from gateway.web.auth import SESSION_COOKIE
from gateway.web.first_login import offer_first_login
from tests.unit.gateway.web.place import CARD_KEY, OWN_FORM, Place

_ADDRESS = "http://127.0.0.1:8000"


@pytest.fixture
def admin(place: Place) -> TestClient:
    return TestClient(create_app(place), headers=place.key("admin"), follow_redirects=False)


def test_a_key_is_told_once_and_works(admin: TestClient, client: TestClient) -> None:
    made = admin.post("/api/v1/keys", json={"name": "mairie", "role": "billing", "days": 400})
    secret = made.json()["secret"]
    key = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/tariffs", headers=key).status_code == 200
    listed = admin.get("/api/v1/keys")
    assert secret not in listed.text
    assert ("api", "mairie", "billing") in [(k["kind"], k["name"], k["role"]) for k in listed.json()]


def test_a_key_may_do_no_more_than_its_scopes(admin: TestClient, client: TestClient) -> None:
    wish = {"name": "mur", "role": "staff", "scopes": ["see-place"], "days": 1}
    key = {"Authorization": f"Bearer {admin.post('/api/v1/keys', json=wish).json()['secret']}"}
    assert client.get("/api/v1/occupancy", headers=key).status_code == 200
    assert client.get("/api/v1/members", headers=key).status_code == 403
    assert client.post("/api/v1/bookings", headers=key, json={}).status_code == 403


def test_no_key_gets_a_scope_that_its_role_does_not_have(admin: TestClient) -> None:
    wish = {"name": "mur", "role": "viewer", "scopes": ["administer"], "days": 1}
    answer = admin.post("/api/v1/keys", json=wish)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/scopes")


def test_a_revoked_key_opens_nothing(admin: TestClient, client: TestClient) -> None:
    made = admin.post("/api/v1/keys", json={"name": "mairie", "role": "billing", "days": 400})
    key = {"Authorization": f"Bearer {made.json()['secret']}"}
    [listed] = [k for k in admin.get("/api/v1/keys").json() if k["name"] == "mairie"]
    assert admin.delete(f"/api/v1/keys/{listed['id']}").status_code == 204
    assert client.get("/api/v1/tariffs", headers=key).status_code == 401
    assert admin.delete(f"/api/v1/keys/{listed['id']}").status_code == 404


def test_the_page_shows_a_keys_secret_once_and_revokes_it(place: Place) -> None:
    browser = TestClient(create_app(place), headers=OWN_FORM, follow_redirects=False)
    browser.cookies.set(SESSION_COOKIE, place.session("admin"))
    wish = {"name": "mairie", "role": "billing", "days": "400", "scopes": ["see-usage"]}
    told = re.search(r'data-testid="secret">([\w-]+)<', browser.post("/keys", data=wish).text)
    assert told
    key = {"Authorization": f"Bearer {told[1]}"}
    assert browser.get("/api/v1/tariffs", headers=key).status_code == 200
    page = browser.get("/keys").text
    assert told[1] not in page
    [revoke] = re.findall(r'action="(/keys/\w+/revoke)"', page)
    assert browser.post(revoke).status_code == 303
    assert browser.get("/api/v1/tariffs", headers=key).status_code == 401


def test_a_login_link_opens_a_session_of_its_role(admin: TestClient, client: TestClient) -> None:
    wish = {"name": "mur", "role": "viewer", "minutes": 10}
    url = admin.post("/api/v1/login-links", json=wish).json()["url"]
    assert url.startswith("http://testserver/login/")
    assert client.post(url, headers=OWN_FORM).status_code == 303
    assert client.get("/api/v1/occupancy").status_code == 200
    assert client.get("/api/v1/members").status_code == 403


def test_nobody_makes_an_administrator_by_link(admin: TestClient) -> None:
    wish = {"name": "eve", "role": "admin", "minutes": 10}
    assert admin.post("/api/v1/login-links", json=wish).status_code == 422


def test_a_node_is_told_what_it_must_know(admin: TestClient, place: Place) -> None:
    assert admin.get("/api/v1/node-settings/ss-garden").json() == {
        "site": "sceaux-smart",
        "node": "ss-garden",
        "ledger": place.ledger.id,
        "gateway_key": place.public_key,
        "credential_key": CARD_KEY.hex(),
    }
    assert admin.get("/api/v1/node-settings/ss-cellar").status_code == 404


def test_the_machines_time_cannot_be_moved(admin: TestClient) -> None:
    answer = admin.put("/api/v1/clock", json={"now": "2026-11-25T08:00:00Z"})
    assert answer.status_code == 404


def test_a_simulation_moves_time_on_and_lets_go(place: Place) -> None:
    clock = SteppedClock(datetime(2026, 11, 2, tzinfo=UTC))
    place.gateway.clock = clock
    admin = TestClient(create_app(place), headers=place.key("admin"))
    moved = admin.put("/api/v1/clock", json={"now": "2026-11-02T08:00:00Z"})
    assert moved.json() == {"now": "2026-11-02T08:00:00.000000Z"}
    assert clock.now() == datetime(2026, 11, 2, 8, tzinfo=UTC)
    back = admin.put("/api/v1/clock", json={"now": "2026-11-01T08:00:00Z"})
    assert (back.status_code, back.json()["errors"][0]["pointer"]) == (409, "/now")
    assert admin.put("/api/v1/clock", json={}).status_code == 422


def test_the_first_start_leaves_a_way_in_that_only_the_installer_reads(
    place: Place, client: TestClient, tmp_path: Path
) -> None:
    file = tmp_path / "first-login.txt"
    link = offer_first_login(place.gateway, file, _ADDRESS)
    assert link is not None
    assert file.read_text(encoding="utf-8") == link + "\n"
    assert file.stat().st_mode & 0o777 == 0o600
    founded = {"mail": "ana@example.org", "name": "Ana", "password": "quatre mots tout simples"}
    answer = client.post(f"{link.removeprefix(_ADDRESS)}/account", data=founded, headers=OWN_FORM)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client.get("/api/v1/keys").status_code == 200


def test_no_link_is_offered_where_an_administrator_can_come_in(place: Place, tmp_path: Path) -> None:
    place.gateway.handle(MintKey("api", "root", "admin", timedelta(days=1)), SYSTEM)
    file = tmp_path / "first-login.txt"
    assert offer_first_login(place.gateway, file, _ADDRESS) is None
    assert not file.exists()


def test_a_link_that_nobody_used_in_time_is_replaced(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "first-login.txt"
    first = offer_first_login(place.gateway, file, _ADDRESS)
    assert offer_first_login(place.gateway, file, _ADDRESS) is None
    place.clock.pass_s(3600)
    second = offer_first_login(place.gateway, file, _ADDRESS)
    assert second not in {first, None}
    assert file.read_text(encoding="utf-8").strip() == second
