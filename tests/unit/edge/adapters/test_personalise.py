"""Cards are given their key; torn away at any moment, they are as good as new for the next try."""

from random import Random

import pytest

from edge.adapters.card_proof import prove
from edge.adapters.personalise import Unsuited, personalise
from edge.adapters.secure_card import SecureCard
from firmware_sim.rf.isodep import BlankApplication
from firmware_sim.rf.secure import Desfire, Ntag424, SecureApplication
from protocol.identifiers import CARD_APPLICATION
from tests.unit.tags import Tag, TornAwayError

NUMBER = bytes.fromhex("04a1b2c3d4e5f6")
KEY = bytes(range(16))
KINDS = pytest.mark.parametrize(("made", "kind"), [(Desfire, "desfire"), (Ntag424, "ntag424")])


def held(application: SecureApplication, answers: int = 1000) -> SecureCard:
    """Hold a card to the reader, as one does: its power came back, and what was authenticated is gone."""
    application.reset()
    return SecureCard(Tag(NUMBER, application, answers))


@KINDS
def test_a_card_from_the_factory_is_given_its_key(made: type[SecureApplication], kind: str) -> None:
    card = made(NUMBER, Random(1))
    assert personalise(held(card), KEY) == kind
    prove(held(card), NUMBER, KEY)


@KINDS
def test_a_card_that_has_its_key_is_left_alone(made: type[SecureApplication], kind: str) -> None:
    card = made(NUMBER, Random(1))
    for _ in range(3):
        assert personalise(held(card), KEY) == kind
    prove(held(card), NUMBER, KEY)


@KINDS
def test_a_card_torn_away_at_any_moment_is_as_good_as_new(made: type[SecureApplication], kind: str) -> None:
    for answers in range(20):
        card = made(NUMBER, Random(1))
        try:
            personalise(held(card, answers), KEY)
        except TornAwayError:
            pass
        else:
            assert answers > 5
        assert personalise(held(card), KEY) == kind
        prove(held(card), NUMBER, KEY)


@KINDS
def test_a_card_of_another_place_is_left_alone(made: type[SecureApplication], kind: str) -> None:
    card = made(NUMBER, Random(1))
    personalise(held(card), b"another place's!")
    with pytest.raises(Unsuited, match="another place"):
        personalise(held(card), KEY)
    prove(held(card), NUMBER, b"another place's!")


def test_a_desfire_keeps_its_other_applications() -> None:
    card = Desfire(NUMBER, Random(1))
    card.applications[b"BUS"] = b"the town's ticket"
    personalise(held(card), KEY)
    assert card.applications == {b"BUS": b"the town's ticket", CARD_APPLICATION: KEY}


def test_a_card_that_makes_no_application_is_unsuited() -> None:
    with pytest.raises(Unsuited, match="DESFire"):
        personalise(SecureCard(Tag(NUMBER, BlankApplication())), KEY)


def test_a_card_with_nothing_but_a_number_is_unsuited() -> None:
    with pytest.raises(Unsuited, match="nothing but a number"):
        personalise(SecureCard(Tag(NUMBER, None)), KEY)
