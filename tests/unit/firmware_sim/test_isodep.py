"""A card's end of ISO-DEP keeps its answers whole when frames are long, slow or lost (ISO/IEC 14443-4)."""

from firmware_sim.rf.isodep import BlankApplication, IsoDep

COMMAND = bytes.fromhex("0084000008")


class Reversing:
    """Answers each command backwards, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    def apdu(self, command: bytes) -> bytes:
        self.asked.append(command)
        return command[::-1]

    def reset(self) -> None:
        self.asked.clear()


def card(application: Reversing, *, frame_bytes: int = 64, extensions: int = 0) -> IsoDep:
    return IsoDep(application, frame_bytes=frame_bytes, extensions=extensions)


def test_a_short_command_is_answered_in_the_block_of_its_number() -> None:
    end = card(Reversing())

    assert end.block(b"\x02" + b"one") == b"\x02" + b"eno"
    assert end.block(b"\x03" + b"two") == b"\x03" + b"owt"
    assert end.block(b"\x02" + b"six") == b"\x02" + b"xis"


def test_a_chained_command_is_acknowledged_block_by_block_and_answered_once() -> None:
    application = Reversing()
    end = card(application)

    assert end.block(b"\x12" + b"abc") == b"\xa2"
    assert end.block(b"\x13" + b"def") == b"\xa3"
    assert end.block(b"\x02" + b"g") == b"\x02" + b"gfedcba"
    assert application.asked == [b"abcdefg"]


def test_a_long_answer_is_chained_in_blocks_that_fit_the_frame() -> None:
    end = card(Reversing(), frame_bytes=16)
    command = bytes(range(30))

    blocks = [end.block(b"\x02" + command), end.block(b"\xa3"), end.block(b"\xa2")]

    assert blocks == [
        b"\x12" + command[::-1][:13],
        b"\x13" + command[::-1][13:26],
        b"\x02" + command[::-1][26:],
    ]


def test_a_lost_answer_is_sent_again_without_asking_the_application_again() -> None:
    application = Reversing()
    end = card(application)
    answer = end.block(b"\x02" + COMMAND)

    assert end.block(b"\xb2") == answer
    assert application.asked == [COMMAND]


def test_a_lost_command_is_asked_for_with_the_number_of_the_block_before() -> None:
    end = card(Reversing())

    assert end.block(b"\xb2") == b"\xa3"
    assert end.block(b"\x02" + COMMAND) == b"\x02" + COMMAND[::-1]


def test_a_lost_link_of_a_chained_answer_is_sent_again() -> None:
    end = card(Reversing(), frame_bytes=16)
    command = bytes(range(20))
    end.block(b"\x02" + command)
    second = end.block(b"\xa3")

    assert second == b"\x03" + command[::-1][13:]
    assert end.block(b"\xa3") == second


def test_a_reader_that_asks_whether_the_card_is_there_hears_so() -> None:
    end = card(Reversing())
    end.block(b"\x02" + COMMAND)

    assert end.block(b"\xb3") == b"\xa2"


def test_a_slow_card_asks_for_more_time_before_each_answer() -> None:
    application = Reversing()
    end = card(application, extensions=2)

    assert end.block(b"\x02" + COMMAND) == b"\xf2\x01"
    assert end.block(b"\xf2\x01") == b"\xf2\x01"
    assert not application.asked
    assert end.block(b"\xf2\x01") == b"\x02" + COMMAND[::-1]
    assert end.block(b"\x03" + COMMAND) == b"\xf2\x01"


def test_a_lost_plea_for_time_is_sent_again() -> None:
    end = card(Reversing(), extensions=1)
    end.block(b"\x02" + COMMAND)

    assert end.block(b"\xb2") == b"\xf2\x01"


def test_more_time_that_nobody_asked_for_is_ignored() -> None:
    assert card(Reversing()).block(b"\xf2\x01") is None


def test_deselection_is_confirmed() -> None:
    assert card(Reversing()).block(b"\xc2") == b"\xc2"


def test_a_block_of_no_known_kind_meets_silence() -> None:
    end = card(Reversing())

    assert end.block(b"") is None
    assert end.block(b"\xff\x00") is None
    assert end.block(b"\xa2") is None, "there is no chain to go on with"


def test_a_blank_card_says_what_it_lacks() -> None:
    blank = BlankApplication()

    assert blank.apdu(bytes.fromhex("00a4040007d276000085010100")) == b"\x6a\x82"
    assert blank.apdu(bytes.fromhex("9060000000")) == b"\x6d\x00"
    assert blank.apdu(b"\x90") == b"\x67\x00"
