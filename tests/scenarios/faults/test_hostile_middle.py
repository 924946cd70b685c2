"""Whoever stands between the nodes and the gateway, and whatever clocks say: the ledger tells the truth."""

from pathlib import Path

import pytest

from firmware_sim.faults import clocks, duplicates
from firmware_sim.faults.fault import Plan


def test_what_is_doubled_reordered_or_said_again_changes_nothing(tmp_path: Path) -> None:
    tally = duplicates.play(Plan(rounds=1, seed=1, folder=tmp_path))
    assert tally.ok, tally.details
    assert all(tally.figures[f"tricks_{trick}"] > 0 for trick in ("again", "late", "twice"))


@pytest.mark.server("faketime")
def test_a_clock_in_1970_or_set_back_invents_no_visit_and_no_right(tmp_path: Path) -> None:
    tally = clocks.play(Plan(rounds=2, seed=1, folder=tmp_path))
    assert tally.ok, tally.details
