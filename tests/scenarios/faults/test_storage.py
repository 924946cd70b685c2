"""Whatever becomes of a disk: what was promised is kept, and doors go on deciding."""

import os
from pathlib import Path

import pytest

from firmware_sim.faults import disk_full, flipped_byte, io_errors, power_cut
from firmware_sim.faults.fault import Plan


@pytest.mark.server("strace")
def test_who_loses_power_keeps_what_was_sent_and_what_was_acknowledged(tmp_path: Path) -> None:
    tally = power_cut.play(Plan(rounds=30, seed=1, folder=tmp_path), ("node", "gateway"), busy_s=2)
    assert tally.ok, tally.details
    assert (tally.tried, tally.figures["promises"] > 0) == (60, True)


def test_a_node_whose_spool_is_damaged_lets_people_in_and_counts_nothing_twice(tmp_path: Path) -> None:
    tally = flipped_byte.play(Plan(rounds=2, seed=2, folder=tmp_path))
    assert tally.ok, tally.details
    assert tally.figures["events"] > 0


@pytest.mark.server("strace")
def test_writes_that_fail_for_a_while_lose_nothing(tmp_path: Path) -> None:
    tally = io_errors.play(Plan(rounds=2, seed=1, folder=tmp_path))
    assert tally.ok, tally.details
    assert tally.figures["events"] > 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for a small disk of its own")
def test_full_disks_lose_nothing_once_they_are_freed(tmp_path: Path) -> None:
    tally = disk_full.play(Plan(rounds=1, seed=1, folder=tmp_path))
    assert tally.ok, tally.details
    assert tally.figures["events"] > 0
