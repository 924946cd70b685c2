"""No forged card proves itself, whatever it does and whatever the dice say."""

from random import Random

import pytest

from edge.adapters.card_proof import CardProof
from edge.adapters.secure_card import NotNow
from firmware_sim.rf.cards import Type2Card, Type4Card
from firmware_sim.rf.forged import FORGED
from firmware_sim.rf.type_a import Card
from protocol.identifiers import CARD_APPLICATION
from tests.unit.tags import Tag

NUMBER = bytes.fromhex("04a1b2c3d4e5f6")
KEY = bytes(range(16))


def as_tag(card: Card) -> Tag:
    assert isinstance(card, Type2Card | Type4Card)
    return Tag(card.uid, card.application if isinstance(card, Type4Card) else None)


@pytest.mark.parametrize("kind", FORGED)
def test_no_forged_card_proves_itself(kind: str) -> None:
    dice = Random(kind)
    prove = CardProof(bytes.hex, {NUMBER.hex(): KEY}.get)
    for _ in range(200):
        tag = as_tag(FORGED[kind](NUMBER, CARD_APPLICATION, KEY, dice))
        try:
            assert prove(tag) == "failed"
        except NotNow:
            assert kind == "has a bit turned over on the way", "its status can become 'not now'"
