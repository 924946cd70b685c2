"""The main job on real parts: a card in a radio field, the strike's pin, a broker, the ledger, the bill."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.servers.fixtures import Broker
from tests.whole_place import UID, WholePlace, until, whole_place

STRANGER = bytes.fromhex("04ffeeddccbbaa")


@pytest.fixture
def place(tmp_path: Path, broker: Broker) -> Iterator[WholePlace]:
    with whole_place(tmp_path, broker) as place:
        yield place


def test_a_badge_opens_a_door_the_page_shows_it_and_the_bill_counts_it(place: WholePlace) -> None:
    assert place.tap("entrance-in")
    place.walk_through()
    until(lambda: place.present() == 1)
    assert place.tap("entrance-out")
    place.walk_through()
    (visit,) = until(lambda: ended_visits(place))
    assert (visit["member"], visit["quality"]) == ("ana", "measured")
    badge = place.api.get(f"/api/v1/events/{visit['begun_by']}").json()
    assert badge["event"]["type"] == "BadgePresented"
    assert UID.hex() not in place.api.get("/api/v1/events").text
    statement = place.api.get(f"/api/v1/statements/{datetime.now(UTC):%Y-%m}").json()  # noqa: TID251
    assert (statement["users"], statement["total"]) == (1, "6.00")


def test_an_unknown_badge_is_refused_and_the_event_kept_with_its_reference(place: WholePlace) -> None:
    assert not place.tap("entrance-in", STRANGER)
    (refusal,) = until(lambda: taps(place))
    assert (refusal["granted"], refusal["reason"]) == (False, "unknown_credential")
    assert refusal["credential"].startswith("c_")


def test_a_node_told_to_stop_in_mid_pulse_locks_at_once(place: WholePlace) -> None:
    assert place.tap("entrance-in")
    assert place.strike_is_released()
    os.kill(place.edge.pid, signal.SIGTERM)
    until(lambda: not place.strike_is_released(), within_s=1)  # by itself it would lock after five
    until(lambda: place.edge.exit_status is not None)
    assert place.edge.exit_status == 0


def taps(place: WholePlace) -> list[dict[str, Any]]:
    events = [each["event"] for each in place.api.get("/api/v1/events").json()["items"]]
    return [event for event in events if event["type"] == "BadgePresented"]


def ended_visits(place: WholePlace) -> list[dict[str, Any]]:
    today = datetime.now(UTC)  # noqa: TID251
    answer = place.api.get("/api/v1/visits", params={"from": f"{today:%Y-%m-01}", "to": "2099-01-01"}).json()
    return [visit for visit in answer["items"] if visit["ended_at"]]
