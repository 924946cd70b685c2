"""What a selected card answers: pages for type 2, a protocol and an application for type 4."""

from random import Random

import pytest

from firmware_sim.rf.cards import Card, Type2Card, Type4Card
from firmware_sim.rf.faults import LossyCard, TornCard
from tests.unit.firmware_sim.reader import UID_4, UID_7, find


class Echo:
    """Answers each command with itself, and counts them."""

    def __init__(self) -> None:
        self.commands = 0

    def apdu(self, command: bytes) -> bytes:
        self.commands += 1
        return command

    def reset(self) -> None:
        """It holds nothing."""


class Session:
    """An application that is authenticated by any command, until it loses power."""

    def __init__(self) -> None:
        self.authenticated = False

    def apdu(self, command: bytes) -> bytes:
        known, self.authenticated = self.authenticated, True
        return b"\x90\x00" if known else b"\x69\x82"

    def reset(self) -> None:
        self.authenticated = False


def select(card: Card) -> None:
    card.frame(b"\x26")
    find(card)


def type_2(uid: bytes = UID_7) -> Type2Card:
    card = Type2Card(uid)
    select(card)
    return card


def test_a_type_4_card_answers_rats_as_a_desfire_does() -> None:
    card = Type4Card(UID_7)
    select(card)

    assert card.frame(b"\xe0\x80") == bytes.fromhex("067577810280")
    assert card.frame(b"\x02" + bytes.fromhex("9060000000")) == b"\x02\x6d\x00"


def test_a_type_4_card_keeps_to_the_frames_that_a_small_reader_takes() -> None:
    card = Type4Card(UID_7, Echo())
    select(card)
    card.frame(b"\xe0\x00")

    assert card.frame(b"\x02" + bytes(20)) == b"\x12" + bytes(13)


def test_a_type_4_card_that_was_never_activated_has_no_protocol() -> None:
    card = Type4Card(UID_7)
    select(card)

    assert card.frame(b"\x02" + bytes.fromhex("9060000000")) is None
    assert not card.selected


def test_a_type_4_card_lost_power_and_with_it_what_was_authenticated() -> None:
    card = Type4Card(UID_7, Session())
    answers = []
    for _ in range(2):
        card.reset()
        select(card)
        card.frame(b"\xe0\x80")
        answers.append([card.frame(b"\x02\x90\x5a"), card.frame(b"\x03\x90\x5a")])

    assert answers == [[b"\x02\x69\x82", b"\x03\x90\x00"]] * 2


def test_a_deselected_card_sleeps_until_all_are_woken() -> None:
    card = Type4Card(UID_7)
    select(card)
    card.frame(b"\xe0\x80")

    assert card.frame(b"\xc2") == b"\xc2"
    assert card.selected, "the reader had done with it"
    assert card.frame(b"\x26") is None
    assert card.frame(b"\x52") is not None


def test_a_type_2_card_tells_its_version_and_its_uid() -> None:
    card = type_2()

    assert card.frame(b"\x60") == bytes.fromhex("0004040201000f03")
    assert card.frame(b"\x30\x00") == bytes.fromhex("04a1b29f c3d4e5f6 04480000 e1101200")


def test_a_type_2_card_keeps_what_is_written() -> None:
    card = type_2()

    assert card.frame(b"\xa2\x27" + b"last") == b"\x0a"
    assert card.user_memory[-4:] == b"last"
    assert card.frame(b"\x3a\x26\x27") == bytes(4) + b"last"


def test_reading_past_the_last_page_goes_on_at_the_first() -> None:
    assert type_2().frame(b"\x30\x2b") == bytes(8) + bytes.fromhex("04a1b29f c3d4e5f6")


def test_bits_written_once_stay() -> None:
    card = type_2()

    for content in ("ffff0100", "00000000"):
        card.frame(b"\xa2\x02" + bytes.fromhex(content))
        card.frame(b"\xa2\x03" + bytes.fromhex(content))

    assert card.frame(b"\x3a\x02\x03") == bytes.fromhex("04480100 ffff1300")


@pytest.mark.parametrize(
    "command", ["302d", "3a002d", "3a0504", "a22d00000000", "a20100000000", "1a00", "a204"]
)
def test_what_a_type_2_card_cannot_do_is_refused_and_sends_it_back_to_idle(command: str) -> None:
    card = type_2()

    assert card.frame(bytes.fromhex(command)) == b"\x00"
    assert not card.selected


def test_a_torn_card_answers_so_often_and_never_again() -> None:
    card = TornCard(Type4Card(UID_4), answers=2)

    assert card.frame(b"\x26") is not None
    assert card.frame(b"\x93\x20") is not None
    assert card.frame(b"\x93\x20") is None
    card.reset()
    assert card.frame(b"\x26") is None


def test_a_badly_held_card_loses_questions_and_answers_once_activated() -> None:
    application = Echo()
    card = LossyCard(Type4Card(UID_7, application), 0.5, Random(1))
    select(card)
    assert card.frame(b"\xe0\x80") is not None

    heard = [card.frame(b"\x02" + b"command") for _ in range(20)]

    assert card.lost == 20 - len([answer for answer in heard if answer is not None]) > 0
    assert len([a for a in heard if a is not None]) < application.commands < 20


def test_a_share_of_none_loses_nothing() -> None:
    card = LossyCard(Type4Card(UID_7, Echo()), 0, Random(1))
    select(card)
    card.frame(b"\xe0\x80")

    assert [card.frame(b"\x02" + b"x"), card.frame(b"\x03" + b"y")] == [b"\x02x", b"\x03y"]
    assert card.lost == 0
