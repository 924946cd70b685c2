"""Whatever becomes of a disk: what was promised is kept, and doors go on deciding."""

from pathlib import Path

import pytest

from firmware_sim.faults import power_cut
from firmware_sim.faults.fault import Plan

pytestmark = pytest.mark.xdist_group("faults")


@pytest.mark.server("strace")
def test_who_loses_power_keeps_what_was_sent_and_what_was_acknowledged(tmp_path: Path) -> None:
    tally = power_cut.play(Plan(rounds=30, seed=1, folder=tmp_path), ("node", "gateway"), busy_s=2)
    assert tally.ok, tally.details
    assert (tally.tried, tally.figures["promises"] > 0) == (60, True)
