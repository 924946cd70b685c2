"""Intake on a real ledger in a file, without sockets."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from gateway.adapters.ledger import SqlLedger
from gateway.domain.chronology import place_in_time
from gateway.domain.homes import homes_of
from gateway.domain.journal import Identity, NodeTime
from gateway.group import Taken
from gateway.inbox import Received
from gateway.intake import Intake
from gateway.ports import Answer, Cursor, LedgerFailed
from protocol.base import MAX_MESSAGE_BYTES
from tests.fakes import RememberingDownlink, SetClock, site

HOMES = homes_of([site()])
TOPIC = "passerelle/sceaux-smart/ss-entrance/up/events"
EPOCH = "e" * 16


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    ledger = SqlLedger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    yield ledger
    ledger.close()


class House:
    """An intake with everything it speaks to."""

    def __init__(self, ledger: SqlLedger) -> None:
        self.ledger = ledger
        self.downlink = RememberingDownlink()
        self.told: list[Taken] = []
        nodes = {"ss-entrance": "sceaux-smart", "ss-garden": "sceaux-smart"}
        self.clock = SetClock()
        self.intake = Intake(ledger, self.clock, self.downlink, nodes, HOMES, self.told.append)

    def take(self, *payloads: bytes, topic: str = TOPIC) -> None:
        self.intake.take([Received(topic, payload) for payload in payloads])

    def held(self) -> list[int]:
        with self.ledger.reading() as books:
            return [numbered.entry.identity.seq for numbered in books.journal.after(0, 10_000)]

    def times(self) -> list[str]:
        with self.ledger.reading() as books:
            return [f"{numbered.entry.occurred_at:%H:%M:%S}" for numbered in books.journal.after(0, 10_000)]

    def counts(self) -> dict[str, int]:
        with self.ledger.reading() as books:
            return books.journal.counts()

    def letters(self) -> list[tuple[str, bytes]]:
        with self.ledger.reading() as books:
            return [(letter.reason, letter.payload) for letter in books.journal.dead_letters(100)]


@pytest.fixture
def house(ledger: SqlLedger) -> House:
    return House(ledger)


def record(seq: int, **event: Any) -> dict[str, Any]:
    return {
        "seq": seq,
        "at": "2026-11-24T08:59:00Z",
        "boot": "b" * 16,
        "uptime_s": 100.0 + seq,
        "clock": "synchronised",
        "event": event or {"type": "DoorClosed", "door": "entrance", "open_s": 1.5},
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
        "sent_uptime_s": 200.0,
        "records": list(records),
    }
    return json.dumps(whole | changes).encode()


def test_what_was_sent_is_kept_and_acknowledged(house: House) -> None:
    house.take(batch(record(1), record(2)))
    assert house.held() == [1, 2]
    assert house.downlink.acks == [Cursor("ss-entrance", EPOCH, 2)]


def test_a_group_of_messages_is_acknowledged_once(house: House) -> None:
    house.take(batch(record(1)), batch(record(2)), batch(record(3)))
    assert house.downlink.acks == [Cursor("ss-entrance", EPOCH, 3)]


def test_a_duplicate_is_answered_with_the_cursor_and_kept_once(house: House) -> None:
    house.take(batch(record(1), record(2)))
    house.take(batch(record(1), record(2)))
    house.take(batch(record(2), record(3)))
    assert house.held() == [1, 2, 3]
    assert [ack.seq for ack in house.downlink.acks] == [2, 2, 3]


def test_what_is_out_of_order_is_left_for_the_node_to_send_again(house: House) -> None:
    house.take(batch(record(1)), batch(record(3)))
    assert house.held() == [1]
    assert house.downlink.acks == [Cursor("ss-entrance", EPOCH, 1)]


def test_a_batch_with_a_hole_is_taken_up_to_the_hole(house: House) -> None:
    house.take(batch(record(1), record(2), record(4)))
    assert house.held() == [1, 2]
    assert house.downlink.acks[-1].seq == 2


def test_what_a_node_no_longer_holds_is_noted_as_a_gap(house: House) -> None:
    house.take(batch(record(5), held_from=5))
    assert house.held() == [5]
    assert house.counts()["gaps"] == 1
    assert house.downlink.acks[-1].seq == 5


def test_a_batch_goes_on_where_the_one_before_it_ended_though_the_gateway_stood_still_meanwhile(
    house: House, ledger: SqlLedger
) -> None:
    house.take(batch(record(1)))
    later = House(ledger)
    later.clock.pass_s(7200)
    later.take(batch(record(2)))
    assert later.times() == ["08:59:00", "08:59:00"]


def test_no_batch_of_a_group_goes_back_behind_the_one_before_it(house: House) -> None:
    house.take(batch(record(1)), batch(record(2) | {"at": "2026-11-24T08:58:50Z"}))
    assert house.times() == ["08:59:00", "08:59:00"]


def test_a_batch_that_comes_again_with_more_leaves_what_was_committed_as_it_was(house: House) -> None:
    house.take(batch(record(1)))
    house.take(batch(record(1) | {"at": "2026-11-24T08:58:30Z"}, record(2)))
    assert house.times() == ["08:59:00", "08:59:00"]


def test_a_clock_that_is_not_believed_is_logged(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.take(batch(record(1) | {"at": "2026-11-25T09:00:00Z"}))
    assert house.times() == ["08:58:21"]
    (line,) = [r.getMessage() for r in caplog.records if "clock_disbelieved" in r.getMessage()]
    assert "node=ss-entrance seq=1" in line


def test_epochs_have_cursors_of_their_own(house: House) -> None:
    house.take(batch(record(1)), batch(record(1), epoch="f" * 16))
    assert house.held() == [1, 1]


def test_an_entry_can_be_found_by_its_identity(house: House) -> None:
    house.take(batch(record(1)))
    with house.ledger.reading() as books:
        assert books.journal.get(Identity("ss-entrance", EPOCH, 1)) is not None
        assert books.journal.get(Identity("ss-entrance", EPOCH, 2)) is None


def test_what_the_nodes_clocks_said_is_kept_as_it_travelled(house: House) -> None:
    house.take(batch(record(1) | {"at": "1970-01-01T00:00:09Z", "clock": "unsynchronised"}))
    with house.ledger.reading() as books:
        entry = books.journal.get(Identity("ss-entrance", EPOCH, 1))
    assert entry is not None
    assert entry.told == NodeTime(
        "b" * 16, 101.0, datetime(1970, 1, 1, 0, 0, 9, tzinfo=UTC), "unsynchronised"
    )


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"{", "not_json"),
        (b"\x00\xff", "not_json"),
        (b" " * (MAX_MESSAGE_BYTES + 1), "too_large"),
        (batch(record(1), epoch="?"), "bad_field"),
        (batch(record(1), node="ss-garden"), "wrong_sender"),
        (batch(record(1), site="elsewhere"), "wrong_sender"),
        (b'{"v": 1, "records": ' + b"[" * 5000, "not_json"),
    ],
)
def test_what_cannot_be_understood_is_kept_raw_with_the_reason(
    house: House, payload: bytes, reason: str
) -> None:
    house.take(payload, batch(record(1)))
    assert house.letters() == [(reason, payload)]
    assert house.held() == [1], "the message after it is not held up"


def test_a_node_that_no_site_file_has_is_not_believed(house: House) -> None:
    house.take(batch(record(1), node="ss-attic"), topic=TOPIC.replace("ss-entrance", "ss-attic"))
    assert [reason for reason, _ in house.letters()] == ["unknown_node"]
    assert house.downlink.acks == []


def test_one_unreadable_record_is_set_aside_and_the_spool_goes_on(house: House) -> None:
    strange = record(2, type="DoorMelted")
    house.take(batch(record(1), strange, record(3)))
    assert house.held() == [1, 3]
    assert house.downlink.acks[-1].seq == 3
    (letter,) = house.letters()
    assert letter[0] == "bad_field"
    assert json.loads(letter[1]) == json.loads(batch(strange)), "a batch of its own, that can be read again"


def test_a_batch_of_a_later_version_is_kept_and_acknowledged(house: House) -> None:
    house.take(batch(record(1), record(2), v=2, colour="blue"))
    assert [reason for reason, _ in house.letters()] == ["unknown_version", "unknown_version"]
    assert house.downlink.acks[-1].seq == 2


def test_the_same_poison_again_is_only_counted(house: House) -> None:
    house.take(b"{")
    house.take(b"{")
    assert len(house.letters()) == 1
    assert house.counts()["dead_letters"] == 2


def full(ledger: SqlLedger) -> Callable[[], None]:
    """Let the ledger's file grow no more: SQLite's own answer to a full disk. Returns what makes room."""
    with ledger._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def bound(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(ledger._engine, "connect", bound)
    ledger._engine.dispose()

    def make_room() -> None:
        event.remove(ledger._engine, "connect", bound)
        ledger._engine.dispose()

    return make_room


def test_a_ledger_that_is_full_acknowledges_nothing_and_buries_nobody(house: House) -> None:
    make_room = full(house.ledger)
    large = [batch(record(n, type="ReaderLost", reader="r", error="x" * 9000)) for n in range(1, 4)]
    with pytest.raises(LedgerFailed, match="full"):
        house.take(*large)
    assert (house.downlink.acks, house.held(), house.letters(), house.told) == ([], [], [], [])
    make_room()
    house.take(*large)
    assert house.held() == [1, 2, 3]
    assert house.letters() == []


def test_a_ledger_that_fails_for_a_moment_buries_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LedgerFailed("database is locked")

    with monkeypatch.context() as patched:
        patched.setattr("gateway.adapters.ledger.journal.JournalTable.append", fail)
        with pytest.raises(LedgerFailed):
            house.take(batch(record(1)))
    assert (house.letters(), house.downlink.answers) == ([], [])


def test_a_message_that_breaks_the_gateways_own_code_holds_up_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_on_nine(records: Any, *context: Any) -> Any:
        if records[0].seq == 9:
            raise RuntimeError("a fault of ours")
        return place_in_time(records, *context)

    monkeypatch.setattr("gateway.group.place_in_time", break_on_nine)
    house.take(batch(record(9), held_from=9, epoch="f" * 16), batch(record(1)))
    assert house.held() == [1]
    assert [reason for reason, _ in house.letters()] == ["intake_failed"]


TWIN = "7" * 16


def twin(*records: dict[str, Any], **changes: Any) -> bytes:
    return batch(*[each | {"boot": "c" * 16} for each in records], start=TWIN, boot="c" * 16, **changes)


def test_an_event_that_comes_again_is_no_twins(house: House) -> None:
    house.take(batch(record(1)))
    house.take(batch(record(1), start=TWIN))
    assert house.letters() == []
    assert house.downlink.answers[-1] == Answer("sceaux-smart", TWIN, Cursor("ss-entrance", EPOCH, 1))


def test_a_twins_event_is_set_aside_and_its_run_is_asked_for_a_new_epoch(house: House) -> None:
    house.take(batch(record(1), record(2)))
    house.take(twin(record(1), record(2), record(3)))
    assert house.held() == [1, 2], "nothing beyond the conflict is taken either"
    assert [reason for reason, _ in house.letters()] == ["identity_conflict"]
    assert house.downlink.answers[-1] == Answer(
        "sceaux-smart", TWIN, Cursor("ss-entrance", EPOCH, 0), renew=1
    )


def test_two_that_were_one_part_where_their_events_do(house: House) -> None:
    house.take(batch(record(1), record(2)))
    house.take(batch(record(1), record(2) | {"uptime_s": 102.5}, start=TWIN))
    assert house.downlink.answers[-1] == Answer(
        "sceaux-smart", TWIN, Cursor("ss-entrance", EPOCH, 1), renew=2
    )


def test_another_event_at_the_same_moment_of_the_same_boot_is_a_twins_too(house: House) -> None:
    house.take(batch(record(1)))
    house.take(batch(record(1, type="ExitRequested", door="entrance"), start=TWIN))
    assert house.downlink.answers[-1].renew == 1


def test_a_twin_is_found_in_the_very_group_in_which_the_other_came(house: House) -> None:
    house.take(batch(record(1)), twin(record(1)))
    assert [answer.renew for answer in house.downlink.answers] == [None, 1]


def test_what_a_run_sends_under_numbers_that_it_was_asked_to_leave_is_not_taken(house: House) -> None:
    house.take(batch(record(1), record(2)))
    house.take(twin(record(1)))
    house.take(twin(record(3)))
    assert house.held() == [1, 2]
    assert house.downlink.answers[-1].renew == 1
    house.take(twin(record(1), epoch="f" * 16), batch(record(3)))
    assert house.held() == [1, 2, 1, 3], "under new numbers it is, and the other goes on under the old"
    assert len(house.letters()) == 1


def test_what_such_a_run_sends_of_before_is_answered_as_ever(house: House) -> None:
    house.take(batch(record(1), record(2)))
    house.take(twin(record(2)))
    house.take(batch(record(1), start=TWIN))
    last = house.downlink.answers[-1]
    assert (last.renew, last.cursor.seq) == (None, 2)


def test_a_stand_in_for_an_event_that_was_taken_is_no_twins(house: House) -> None:
    house.take(batch(record(1), record(2, type="RecordDropped", reason="disk_full")))
    house.take(batch(record(1, type="RecordUnreadable", reason="unanswered"), record(2)))
    assert house.letters() == []
    assert house.downlink.answers[-1] == Answer("sceaux-smart", "5" * 16, Cursor("ss-entrance", EPOCH, 2))


def test_the_alarm_of_two_runs_that_take_turns_outlives_the_gateway(house: House, ledger: SqlLedger) -> None:
    house.take(batch(record(1)), batch(record(2), start=TWIN), batch(record(3)))
    assert house.told[-1].troubled == {"sceaux-smart"}
    later = House(ledger)
    later.clock.pass_s(60)
    later.take(batch(record(4)))
    with ledger.reading() as books:
        assert books.nodes.runs()["ss-entrance"].duplicated_since == house.clock.now()
    later.clock.pass_s(300)
    later.take(batch(record(5)))
    with ledger.reading() as books:
        assert books.nodes.runs()["ss-entrance"].duplicated_since is None


def test_a_restarted_node_is_no_twin(house: House) -> None:
    house.take(batch(record(1)), batch(record(2), start=TWIN), batch(record(3), start="8" * 16))
    with house.ledger.reading() as books:
        assert books.nodes.runs()["ss-entrance"].duplicated_since is None


def status(**told: Any) -> bytes:
    word = {
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
    return json.dumps({**word, **told}).encode()


STATUS = TOPIC.replace("events", "status")


def test_a_late_last_will_is_no_sign_of_a_twin(house: House) -> None:
    house.take(batch(record(1)), batch(record(2), start=TWIN))
    house.take(status(online=False), topic=STATUS)
    with house.ledger.reading() as books:
        assert books.nodes.runs()["ss-entrance"].duplicated_since is None


def list_held(house: House) -> int | None:
    with house.ledger.reading() as books:
        (report,) = books.nodes.reports()
    return report.status.list_revision if report.status else None


@pytest.mark.parametrize("at_once", [True, False], ids=["in one group", "one after the other"])
def test_what_a_node_said_before_does_not_undo_what_it_said_since(house: House, *, at_once: bool) -> None:
    words = [status(uptime_s=9.0, list_revision=7), status(uptime_s=3.0, list_revision=6)]
    for group in [words] if at_once else [[word] for word in words]:
        house.take(*group, topic=STATUS)
    assert list_held(house) == 7


@pytest.mark.parametrize("other", [{"start": TWIN}, {"boot": "c" * 16}], ids=["restarted", "rebooted"])
def test_a_node_that_starts_anew_is_heard_whatever_its_uptime(house: House, other: dict[str, str]) -> None:
    house.take(status(uptime_s=9.0, list_revision=7), topic=STATUS)
    house.take(status(uptime_s=3.0, list_revision=6, **other), topic=STATUS)
    assert list_held(house) == 6


@pytest.mark.parametrize(
    "forged",
    [
        {"type": "DoorOpened", "door": "garden", "cause": "grant", "grant": 1},
        {"type": "Crossed", "counter": "kitchen-beams", "space": "kitchen", "direction": "in"},
        {"type": "PresenceChanged", "space": "meeting-1", "occupied": True},
        {"type": "CompartmentOpened", "compartment": "loan-1", "cause": "grant", "grant": 1},
    ],
    ids=lambda event: event["type"],
)
def test_what_a_node_tells_of_anothers_doors_is_set_aside_and_acknowledged(
    house: House, forged: dict[str, Any]
) -> None:
    house.take(batch(record(1), record(2, **forged), record(3)))
    assert house.held() == [1, 3]
    assert [reason for reason, _ in house.letters()] == ["not_its_own"]
    assert house.downlink.answers[-1].cursor.seq == 3


def test_what_no_site_file_knows_is_kept_as_ever(house: House) -> None:
    house.take(batch(record(1, type="DoorClosed", door="a-door-of-last-year", open_s=1.5)))
    assert (house.held(), house.letters()) == ([1], [])
