"""What waited long, and what comes again: all of it counts, once."""

from pathlib import Path

from firmware_sim.faults import offline_backlog, replay
from firmware_sim.faults.fault import Plan


def test_a_node_that_was_offline_for_three_days_delivers_all_in_order(tmp_path: Path) -> None:
    tally = offline_backlog.play(Plan(rounds=2000, seed=1, folder=tmp_path))
    assert tally.ok, tally.details
    assert tally.figures["events"] >= 2000


def test_what_travelled_already_changes_nothing_when_it_comes_again(tmp_path: Path) -> None:
    tally = replay.play(Plan(rounds=3, seed=1, folder=tmp_path))
    assert tally.ok, tally.details
    assert tally.figures["replayed"] >= 9
