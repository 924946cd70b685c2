"""Keys that are limited to sites: what they read and change, over every route and every command there is."""

from datetime import timedelta
from typing import Any, get_args

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient

from gateway import commands as ask
from gateway.commands import MintKey, Refused
from gateway.domain.authority import SCOPES_OF, SYSTEM, Actor
from gateway.handlers import HANDLERS
from gateway.web.app import create_app
from gateway.web.auth import _carry_out
from tests.unit.gateway.asking import a_command
from tests.unit.gateway.web.place import SCEAUX, VOISIN, Place
from tests.unit.gateway.web.test_routes import _scopes

_OURS = frozenset({VOISIN})
_READ_BY_SITE = (
    "sites occupancy nodes alarms bookings loans parcels passes privatisations visits explain"
    " door-modes gatherings"
)


@pytest.fixture
def limited(place: Place) -> TestClient:
    """A program with all that an administrator may, at Le Petit Voisin."""
    place.join(1, sites=(SCEAUX, VOISIN))
    place.beat()
    return TestClient(create_app(place), headers=_key(place), follow_redirects=False)


def _key(place: Place, *sites: str) -> dict[str, str]:
    wish = MintKey("api", "voisin", "admin", timedelta(days=1), sites=frozenset(sites or _OURS))
    return {"Authorization": f"Bearer {place.gateway.handle(wish, SYSTEM)}"}


def _guarded(place: Place) -> list[Any]:
    found = [
        r for r in iter_route_contexts(create_app(place).routes) if isinstance(r.original_route, APIRoute)
    ]
    return [route for route in found if _scopes(route)]


def test_whatever_cannot_be_read_of_one_site_alone_is_closed(place: Place, limited: TestClient) -> None:
    opened, closed = set(), 0
    for route in _guarded(place):
        if "GET" not in (route.methods or ()):
            continue
        path = route.path.replace("{site}", SCEAUX)
        answers = [limited.get(path), limited.get(path, params={"site": SCEAUX})]
        answers.append(limited.get(path, params={"site": [SCEAUX, VOISIN]}))
        assert [answer.status_code for answer in answers] == [403] * 3, path
        closed += 1
        if limited.get(path, params={"site": VOISIN}).status_code != 403:
            opened.add(path)
    assert closed > 30
    assert opened == {f"/api/v1/{name}" for name in _READ_BY_SITE.split()}


def test_what_is_read_is_of_that_site(limited: TestClient) -> None:
    ours = {"site": VOISIN}
    assert [site["id"] for site in limited.get("/api/v1/sites", params=ours).json()] == [VOISIN]
    told = limited.get("/api/v1/occupancy", params=ours).json()["sites"]
    assert [site["site"] for site in told] == [VOISIN]
    for part in ("nodes", "alarms"):
        assert {each["site"] for each in limited.get(f"/api/v1/{part}", params=ours).json()} <= _OURS
    assert limited.get("/api/v1/nodes", params=ours).json()


def test_whatever_changes_something_without_a_command_is_closed(place: Place, limited: TestClient) -> None:
    closed = 0
    for route in _guarded(place):
        if route.path.startswith("/api/") and any(d.call is _carry_out for d in route.dependant.dependencies):
            continue
        for method in set(route.methods or ()) - {"GET", "HEAD"}:
            answer = limited.request(method, route.path, headers={"X-Requested-With": "passerelle"})
            assert answer.status_code == 403, route.path
            closed += 1
    assert closed > 10


@pytest.mark.parametrize("command", [each for each in get_args(ask.Command) if HANDLERS[each].scope])
def test_no_command_about_another_site_or_nobody_knows_which_is_carried_out(
    place: Place, command: type[Any]
) -> None:
    place.join(1)
    by = Actor("api:limited", frozenset().union(*SCOPES_OF.values()), _OURS)
    with pytest.raises(Refused) as refusal:
        place.gateway.handle(a_command(command), by)
    assert [(fault.code) for fault in refusal.value.faults] == ["other_site"]


def test_a_record_of_another_site_is_as_unknown_as_one_that_there_is_not(
    place: Place, limited: TestClient
) -> None:
    booking = place.book("meeting-1", place.clock.now() + timedelta(hours=1), 1)
    answers = [limited.delete(f"/api/v1/bookings/{id_}") for id_ in (booking.id, "b-0")]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]
    ours = TestClient(create_app(place), headers=_key(place, SCEAUX))
    assert ours.delete(f"/api/v1/bookings/{booking.id}").status_code == 204


def test_what_is_of_its_site_a_limited_key_does(place: Place, limited: TestClient) -> None:
    with_doors = place.gateway.sites[VOISIN].doors[0].id
    assert limited.post(f"/api/v1/doors/{VOISIN}/{with_doors}/open").status_code in {202, 503}
    assert limited.post(f"/api/v1/doors/{SCEAUX}/entrance/open").status_code == 403


def test_a_refusal_is_in_the_audit(place: Place, limited: TestClient) -> None:
    limited.post(f"/api/v1/doors/{SCEAUX}/entrance/open")
    with place.ledger.reading() as books:
        (record,) = books.audit.latest(1)
    assert (record.act.act, record.act.outcome) == ("OpenDoor", "refused")


def test_a_key_is_limited_where_it_is_made_and_shows_it(place: Place) -> None:
    admin = TestClient(create_app(place), headers=place.key("admin"))
    wish = {"name": "voisin", "role": "staff", "days": 1, "sites": [VOISIN]}
    secret = admin.post("/api/v1/keys", json=wish).json()["secret"]
    machine = TestClient(create_app(place), headers={"Authorization": f"Bearer {secret}"})
    assert machine.get("/api/v1/bookings").status_code == 403
    assert [key["sites"] for key in admin.get("/api/v1/keys").json() if key["name"] == "voisin"] == [[VOISIN]]
    for wrong in ([], ["atlantis"]):
        assert admin.post("/api/v1/keys", json={**wish, "sites": wrong}).status_code == 422


def test_the_page_limits_a_key_to_the_places_that_are_ticked(place: Place) -> None:
    browser = TestClient(create_app(place), headers={"Sec-Fetch-Site": "same-origin"})
    browser.cookies.set("passerelle_session", place.session("admin"))
    wish = {"name": "voisin", "role": "staff", "days": "1", "sites": [VOISIN]}
    assert "Le Petit Voisin" in browser.post("/keys", data=wish).text
    with place.ledger.reading() as books:
        assert [key.sites for key in books.keys.all() if key.name == "voisin"] == [_OURS]
