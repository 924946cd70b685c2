"""A type A card is found, selected and put to sleep as ISO/IEC 14443-3 says."""

import pytest

from firmware_sim.rf.cards import Type2Card, Type4Card
from firmware_sim.rf.type_a import check_byte
from tests.unit.firmware_sim.reader import UID_4, UID_7, UID_10, find


@pytest.mark.parametrize("uid", [UID_4, UID_7, UID_10])
@pytest.mark.parametrize(("kind", "sel_res"), [(Type2Card, 0x00), (Type4Card, 0x20)])
def test_a_card_shows_its_whole_uid_over_the_cascade_levels(
    uid: bytes, kind: type[Type2Card | Type4Card], sel_res: int
) -> None:
    card = kind(uid)

    sens_res = card.frame(b"\x26")

    assert sens_res is not None
    assert sens_res[0] >> 6 == (len(uid) - 4) // 3
    assert find(card) == (uid, sel_res)
    assert card.selected


def test_each_level_carries_the_check_byte_of_its_part() -> None:
    card = Type4Card(UID_7)
    card.frame(b"\x26")

    assert card.frame(b"\x93\x20") == bytes.fromhex("8804a1b2") + check_byte(bytes.fromhex("8804a1b2"))
    assert check_byte(bytes.fromhex("8804a1b2")) == b"\x9f"


def test_the_third_level_of_a_ten_byte_uid_answers_to_97() -> None:
    card = Type4Card(UID_10)
    for question in ("26", "93708804a1b29f", "957088c3d4e57a"):
        assert card.frame(bytes.fromhex(question)) is not None

    assert card.frame(bytes.fromhex("9520")) is None
    card.reset()
    for question in ("26", "93708804a1b29f", "957088c3d4e57a"):
        card.frame(bytes.fromhex(question))
    assert card.frame(bytes.fromhex("9720")) == bytes.fromhex("f6071829c0")


def test_a_card_is_silent_until_it_is_asked_for() -> None:
    card = Type4Card(UID_4)

    assert card.frame(b"\x93\x20") is None
    assert card.frame(b"\xe0\x80") is None


def test_a_card_selected_by_another_uid_goes_back_to_idle() -> None:
    card = Type4Card(UID_4)
    card.frame(b"\x26")
    other = bytes.fromhex("11223344")

    assert card.frame(b"\x93\x70" + other + check_byte(other)) is None
    assert card.frame(b"\x93\x20") is None
    assert not card.selected


def test_a_halted_card_wakes_to_all_req_alone_until_the_field_goes_off() -> None:
    card = Type2Card(UID_4)
    card.frame(b"\x26")
    find(card)

    assert card.frame(b"\x50\x00") is None
    assert card.selected, "the reader had done with it"
    assert card.frame(b"\x26") is None
    assert card.frame(b"\x52") is not None

    card.reset()
    assert card.frame(b"\x26") is not None


def test_losing_power_loses_the_selection() -> None:
    card = Type4Card(UID_7)
    card.frame(b"\x26")
    find(card)

    card.reset()

    assert not card.selected
    assert card.frame(b"\xe0\x80") is None


@pytest.mark.parametrize("uid", [b"", bytes(5), bytes(11)])
def test_a_uid_of_another_length_is_refused(uid: bytes) -> None:
    with pytest.raises(ValueError, match="4, 7 or 10"):
        Type4Card(uid)


@pytest.mark.parametrize("uid", ["88a1b2c3", "04a1b288d4e5f6", "04a1b2c3d4e588071829"])
def test_a_uid_whose_last_level_would_announce_another_is_refused(uid: str) -> None:
    with pytest.raises(ValueError, match="88"):
        Type4Card(bytes.fromhex(uid))
