"""Cards are asked for their proof; the simulated card computes with another library than the reader."""

from random import Random

import pytest

from edge.adapters.card_proof import CardProof
from edge.core.tap import Proof
from firmware_sim.rf.isodep import BlankApplication
from firmware_sim.rf.secure import Desfire, Ntag424, SecureApplication
from protocol.identifiers import CARD_APPLICATION
from tests.unit.tags import Tag, TornAwayError

NUMBER = bytes.fromhex("04a1b2c3d4e5f6")
KEY = bytes(range(16))
KINDS = pytest.mark.parametrize("kind", [Desfire, Ntag424])


def personalised(
    kind: type[SecureApplication], key: bytes = KEY, number: bytes = NUMBER
) -> SecureApplication:
    application = kind(number, Random(7))
    if isinstance(application, Desfire):
        application.applications[CARD_APPLICATION] = key
    else:
        application.put_key(key)
    return application


def proof_of(tag: Tag, known: bytes | None = KEY) -> Proof:
    return CardProof(bytes.hex, {NUMBER.hex(): known}.get)(tag)


@KINDS
def test_a_card_that_has_its_key_proves_itself(kind: type[SecureApplication]) -> None:
    assert proof_of(Tag(NUMBER, personalised(kind))) == "aes"


@KINDS
def test_a_card_whose_key_nobody_knows_is_known_by_its_number(kind: type[SecureApplication]) -> None:
    assert proof_of(Tag(NUMBER, personalised(kind)), known=None) == "uid"


@KINDS
@pytest.mark.parametrize("place", range(16))
def test_a_card_with_another_key_has_failed(kind: type[SecureApplication], place: int) -> None:
    other = KEY[:place] + bytes((KEY[place] ^ 1,)) + KEY[place + 1 :]
    assert proof_of(Tag(NUMBER, personalised(kind, other))) == "failed"


@KINDS
def test_a_card_found_under_anothers_number_has_failed(kind: type[SecureApplication]) -> None:
    assert proof_of(Tag(NUMBER, personalised(kind, number=b"\x04other!"))) == "failed"


def test_a_card_without_our_application_has_failed() -> None:
    assert proof_of(Tag(NUMBER, BlankApplication())) == "failed"


def test_a_card_that_has_no_keys_at_all_has_failed() -> None:
    assert proof_of(Tag(NUMBER, None)) == "failed"


@KINDS
def test_a_card_torn_away_has_neither_proved_itself_nor_failed(kind: type[SecureApplication]) -> None:
    needed = {Desfire: 4, Ntag424: 5}[kind]
    for answers in range(needed):
        with pytest.raises(TornAwayError):
            proof_of(Tag(NUMBER, personalised(kind), answers))
    assert proof_of(Tag(NUMBER, personalised(kind), needed)) == "aes"
