"""Accounts of the staff by machine, and their invitations by mail."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from gateway.domain.authority import Role
from gateway.web.app import create_app
from tests.unit.gateway.web.place import OWN_FORM, Place

_BOB = {"mail": "bob@example.org", "name": "Bob", "role": "staff"}
_PASSWORD = "quatre mots tout simples"


@pytest.fixture
def admin(place: Place) -> TestClient:
    return TestClient(create_app(place), headers=place.key("admin"))


def _invite(admin: TestClient, **other: str) -> dict[str, Any]:
    answer = admin.post("/api/v1/accounts", json={**_BOB, **other})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def _choose(place: Place, url: str) -> TestClient:
    browser = TestClient(create_app(place), headers=OWN_FORM, follow_redirects=False)
    assert browser.post(f"{url}/password", data={"password": _PASSWORD}).status_code == 303
    return browser


def test_whom_a_machine_invites_comes_in_by_the_link_and_is_listed(place: Place, admin: TestClient) -> None:
    made = _invite(admin)
    assert (made["has_password"], made["open"], made["second_factor"]) == (False, True, False)
    browser = _choose(place, made["url"])
    assert browser.get("/api/v1/members").status_code == 200
    listed = admin.get("/api/v1/accounts")
    (bob,) = listed.json()
    assert (bob["id"], bob["mail"], bob["has_password"]) == (made["id"], "bob@example.org", True)
    assert made["url"].rpartition("/")[2] not in listed.text
    assert admin.post("/api/v1/accounts", json=_BOB).status_code == 409


def test_a_machine_changes_a_role_and_the_sessions_end(place: Place, admin: TestClient) -> None:
    made = _invite(admin)
    browser = _choose(place, made["url"])
    changed = admin.patch(f"/api/v1/accounts/{made['id']}", json={"role": "billing"})
    assert (changed.status_code, changed.json()["role"]) == (200, "billing")
    assert browser.get("/api/v1/members").status_code == 401


def test_a_machine_shuts_and_reopens_an_account(place: Place, admin: TestClient) -> None:
    made = _invite(admin)
    browser = _choose(place, made["url"])
    assert admin.patch(f"/api/v1/accounts/{made['id']}", json={"open": False}).json()["open"] is False
    assert browser.get("/api/v1/members").status_code == 401
    assert admin.patch(f"/api/v1/accounts/{made['id']}", json={"open": True}).json()["open"] is True


def test_the_last_administrator_stays_one(admin: TestClient) -> None:
    made = _invite(admin, role="admin")
    for change in ({"role": "staff"}, {"open": False}):
        assert admin.patch(f"/api/v1/accounts/{made['id']}", json=change).status_code == 409
    assert admin.patch("/api/v1/accounts/u-0", json={}).status_code == 404


def test_a_machine_offers_a_new_password(place: Place, admin: TestClient) -> None:
    made = _invite(admin)
    offered = admin.post(f"/api/v1/accounts/{made['id']}/link")
    assert offered.status_code == 201
    _choose(place, offered.json()["url"])


@pytest.mark.parametrize("role", ["staff", "billing", "member", "viewer", "panel"])
def test_nobody_else_lets_anybody_in(place: Place, role: Role) -> None:
    machine = TestClient(create_app(place), headers=place.key(role))
    answers = [
        machine.get("/api/v1/accounts"),
        machine.post("/api/v1/accounts", json=_BOB),
        machine.patch("/api/v1/accounts/u-1", json={"role": "admin"}),
        machine.post("/api/v1/accounts/u-1/link"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4


def test_an_invitation_is_mailed_where_the_place_sends_mail(place: Place, admin: TestClient) -> None:
    place.mails, place.public_url = True, "https://portes.example.org"
    made = _invite(admin)
    assert made["url"].startswith("https://portes.example.org/login/")
    assert place.notifier.links == {"bob@example.org": made["url"]}
    offered = admin.post(f"/api/v1/accounts/{made['id']}/link").json()["url"]
    assert place.notifier.links == {"bob@example.org": offered}


def test_no_link_lies_in_the_outbox_where_nobody_mails_it(place: Place, admin: TestClient) -> None:
    _invite(admin)
    assert place.notifier.links == {}


def test_the_page_says_that_the_link_was_mailed(place: Place) -> None:
    browser = TestClient(create_app(place), headers=OWN_FORM)
    browser.cookies.set("passerelle_session", place.session("admin"))
    assert "courriel" not in browser.post("/accounts", data=_BOB).text
    place.mails = True
    told = browser.post("/accounts", data={**_BOB, "mail": "eve@example.org"}).text
    assert "part aussi par courriel à eve@example.org" in told
    assert place.notifier.links.keys() == {"eve@example.org"}
