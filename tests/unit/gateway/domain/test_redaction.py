"""Names taken out of text that others wrote."""

from gateway.domain.redaction import Redaction
from tests.feeds import ics, once

_ZQ = Redaction(("zq@oiseaux.example", "Zéphyrine Canari"))


def test_a_name_and_an_address_are_taken_out_however_they_are_written() -> None:
    assert _ZQ.text("ZÉPHYRINE canari, zq@oiseaux.example et Ana") == "x, x et Ana"


def test_no_other_word_is_torn() -> None:
    assert Redaction(("Al",)).text("BEGIN:VCALENDAR Albert al Al.") == "BEGIN:VCALENDAR Albert x x."


def test_a_name_that_a_feed_folds_or_puts_after_a_new_line_is_found() -> None:
    folded = "SUMMARY:Entretien\\nZéphy\r\n rine Canari".encode()
    assert _ZQ.feed(folded) == b"SUMMARY:Entretien\\nx"


def test_a_feed_that_names_nobody_stays_byte_for_byte() -> None:
    feed = ics(once("a", "20261125T090000", "20261125T100000", "SUMMARY:" + "long " * 30))
    assert _ZQ.feed(feed) is feed


def test_what_is_no_text_is_not_kept() -> None:
    assert _ZQ.feed(b"\xff\xfe") == b""
