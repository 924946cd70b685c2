"""Whatever is killed at whatever moment: what was on a node's disk comes to the ledger, once."""

from pathlib import Path

import pytest

from firmware_sim.broker import EmbeddedBroker
from firmware_sim.faults import broker_kill, edge_kill, gateway_kill
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.place import Broker
from firmware_sim.mosquitto import Mosquitto


@pytest.mark.server("strace")
def test_nodes_killed_at_their_writes_lose_and_double_nothing(tmp_path: Path) -> None:
    tally = edge_kill.play(Plan(rounds=4, seed=3, folder=tmp_path))
    assert tally.ok, tally.details
    assert (tally.tried, tally.figures["taps"] > 0) == (4, True)


def test_a_gateway_killed_before_it_answers_loses_and_doubles_nothing(tmp_path: Path) -> None:
    tally = gateway_kill.play(Plan(rounds=2, seed=1, folder=tmp_path))
    assert tally.ok, tally.details
    assert tally.figures["at_failpoints"] == 2


@pytest.mark.parametrize(
    "kind", [EmbeddedBroker, pytest.param(Mosquitto, marks=pytest.mark.server("mosquitto"))]
)
def test_a_broker_that_forgets_everything_loses_nothing_of_ours(kind: type[Broker], tmp_path: Path) -> None:
    tally = broker_kill.play(Plan(rounds=2, seed=5, folder=tmp_path), kind, every_s=1)
    assert tally.ok, tally.details
    assert tally.figures["events"] > 50
