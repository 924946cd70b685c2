"""Whatever card is held to a reader, the next one is read; and no forged one is believed."""

from pathlib import Path

from firmware_sim.faults import forged_cards, hostile_cards
from firmware_sim.faults.fault import Plan
from firmware_sim.rf.forged import FORGED
from firmware_sim.rf.hostile import HOSTILE


def test_no_hostile_card_keeps_its_reader_from_the_next_card(tmp_path: Path) -> None:
    tally = hostile_cards.play(Plan(rounds=len(HOSTILE), seed=1, folder=tmp_path))
    assert tally.ok, tally.details
    assert tally.tried == len(HOSTILE)


def test_no_forged_card_is_let_in(tmp_path: Path) -> None:
    tally = forged_cards.play(Plan(rounds=20 * len(FORGED), seed=1, folder=tmp_path))
    assert tally.ok, tally.details
    assert tally.figures["let_in"] == 0
    assert tally.figures["true_cards_let_in"] > 0
