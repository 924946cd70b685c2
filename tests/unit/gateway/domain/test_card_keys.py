"""Keys of cards, as NXP has published how they are made."""

import pytest

from gateway.domain.card_keys import card_key, diversified

MASTER = bytes.fromhex("00112233445566778899AABBCCDDEEFF")


def test_the_published_key_is_reproduced() -> None:
    """AN10922, 2.2.1: UID 04782E21801D80, AID 3042F5, system identifier "NXP Abu"."""
    of = bytes.fromhex("04782E21801D80" + "3042F5" + "4E585020416275")
    assert diversified(MASTER, of) == bytes.fromhex("A8DD63A3B89D54B37CA802473FDA9175")


@pytest.mark.parametrize("length", [0, 15, 32])
def test_an_input_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="16 to 31"):
        diversified(MASTER, bytes(length))


@pytest.mark.parametrize("length", [4, 7, 10])
def test_every_card_has_a_key_of_its_own(length: int) -> None:
    keys = {card_key(MASTER, bytes((number, *bytes(length - 1)))) for number in range(256)}
    assert len(keys) == 256


def test_another_master_key_makes_other_keys() -> None:
    assert card_key(MASTER, bytes(7)) != card_key(bytes(16), bytes(7))
