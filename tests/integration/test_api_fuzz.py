"""Schemathesis over the whole API, on a real socket, as nobody and as every role.

`PASSERELLE_API_CASES` is how many cases to try in all; a test run tries a few, a release 10,000.
"""

import logging
import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from gateway.domain.authority import SCOPES_OF, Role, Scope
from gateway.web.app import create_app
from tests.unit.gateway.web.place import SCEAUX, Place, card, open_place
from tests.web_server import WebServer

_OFFSETS = st.sampled_from(["", "Z", "+00:00", "+14:00", "-12:00", "+23:59", "-23:59"])
_NEAR = st.datetimes(datetime(2026, 11, 1), datetime(2027, 12, 1))  # noqa: DTZ001 - the offset is drawn apart
_EDGES = st.sampled_from(
    [
        datetime(1, 1, 1),  # noqa: DTZ001 - as above
        datetime(9999, 12, 31, 23, 59, 59, 999999),  # noqa: DTZ001
        datetime(1969, 12, 31, 23, 59, 59),  # noqa: DTZ001 - as above
        datetime(2199, 12, 31, 23, 59, 59),  # noqa: DTZ001
        datetime(2026, 10, 25, 2, 30),  # noqa: DTZ001 - Paris has it twice
        datetime(2027, 3, 28, 2, 30),  # noqa: DTZ001 - Paris does not have it
    ]
)
_ANY = _NEAR | _EDGES | st.datetimes()
_MOMENTS = st.builds(lambda moment, offset: moment.isoformat() + offset, _ANY, _OFFSETS)
_DAYS = _ANY.map(lambda moment: moment.date().isoformat())

# From the year 1 to 9999, with offsets that lead beyond: what a clock set wrong, or spite, sends.
schemathesis.openapi.format("date-time", _MOMENTS)
schemathesis.openapi.format("date", _DAYS)

_Operation = APIOperation[Any, Any, Any, Any]
_Case = Case[Any]

_log = logging.getLogger(__name__)
_CASES = int(os.environ.get("PASSERELLE_API_CASES", "600"))
_WHO: tuple[Role | None, ...] = (None, "admin", "staff", "billing", "member", "viewer", "panel")
_ENDLESS = "/api/v1/occupancy/stream"
_OPEN = {"/healthz", "/api/v1/enrolments"}

_THERE_IS: dict[str, Any] = {
    "site": SCEAUX,
    "space": "meeting-1",
    "spaces": ["meeting-1"],
    "door": "entrance",
    "doors": ["entrance"],
    "node": "ss-entrance",
    "member": "m-1",
    "members": ["m-1"],
    "host": "m-1",
    "organiser": "m-1",
    "guests": ["m-2"],
    "item": "projector",
    "sites": [SCEAUX],
    "credential": card(1),
}
"""What the place has: drawn ids name nothing, and whatever asks for one would never come to the times."""

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
    "accounts": "administer",
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
    "passes": "run-place",
    "hand-entries": "run-place",
    "privatisations": "run-place",
    "door-modes": "run-place",
    "gatherings": "run-place",
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
    @given(case=operation.as_strategy(), real=st.booleans())
    def attack(case: _Case, *, real: bool) -> None:
        if real:
            _name_what_there_is(case)
        case.headers.pop("Authorization", None)
        answer = case.call(session=session, headers=headers, timeout=20)
        answers[answer.status_code] += 1
        told = f"{who}: {operation.method} {answer.request.url} {case.body!r}: {answer.status_code}"
        assert answer.status_code < 500, f"{told} {answer.text}"
        assert may or answer.status_code >= 400, f"unauthorised: {told}"

    attack()


def _name_what_there_is(case: _Case) -> None:
    for part in (case.body, case.path_parameters, case.query):
        if isinstance(part, dict):
            part.update({name: value for name, value in _THERE_IS.items() if name in part})
