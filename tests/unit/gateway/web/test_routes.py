"""Every route asks for a scope, or stands in a short list of those that anybody may ask, with the reason."""

from collections.abc import Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from fastapi.testclient import TestClient

from gateway.web.app import create_app
from gateway.web.auth import allow
from tests.unit.gateway.web.place import OWN_FORM, Place

_OPEN_TO_ANYBODY = {
    "/healthz": "says no more than whether the gateway is well",
    "/": "shows a stranger how to come in, and asks for see-place itself",
    "/statements": "leads to the month, which asks",
    "/statements/{month}": "shows a stranger how to come in, and asks for see-usage itself",
    "/api/v1/enrolments": "asks for the code of an invitation",
    "/audit": "shows a stranger how to come in, and asks for administer itself",
    "/calendars": "shows a stranger how to come in, and asks for run-place itself",
    "/calendars/{secret}.ics": "asks for the secret: calendar programs know no other way",
    "/explain": "shows a stranger how to come in, and asks for run-place itself",
    "/login": "comes before who is there is known",
    "/login/code": "asks for the session that owes a code",
    "/login/mail": "tells nothing, and mails only to members",
    "/login/oidc": "sends elsewhere",
    "/login/oidc/back": "asks the provider",
    "/login/{secret}": "asks for the secret",
    "/login/{secret}/password": "asks for the secret",
    "/login/{secret}/account": "asks for the secret",
    "/logout": "ends what the browser itself shows",
}


def _routes(place: Place) -> Iterator[RouteContext]:
    """Every route but static files and the API's own description."""
    found = iter_route_contexts(create_app(place).routes)
    yield from (route for route in found if isinstance(route.original_route, APIRoute))


def _scopes(route: RouteContext) -> set[str]:
    dependant: Dependant = route.dependant
    return _of(dependant)


def _of(dependant: Dependant) -> set[str]:
    own = {dependant.call.scope} if isinstance(dependant.call, allow) else set()
    return own.union(*(_of(inner) for inner in dependant.dependencies))


def test_every_route_asks_for_a_scope_or_says_why_not(place: Place) -> None:
    open_routes = {route.path for route in _routes(place) if not _scopes(route)}
    assert open_routes == set(_OPEN_TO_ANYBODY)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_no_route_with_a_scope_answers_a_stranger(place: Place, client: TestClient, method: str) -> None:
    for route in _routes(place):
        if method in (route.methods or ()) and _scopes(route):
            answer = client.request(method, route.path or "", headers=OWN_FORM)
            assert answer.status_code == 401, route.path
