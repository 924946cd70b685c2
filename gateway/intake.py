"""Taking in what nodes send: understand, commit in groups, acknowledge, then tell the rest of the house."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain.journal import Entry, Identity, place_in_time
from gateway.domain.reception import receive
from gateway.ports import Books, Clock, Cursor, DeadLetter, Downlink, Ledger
from host.failpoint import reached
from protocol.codec import MessageRefused, decode
from protocol.messages import NodeStatus, StateSnapshot
from protocol.reading import Reading, read_batch
from protocol.topics import UpTopic, parse_up

_log = logging.getLogger(__name__)


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
        self.taken = Taken()

    def take(self, message: Received) -> None:
        try:
            self._read(self._sender(message.topic), message.payload)
        except MessageRefused as refusal:
            _bury(self._books, message, refusal.reason, str(refusal), self._now)

    def write(self) -> None:
        self._books.journal.append(self.taken.entries, [cursor for _, cursor in self.taken.cursors.values()])

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
        self.taken.entries += _entries(reading, reception.take_from, reception.cursor, self._now)
        for slot in reading.unreadable:
            if reception.take_from <= slot.seq <= reception.cursor:
                where = f"{topic.site}/{reading.node}/{reading.epoch}/{slot.seq}"
                self._books.journal.bury(DeadLetter(where, slot.reason, slot.detail, slot.raw), self._now)
        self.taken.cursors[key] = (topic.site, Cursor(reading.node, reading.epoch, reception.cursor))

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


def _entries(reading: Reading, first: int, last: int, now: datetime) -> list[Entry]:
    if reading.batch is None:
        return []
    placed = zip(reading.batch.records, place_in_time(reading.batch, now), strict=True)
    return [
        Entry(reading.site, Identity(reading.node, reading.epoch, record.seq), at, quality, record.event)
        for record, (at, quality) in placed
        if first <= record.seq <= last
    ]
