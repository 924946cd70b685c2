"""The harness' promises, kept in a short run."""

from pathlib import Path

from firmware_sim.faults import chaos
from firmware_sim.faults.fault import Plan


def test_a_demo_whose_processes_are_killed_at_random_loses_and_doubles_nothing(tmp_path: Path) -> None:
    tally = chaos.play(Plan(rounds=4, seed=11, folder=tmp_path))
    assert tally.ok, tally.details
    assert tally.tried == 4
    assert all(tally.figures[f"killed_{kind}"] > 0 for kind in ("gateway", "broker", "node"))
