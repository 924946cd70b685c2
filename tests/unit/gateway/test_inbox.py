"""The inbox: bounded, in order, and of each node's last words only the latest."""

import pytest

from gateway.inbox import Inbox, Received
from protocol.topics import NodeTopics, Up


def message(kind: Up, node: str, said: str) -> Received:
    return Received(NodeTopics("sceaux-smart", node).up(kind), said.encode())


def said(inbox: Inbox, most: int = 100) -> list[str]:
    return [received.payload.decode() for received in inbox.take(most)]


def small() -> Inbox:
    return Inbox(limit_bytes=2000)  # room for three small messages


def test_messages_are_handed_on_in_the_order_in_which_they_came() -> None:
    inbox = Inbox()
    for number in range(5):
        inbox.put(message("events", "ss-entrance", str(number)))
    assert said(inbox, 3) == ["0", "1", "2"]
    assert said(inbox) == ["3", "4"]
    assert inbox.empty


def test_of_a_nodes_status_and_state_the_latest_waits_in_its_own_place() -> None:
    inbox = Inbox()
    for kind, node, word in [
        ("status", "a", "first"),
        ("status", "b", "other"),
        ("state", "a", "state"),
        ("events", "a", "event"),
        ("status", "a", "last"),
    ]:
        inbox.put(message(kind, node, word))  # type: ignore[arg-type]
    assert said(inbox) == ["other", "state", "event", "last"]


def test_a_flood_of_words_takes_no_more_room_than_one() -> None:
    inbox = small()
    for number in range(10_000):
        inbox.put(message("status", "a", str(number)))
    assert said(inbox) == ["9999"]
    assert inbox.dropped == 0


def test_what_finds_no_room_is_counted_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    inbox = small()
    for number in range(1000):
        inbox.put(message("events", "a", str(number)))
    assert inbox.dropped == 997
    assert said(inbox) == ["0", "1", "2"], "the first stay: what comes after them is sent again in its order"
    told = [record.getMessage().split()[0] for record in caplog.records]
    assert told == ["event=inbox_full", "event=inbox_has_room"]
    inbox.put(message("events", "a", "3"))
    assert said(inbox) == ["3"]


def test_a_last_word_takes_the_place_of_the_one_before_though_there_is_no_room() -> None:
    inbox = small()
    inbox.put(message("status", "a", "old"))
    for number in range(10):
        inbox.put(message("events", "a", str(number)))
    inbox.put(message("status", "a", "new"))
    assert said(inbox) == ["0", "1", "new"]


def test_what_is_put_back_comes_first_again_but_for_words_that_newer_ones_replace() -> None:
    inbox = Inbox()
    inbox.put(message("status", "a", "old"))
    inbox.put(message("events", "a", "0"))
    taken = inbox.take(10)
    inbox.put(message("events", "a", "1"))
    inbox.put(message("status", "a", "new"))
    inbox.put_back(taken)
    assert said(inbox) == ["0", "1", "new"]
