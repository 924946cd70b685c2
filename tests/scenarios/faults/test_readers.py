"""Whatever card is held to a reader, the next one is read."""

from pathlib import Path

from firmware_sim.faults import hostile_cards
from firmware_sim.faults.fault import Plan
from firmware_sim.rf.hostile import HOSTILE


def test_no_hostile_card_keeps_its_reader_from_the_next_card(tmp_path: Path) -> None:
    tally = hostile_cards.play(Plan(rounds=len(HOSTILE), seed=1, folder=tmp_path))
    assert tally.ok, tally.details
    assert tally.tried == len(HOSTILE)
