"""Modes at a real door: a gateway, a broker, an edge process, a card in a radio field."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from tests.servers.fixtures import Broker
from tests.whole_place import WholePlace, until, whole_place

SCEAUX = "sceaux-smart"
BEN = bytes.fromhex("04b1b2b3b4b5b6")
AWAY_S = 1.0
"""So long a card must have been away to be read as a new one."""
STRANGER = bytes.fromhex("04ffeeddccbbaa")


@pytest.fixture
def place(tmp_path: Path, broker: Broker) -> Iterator[WholePlace]:
    with whole_place(tmp_path, broker) as place:
        before = place.list_revision()
        ben = {"id": "ben", "name": "Ben", "category": "member", "plan": "resident", "office": "office-1"}
        members = {"members": [{**ben, "sites": [SCEAUX], "credentials": [{"uid": BEN.hex()}]}]}
        place.api.post("/api/v1/imports/members", json=members).raise_for_status()
        until(lambda: place.list_revision() > before)
        yield place


def held(place: WholePlace, ask: str, **wish: Any) -> str:
    """Put doors into a mode, and wait until the node holds it."""
    before = place.list_revision()
    made = place.api.post(f"/api/v1/door-modes/{ask}", json={"site": SCEAUX, "reason": "test", **wish})
    assert made.status_code == 201
    until(lambda: place.list_revision() > before)
    return str(made.json()["id"])


def last(place: WholePlace, kind: str) -> dict[str, Any]:
    """The latest event of a kind that the ledger has."""
    items = place.api.get("/api/v1/events").json()["items"]
    return next((item["event"] for item in reversed(items) if item["event"]["type"] == kind), {})


def test_a_lockdown_holds_without_the_gateway_and_over_a_restart_until_it_is_lifted(
    place: WholePlace,
) -> None:
    assert place.tap(uid=BEN)
    place.walk_through()
    lockdown = held(place, "lockdown")
    sleep(AWAY_S)
    assert not place.tap(uid=BEN)
    until(lambda: last(place, "BadgePresented").get("reason") == "lockdown")
    place.gateway.stop()
    place.edge.kill()
    place.edge.restart()
    until(place.tap)  # staff come in, once the node is up
    place.walk_through()
    sleep(AWAY_S)
    assert not place.tap(uid=BEN)
    place.gateway.restart()
    until(lambda: place.api.delete(f"/api/v1/door-modes/{lockdown}").status_code == 204)
    until(lambda: place.tap(uid=BEN))


def test_in_free_passage_strangers_come_in_and_no_alarm_is_raised(place: WholePlace) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - the edge process lives in real time
    times = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=1)).isoformat()}
    held(place, "free-passage", doors=["entrance"], **times)
    assert place.tap(uid=STRANGER)
    place.walk_through()
    until(lambda: last(place, "BadgePresented").get("free_passage"))
    place.walk_through()
    until(lambda: last(place, "DoorOpened").get("cause") == "free_passage")


def test_who_is_inside_leaves_in_a_lockdown(place: WholePlace) -> None:
    held(place, "lockdown")
    assert place.tap("entrance-out", BEN)
    assert place.api.post(f"/api/v1/doors/{SCEAUX}/entrance/open").status_code == 202
