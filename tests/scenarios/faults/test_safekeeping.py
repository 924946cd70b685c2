"""What went back, or was away, ends at the same sums."""

from pathlib import Path

import pytest

from firmware_sim.faults import history_outage, restore
from firmware_sim.faults.fault import Plan


def test_a_restored_ledger_gets_again_from_its_nodes_what_it_forgot(tmp_path: Path) -> None:
    tally = restore.play(Plan(rounds=1, seed=1, folder=tmp_path))
    assert tally.ok, tally.details
    assert tally.figures["forgotten_events"] >= 40


@pytest.mark.server("influxdb")
def test_an_influxdb_that_was_away_for_days_comes_to_the_ledgers_sums(tmp_path: Path) -> None:
    tally = history_outage.play(Plan(rounds=1, seed=1, folder=tmp_path))
    assert tally.ok, tally.details
    assert tally.figures["events_missed"] > 100
