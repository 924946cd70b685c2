"""Dead letters taken in after all, on a real ledger in a file."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.ledger import SqlLedger
from gateway.group import Taken
from gateway.inbox import Received
from gateway.intake import Intake
from gateway.ports import DeadLetter
from gateway.replay import replay
from protocol.topics import NodeTopics
from tests.fakes import RememberingDownlink, SetClock

NODE = NodeTopics("sceaux-smart", "ss-entrance")
EPOCH = "e" * 16
SITE_OF_NODE = {"ss-entrance": "sceaux-smart"}


class Desk:
    """A ledger, the intake that fills it, and letters that come back to life."""

    def __init__(self, ledger: SqlLedger) -> None:
        self.ledger = ledger
        self.clock = SetClock()
        self.downlink = RememberingDownlink()
        self.told: list[Taken] = []
        self.intake = Intake(ledger, self.clock, self.downlink, SITE_OF_NODE, {}, self.told.append)

    def take(self, *payloads: bytes) -> None:
        self.intake.take([Received(NODE.up("events"), payload) for payload in payloads])

    def replay(self) -> list[tuple[str, str]]:
        return [(again.outcome, again.why) for _, again in replay(self.ledger, SITE_OF_NODE)]

    def outcomes(self) -> list[str]:
        return [outcome for outcome, _ in self.replay()]

    def letters(self) -> list[DeadLetter]:
        with self.ledger.reading() as books:
            return [buried.letter for buried in books.journal.buried()]

    def bury(self, letter: DeadLetter) -> None:
        with self.ledger.writing() as books:
            books.journal.bury(letter, self.clock.now())

    def held(self) -> list[tuple[int, str]]:
        """What the journal has, in order of seq, with its times."""
        with self.ledger.reading() as books:
            entries = books.journal.span("ss-entrance", EPOCH, 1, 1000)
        return [(entry.identity.seq, f"{entry.occurred_at:%H:%M:%S}") for entry in entries]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    ledger = SqlLedger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    yield Desk(ledger)
    ledger.close()


def record(seq: int, at: str = "08:50:00", **event: Any) -> dict[str, Any]:
    moment = datetime.fromisoformat(f"2026-11-24T{at}Z")
    booted = datetime.fromisoformat("2026-11-24T08:00:00Z")
    return {
        "seq": seq,
        "at": f"2026-11-24T{at}Z",
        "boot": "b" * 16,
        "uptime_s": (moment - booted).total_seconds(),
        "clock": "synchronised",
        "event": event or {"type": "ExitRequested", "door": "entrance"},
    }


def batch(*records: dict[str, Any], **changes: Any) -> bytes:
    whole = {
        "v": 1,
        "site": "sceaux-smart",
        "node": "ss-entrance",
        "epoch": EPOCH,
        "held_from": 1,
        "start": "5" * 16,
        "boot": "b" * 16,
        "sent_at": "2026-11-24T09:00:00Z",
        "sent_uptime_s": 3600.0,
        "records": list(records),
    }
    return json.dumps(whole | changes).encode()


def novel(seq: int, at: str = "08:50:00") -> dict[str, Any]:
    return record(seq, at, type="DoorSang", door="entrance")


def learn_to_read(desk: Desk) -> None:
    """Let every letter say what this software understands: as an upgrade would make of it."""
    for letter in desk.letters():
        known = letter.payload.replace(b'"DoorSang"', b'"ExitRequested"').replace(b'"v": 2', b'"v": 1')
        desk.bury(DeadLetter(letter.topic, letter.reason, letter.detail, known))
    with desk.ledger.writing() as books:
        for buried in books.journal.buried():
            if b"DoorSang" in buried.letter.payload or b'"v": 2' in buried.letter.payload:
                books.journal.unbury(buried.number)


def test_what_still_cannot_be_understood_stays(desk: Desk) -> None:
    desk.take(batch(record(1), novel(2)))
    ((outcome, why),) = desk.replay()
    assert outcome == "refused"
    assert "DoorSang" in why
    assert len(desk.letters()) == 1


def test_what_can_be_understood_by_now_is_put_into_the_hole_that_it_left(desk: Desk) -> None:
    desk.take(batch(record(1, "08:40:00"), novel(2, "08:45:00"), novel(3, "08:46:00"), record(4)))
    learn_to_read(desk)
    assert desk.replay() == [
        ("taken", f"as ss-entrance/{EPOCH}/2"),
        ("taken", f"as ss-entrance/{EPOCH}/3"),
    ]
    assert desk.held() == [(1, "08:40:00"), (2, "08:45:00"), (3, "08:46:00"), (4, "08:50:00")]
    assert desk.letters() == []
    assert desk.replay() == [], "and once is all"


def test_in_its_hole_it_keeps_the_order_of_time(desk: Desk) -> None:
    desk.take(batch(record(1, "08:40:00"), novel(2, "08:39:30"), novel(3, "08:50:30"), record(4)))
    learn_to_read(desk)
    desk.replay()
    assert desk.held() == [(1, "08:40:00"), (2, "08:40:00"), (3, "08:50:00"), (4, "08:50:00")]


def test_nothing_that_follows_comes_before_what_was_put_at_the_end(desk: Desk) -> None:
    desk.take(batch(record(1, "08:40:00"), novel(2, "08:45:00")))
    learn_to_read(desk)
    desk.replay()
    desk.take(batch(record(3, "08:44:30")))
    assert desk.held() == [(1, "08:40:00"), (2, "08:45:00"), (3, "08:45:00")]


def test_a_batch_that_nobody_knew_the_sender_of_is_taken_once_he_is_known(desk: Desk) -> None:
    desk.bury(DeadLetter(NODE.up("events"), "unknown_node", "", batch(record(1), record(2))))
    assert desk.outcomes() == ["taken"]
    assert [seq for seq, _ in desk.held()] == [1, 2]
    desk.take(batch(record(1), record(2), record(3)))
    assert [seq for seq, _ in desk.held()] == [1, 2, 3]
    assert desk.downlink.acks[-1].seq == 3


def test_what_its_node_has_sent_again_meanwhile_is_known(desk: Desk) -> None:
    desk.bury(DeadLetter(NODE.up("events"), "unknown_node", "", batch(record(1))))
    desk.take(batch(record(1)))
    assert desk.outcomes() == ["known"]
    assert desk.letters() == []


def test_what_would_leave_a_hole_before_it_has_to_wait(desk: Desk) -> None:
    desk.bury(DeadLetter(NODE.up("events"), "unknown_node", "", batch(record(2), record(3))))
    assert desk.outcomes() == ["early"]
    assert (desk.held(), len(desk.letters())) == ([], 1)


def test_a_twins_events_are_kept_apart_for_ever(desk: Desk) -> None:
    desk.take(batch(record(1)), batch(record(1, "08:41:00"), start="7" * 16))
    desk.bury(DeadLetter(NODE.up("events"), "unknown_node", "", batch(record(1, "08:42:00"))))
    assert desk.outcomes() == ["kept", "kept"]
    assert desk.held() == [(1, "08:50:00")]


def test_an_old_word_of_a_node_is_outdated(desk: Desk) -> None:
    status = {
        "v": 1,
        "site": "sceaux-smart",
        "node": "ss-entrance",
        "online": True,
        "start": "5" * 16,
        "boot": "b" * 16,
        "uptime_s": 1.0,
        "at": "2026-11-24T09:00:00Z",
        "software": "test",
        "list_revision": 1,
        "pending": 0,
    }
    desk.bury(DeadLetter(NODE.up("status"), "unknown_node", "", json.dumps(status).encode()))
    desk.bury(DeadLetter(NODE.up("state"), "not_json", "", b"{"))
    assert desk.outcomes() == ["outdated", "refused"]


def test_a_letter_is_placed_by_when_it_came_not_by_when_it_is_replayed(desk: Desk) -> None:
    unset = record(2) | {"at": "1970-01-01T00:50:00Z", "clock": "unsynchronised"}
    desk.take(batch(record(1), novel(2) | unset | {"event": {"type": "DoorSang"}}))
    desk.clock.pass_s(timedelta(days=3).total_seconds())
    learn = desk.letters()[0]
    with desk.ledger.writing() as books:
        (buried,) = books.journal.buried()
        books.journal.unbury(buried.number)
        known = learn.payload.replace(
            b'{"type": "DoorSang"}', b'{"type": "ExitRequested", "door": "entrance"}'
        )
        books.journal.bury(DeadLetter(learn.topic, learn.reason, learn.detail, known), buried.first_at)
    assert desk.outcomes() == ["taken"]
    assert desk.held() == [(1, "08:50:00"), (2, "08:50:00")]
