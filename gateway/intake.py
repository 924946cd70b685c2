"""Taking in what nodes send: understand, commit in groups, acknowledge, then tell the rest of the house."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter

from gateway.domain.chronology import Mark, place_in_time
from gateway.domain.journal import Entry, Identity, told_by
from gateway.domain.reception import receive
from gateway.ports import Books, Clock, Cursor, DeadLetter, Downlink, Ledger
from host.failpoint import reached
from protocol.codec import MessageRefused, decode
from protocol.events import Record
from protocol.messages import NodeStatus, StateSnapshot
from protocol.reading import Reading, read_batch
from protocol.topics import UpTopic, parse_up

_log = logging.getLogger(__name__)
_mark: Final[TypeAdapter[Mark]] = TypeAdapter(Mark)


@dataclass(frozen=True, slots=True)
class Received:
    """A payload as it came."""

    topic: str
    payload: bytes


@dataclass(slots=True)
class Taken:
    """What one group of messages came to."""

    entries: list[Entry] = field(default_factory=list)
    cursors: dict[tuple[str, str], tuple[str, Cursor]] = field(default_factory=dict)
    reports: list[NodeStatus | StateSnapshot] = field(default_factory=list)


class Intake:
    """Takes groups of messages, each group in one transaction."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        downlink: Downlink,
        site_of_node: Mapping[str, str],
        tell: Callable[[Taken], None],
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._downlink = downlink
        self._site_of_node = site_of_node
        self._tell = tell

    def take(self, messages: Sequence[Received]) -> None:
        """Commit what `messages` say, then acknowledge: an acknowledged event is on the disk.

        A message on which this code itself fails is set aside with the dead letters, and holds up no other.
        """
        try:
            self._take_together(messages)
        except Exception as error:  # noqa: BLE001  # no message may stop the loop, whatever is wrong with it
            if len(messages) > 1:
                for message in messages:
                    self.take([message])
                return
            _log.exception("topic=%s could not be taken in", messages[0].topic)
            with self._ledger.writing() as books:
                _bury(books, messages[0], "intake_failed", repr(error), self._clock.now())

    def _take_together(self, messages: Sequence[Received]) -> None:
        now = self._clock.now()
        with self._ledger.writing() as books:
            group = _Group(books, now, self._site_of_node)
            for message in messages:
                group.take(message)
            group.write()
            reached("ingest.written")
        reached("ingest.committed")
        for site, cursor in group.taken.cursors.values():
            self._downlink.acknowledge(site, cursor)
        self._tell(group.taken)


class _Group:
    """One transaction's worth of messages."""

    def __init__(self, books: Books, now: datetime, site_of_node: Mapping[str, str]) -> None:
        self._books = books
        self._now = now
        self._site_of_node = site_of_node
        self._marks: dict[tuple[str, str], Mark] = {}
        self.taken = Taken()

    def take(self, message: Received) -> None:
        try:
            self._read(self._sender(message.topic), message.payload)
        except MessageRefused as refusal:
            _bury(self._books, message, refusal.reason, str(refusal), self._now)

    def write(self) -> None:
        self._books.journal.append(self.taken.entries, [cursor for _, cursor in self.taken.cursors.values()])
        for key, mark in self._marks.items():
            self._books.remember(_note_of(key), _mark.dump_json(mark).decode())

    def _sender(self, topic: str) -> UpTopic:
        sender = parse_up(topic)
        if sender is None:
            raise MessageRefused("unknown_topic", "no node sends under this topic")
        if self._site_of_node.get(sender.node) != sender.site:
            raise MessageRefused("unknown_node", f"no site file has node {sender.node} at {sender.site}")
        return sender

    def _read(self, topic: UpTopic, payload: bytes) -> None:
        if topic.kind == "events":
            reading = read_batch(payload)
            _check_topic(topic, reading.site, reading.node)
            self._receive(topic, reading)
            return
        word = decode(NodeStatus, payload) if topic.kind == "status" else decode(StateSnapshot, payload)
        _check_topic(topic, word.site, word.node)
        self._books.nodes.heard(word.node, word.site, self._now, word)
        self.taken.reports.append(word)

    def _receive(self, topic: UpTopic, reading: Reading) -> None:
        key = (reading.node, reading.epoch)
        known = self.taken.cursors.get(key)
        cursor = known[1].seq if known else self._books.journal.cursor(*key)
        reception = receive(cursor, reading.held_from, reading.seqs)
        if reception.gap:
            self._note_gap(reading, *reception.gap)
        self.taken.entries += self._entries(reading, reception.take_from, reception.cursor)
        for slot in reading.unreadable:
            if reception.take_from <= slot.seq <= reception.cursor:
                where = f"{topic.site}/{reading.node}/{reading.epoch}/{slot.seq}"
                self._books.journal.bury(DeadLetter(where, slot.reason, slot.detail, slot.raw), self._now)
        self.taken.cursors[key] = (topic.site, Cursor(reading.node, reading.epoch, reception.cursor))

    def _entries(self, reading: Reading, first: int, last: int) -> list[Entry]:
        """Place in time what is taken, and only that: what was committed before keeps its time."""
        batch = reading.batch
        records = [record for record in batch.records if first <= record.seq <= last] if batch else []
        if batch is None or not records:
            return []
        key = (reading.node, reading.epoch)
        arrival = Mark(batch.boot, batch.sent_uptime_s, self._now, "uptime")
        marks = place_in_time(records, arrival, self._last_mark(key))
        self._marks[key] = marks[-1]
        _warn_of_disbelief(reading.node, records, marks)
        return [
            Entry(
                reading.site,
                Identity(*key, record.seq),
                mark.at,
                mark.quality,
                record.event,
                told_by(record),
            )
            for record, mark in zip(records, marks, strict=True)
        ]

    def _last_mark(self, key: tuple[str, str]) -> Mark | None:
        if key in self._marks:
            return self._marks[key]
        note = self._books.note(_note_of(key))
        return _mark.validate_json(note) if note else None

    def _note_gap(self, reading: Reading, first: int, last: int) -> None:
        _log.error(
            "node=%s epoch=%s gap=%d-%d: the node no longer has these",
            reading.node,
            reading.epoch,
            first,
            last,
        )
        self._books.journal.note_gap(reading.node, reading.epoch, first, last, self._now)


def _bury(books: Books, message: Received, reason: str, detail: str, now: datetime) -> None:
    _log.warning("dead_letter topic=%s reason=%s detail=%s", message.topic, reason, detail)
    books.journal.bury(DeadLetter(message.topic, reason, detail, message.payload), now)


def _check_topic(topic: UpTopic, site: str, node: str) -> None:
    if (site, node) != (topic.site, topic.node):
        raise MessageRefused("wrong_sender", f"says it is {site}/{node}, came from {topic.site}/{topic.node}")


def _note_of(key: tuple[str, str]) -> str:
    return "last_mark:" + "/".join(key)


def _warn_of_disbelief(node: str, records: Sequence[Record], marks: Sequence[Mark]) -> None:
    for record, mark in zip(records, marks, strict=True):
        if record.clock == "synchronised" and mark.quality != "synchronised":
            off_s = (record.at - mark.at).total_seconds()
            _log.warning("event=clock_disbelieved node=%s seq=%d off_s=%.0f", node, record.seq, off_s)
            return
