"""Schemathesis over the whole API, on a real socket, as nobody and as every role.

`PASSERELLE_API_CASES` is how many cases to try in all; a test run tries a few, a release 10,000.
"""

import logging
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from gateway.domain.authority import SCOPES_OF, Role, Scope
from gateway.web.app import create_app
from tests.unit.gateway.web.place import Place, open_place
from tests.web_server import WebServer

_Operation = APIOperation[Any, Any, Any, Any]
_Case = Case[Any]

_log = logging.getLogger(__name__)
_CASES = int(os.environ.get("PASSERELLE_API_CASES", "600"))
_WHO: tuple[Role | None, ...] = (None, "admin", "staff", "billing", "member", "viewer", "panel")
_ENDLESS = "/api/v1/occupancy/stream"
_OPEN = {"/healthz", "/api/v1/enrolments"}

_SCOPE_OF: dict[str, Scope] = {
    "sites": "see-place",
    "occupancy": "see-place",
    "alarms": "see-place",
    "nodes": "see-place",
    "members": "run-place",
    "credentials": "run-place",
    "bookings": "run-place",
    "imports": "run-place",
    "loans": "run-place",
    "parcels": "run-place",
    "doors": "run-place",
    "standstills": "run-place",
    "visits": "see-usage",
    "events": "see-usage",
    "statements": "see-usage",
    "tariffs": "see-usage",
    "lists": "run-place",
    "keys": "administer",
    "login-links": "administer",
    "node-settings": "administer",
    "clock": "administer",
    "audit": "administer",
    "card-keys": "administer",
    "invitation": "administer",
    "certificates": "run-place",
    "calendars": "run-place",
    "calendar-subscriptions": "run-place",
    "explain": "run-place",
    "guests": "run-place",
    "hand-entries": "run-place",
    "privatisations": "run-place",
    "series": "run-place",
    "suspensions": "run-place",
    "revocation": "administer",
    "sealing-key": "administer",
    "export": "administer",
    "erase": "administer",
}
"""What each part of the API asks for, written down a second time: the first is in its routers."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Place, str]]:
    place = open_place(tmp_path)
    for number in (1, 2):
        place.join(number)
    place.beat()
    server = WebServer(create_app(place))
    server.start()
    yield place, server.url
    server.stop()
    place.ledger.close()


def _scope_of(path: str) -> Scope:
    """The last part of a path that asks for a scope of its own is what counts."""
    parts = [part for part in path.removeprefix("/api/v1/").split("/") if part in _SCOPE_OF]
    return _SCOPE_OF[parts[-1]]


def _operations(url: str) -> list[_Operation]:
    schema = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json")
    found = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    assert len(found) > len(_SCOPE_OF), "the description names too few operations"
    return [operation for operation in found if operation.path != _ENDLESS]


@pytest.mark.timeout(1800)
def test_no_case_breaks_the_api_or_gets_past_it(served: tuple[Place, str]) -> None:
    place, url = served
    operations = _operations(url)
    answers: Counter[int] = Counter()
    each = max(1, _CASES // (len(operations) * len(_WHO)))
    with requests.Session() as session:
        for who in _WHO:
            headers = {} if who is None else place.key(who)
            for operation in operations:
                _attack(operation, who, headers, session, each, answers)
    assert answers.total() >= _CASES * 0.6, "too few cases were tried to say anything"
    _log.info("%d cases over %d operations: %s", answers.total(), len(operations), sorted(answers.items()))
    assert answers[200] + answers[201] > 0, "nobody got in: nothing was tried"


def _attack(
    operation: _Operation,
    who: Role | None,
    headers: dict[str, str],
    session: requests.Session,
    cases: int,
    answers: Counter[int],
) -> None:
    may = operation.path in _OPEN or (who is not None and _scope_of(operation.path) in SCOPES_OF[who])

    @settings(
        max_examples=cases,
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def attack(case: _Case) -> None:
        case.headers.pop("Authorization", None)
        answer = case.call(session=session, headers=headers, timeout=20)
        answers[answer.status_code] += 1
        told = f"{who}: {operation.method} {answer.request.url} {case.body!r}: {answer.status_code}"
        assert answer.status_code < 500, f"{told} {answer.text}"
        assert may or answer.status_code >= 400, f"unauthorised: {told}"

    attack()
