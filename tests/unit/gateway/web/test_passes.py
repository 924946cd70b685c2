"""Passes of visitors on pages: made by staff, typed at the panel of a door, and nowhere else."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from gateway.domain.authority import Role
from gateway.web.app import create_app
from gateway.web.auth import SESSION_COOKIE
from tests.unit.gateway.web.place import OWN_FORM, SCEAUX, Place

_VISIT = {
    "site": SCEAUX,
    "name": "Lou Petit",
    "host": "m-1",
    "doors": "entrance",
    "starts_at": "2026-11-24T10:00",  # in Paris: now
    "ends_at": "2026-11-24T12:00",
}


@pytest.fixture
def reception(place: Place) -> TestClient:
    """A browser of the staff's, at a place with a member to visit, whose nodes answer."""
    place.join(1)
    place.beat()
    return _browser(place, "admin")


@pytest.fixture
def panel(place: Place, reception: TestClient) -> TestClient:
    """The browser at the entrance, set up by its link."""
    told = reception.post("/passes/panels", data={"point": f"{SCEAUX}/entrance"})
    link = re.findall(r"/login/[\w-]+", told.text)[0]
    screen = TestClient(create_app(place), headers=OWN_FORM, follow_redirects=False)
    assert screen.post(link).headers["location"] == "/panel"
    assert screen.get("/panel").headers["location"] == f"/panel/{SCEAUX}/entrance"
    return screen


def _browser(place: Place, role: Role) -> TestClient:
    cookies = {SESSION_COOKIE: place.session(role)}
    return TestClient(create_app(place), headers=OWN_FORM, cookies=cookies, follow_redirects=False)


def _invite(reception: TestClient, **other: str) -> str:
    answer = reception.post("/passes", data=_VISIT | other)
    assert answer.status_code == 201, answer.text
    return str(re.findall(r'data-testid="code">(\d{4} \d{4})<', answer.text)[0])


def _type(panel: TestClient, code: str, door: str = "entrance") -> Response:
    return panel.post(f"/panel/{SCEAUX}/{door}", data={"code": code})


def test_a_visitor_types_the_code_that_staff_was_shown(
    place: Place, reception: TestClient, panel: TestClient
) -> None:
    code = _invite(reception)
    assert "Bienvenue" in _type(panel, code).text
    assert place.downlink.commands[-1].body["action"] == {"do": "UnlockDoor", "door": "entrance"}


def test_a_scanner_types_it_without_the_gap(reception: TestClient, panel: TestClient) -> None:
    assert "Bienvenue" in _type(panel, _invite(reception).replace(" ", "")).text


def test_a_code_for_one_use_is_used_up(reception: TestClient, panel: TestClient) -> None:
    code = _invite(reception, single_use="true")
    assert "Bienvenue" in _type(panel, code).text
    assert "déjà servi" in _type(panel, code).text


def test_a_revoked_code_opens_nothing(place: Place, reception: TestClient, panel: TestClient) -> None:
    code = _invite(reception)
    (revoke,) = re.findall(r"/passes/v-\w+/revoke", reception.get("/passes").text)
    assert reception.post(revoke).status_code == 303
    assert "ne vaut plus" in _type(panel, code).text
    assert not place.downlink.commands


def test_the_list_and_the_ledger_never_hold_a_code(
    place: Place, reception: TestClient, panel: TestClient
) -> None:
    code = _invite(reception)
    digits = code.replace(" ", "")
    page = reception.get("/passes").text
    assert "Lou Petit" in page
    assert "Camille 1" in page
    assert code not in page
    with place.ledger.reading() as books:
        assert digits not in repr(books.passes.all())


def test_wrong_codes_make_the_panel_wait(place: Place, reception: TestClient, panel: TestClient) -> None:
    code = _invite(reception)
    wrong = "11111111" if not code.startswith("1111") else "22222222"
    answers = [_type(panel, wrong).text for _ in range(5)]
    assert ["Patientez 2 s" in answer for answer in answers] == [False, False, False, False, True]
    assert "Patientez" in _type(panel, code).text
    assert not place.downlink.commands
    place.clock.pass_s(2)
    assert "Bienvenue" in _type(panel, code).text


def test_an_answer_makes_room_for_the_next_visitor(panel: TestClient) -> None:
    assert _type(panel, "11111111").headers["refresh"] == f"8; url=/panel/{SCEAUX}/entrance"


def test_a_panel_is_of_no_use_at_another_door_or_for_anything_else(
    place: Place, reception: TestClient, panel: TestClient
) -> None:
    code = _invite(reception)
    assert _type(panel, code, "garden").status_code == 403
    for page in ("/", f"/panel/{SCEAUX}/garden", "/passes", "/account", "/api/v1/members"):
        answer = panel.get(page)
        assert answer.status_code in {401, 403}, page
    assert panel.post(f"/api/v1/doors/{SCEAUX}/entrance/open").status_code == 403
    assert not place.downlink.commands


@pytest.mark.parametrize("role", ["member", "viewer", "billing"])
def test_only_staff_invites(place: Place, reception: TestClient, role: Role) -> None:
    assert _browser(place, role).post("/passes", data=_VISIT).status_code == 403
    assert _browser(place, "staff").post("/passes", data=_VISIT).status_code == 201


def test_only_administrators_set_panels_up(place: Place, reception: TestClient) -> None:
    asked = {"point": f"{SCEAUX}/entrance"}
    assert _browser(place, "staff").post("/passes/panels", data=asked).status_code == 403
    assert "/passes/panels" not in _browser(place, "staff").get("/passes").text


def test_staff_themselves_are_no_panel(place: Place, reception: TestClient) -> None:
    code = _invite(reception)
    assert _type(reception, code).status_code == 403
    assert not place.downlink.commands


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"doors": []}, "au moins une porte"),
        ({"ends_at": "2026-11-24T09:00"}, "La fin doit venir"),
        ({"ends_at": "2027-11-24T09:00"}, "31 jours"),
        ({"host": "nobody"}, "parmi les membres"),
        ({"starts_at": "2027-03-28T02:30"}, "le changement d"),
        ({"starts_at": "0001-01-01T00:00"}, "hors de portée"),
        ({"ends_at": "9999-12-31T23:59-12:00"}, "hors de portée"),
    ],
)
def test_what_is_wrong_with_an_invitation_is_said(
    reception: TestClient, wrong: dict[str, object], said: str
) -> None:
    answer = reception.post("/passes", data={**_VISIT, **wrong})
    assert answer.status_code == 422
    assert said in answer.text


def test_a_new_link_for_a_door_cuts_off_the_panel_that_was_there(
    place: Place, reception: TestClient, panel: TestClient
) -> None:
    code = _invite(reception)
    reception.post("/passes/panels", data={"point": f"{SCEAUX}/garden"})
    assert "Bienvenue" in _type(panel, code).text
    reception.post("/passes/panels", data={"point": f"{SCEAUX}/entrance"})
    assert _type(panel, code).status_code == 401
    assert len(place.downlink.commands) == 1


def test_a_panels_link_works_for_an_hour(place: Place, reception: TestClient) -> None:
    told = reception.post("/passes/panels", data={"point": f"{SCEAUX}/entrance"})
    secret = re.findall(r"/login/([\w-]+)", told.text)[0]
    place.clock.pass_s(3600)
    screen = TestClient(create_app(place), headers=OWN_FORM)
    assert screen.post(f"/login/{secret}").status_code == 410


_WISH = {
    "site": SCEAUX,
    "visitor": "Lou Petit",
    "host": "m-1",
    "doors": ["entrance"],
    "starts_at": "2026-11-24T10:00",
    "ends_at": "2026-11-24T12:00",
}


def _machine(place: Place, role: Role = "staff") -> TestClient:
    return TestClient(create_app(place), headers=place.key(role))


def _make(place: Place, **other: object) -> dict[str, Any]:
    answer = _machine(place).post("/api/v1/passes", json={**_WISH, **other})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_machine_is_told_a_code_once_and_it_opens_the_door(place: Place, panel: TestClient) -> None:
    made = _make(place)
    assert made["starts_at"] == "2026-11-24T09:00:00.000000Z"
    listed = _machine(place).get("/api/v1/passes")
    assert listed.json() == [{name: value for name, value in made.items() if name != "code"}]
    assert made["code"] not in listed.text
    assert "Bienvenue" in _type(panel, made["code"]).text
    (used,) = _machine(place).get("/api/v1/passes", params={"site": SCEAUX}).json()
    assert used["last_used_at"] == "2026-11-24T09:00:00.000000Z"
    assert _machine(place).get("/api/v1/passes", params={"site": "le-petit-voisin"}).json() == []


def test_a_machine_revokes_a_pass(place: Place, panel: TestClient) -> None:
    made = _make(place)
    assert _machine(place).delete(f"/api/v1/passes/{made['id']}").status_code == 204
    assert "ne vaut plus" in _type(panel, made["code"]).text
    (revoked,) = _machine(place).get("/api/v1/passes").json()
    assert (revoked["in_use"], revoked["revoked_at"]) == (False, "2026-11-24T09:00:00.000000Z")
    assert _machine(place).delete("/api/v1/passes/v-0").status_code == 404


def test_what_is_wrong_with_a_machines_wish_is_said_where_it_is(place: Place, reception: TestClient) -> None:
    for wrong, pointer in (
        ({"doors": []}, "/doors"),
        ({"ends_at": "9999-12-31T23:59-12:00"}, "/ends_at"),
        ({"host": "nobody"}, "/member"),
    ):
        answer = _machine(place).post("/api/v1/passes", json={**_WISH, **wrong})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize("role", ["member", "viewer", "billing", "panel"])
def test_only_staff_makes_passes_by_machine(place: Place, reception: TestClient, role: Role) -> None:
    machine = _machine(place, role)
    assert machine.post("/api/v1/passes", json=_WISH).status_code == 403
    assert machine.get("/api/v1/passes").status_code == 403
    assert machine.delete("/api/v1/passes/v-1").status_code == 403
