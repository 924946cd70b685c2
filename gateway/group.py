"""One transaction's worth of messages: understood, compared with what is known, written."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter

from gateway.domain.chronology import Mark, place_in_time
from gateway.domain.codes import pass_used_by
from gateway.domain.homes import Homes, hangs_elsewhere
from gateway.domain.journal import Entry, Identity, says_the_same, told_by
from gateway.domain.reception import receive
from gateway.domain.runs import Runs, hear
from gateway.inbox import Received
from gateway.ports import Answer, Books, Cursor, DeadLetter
from protocol.codec import MessageRefused, decode
from protocol.enrolment import Renewal
from protocol.events import Record
from protocol.messages import NodeStatus, StateSnapshot
from protocol.reading import Reading, read_batch
from protocol.topics import NodeTopics, UpTopic, parse_up

_log = logging.getLogger(__name__)
_RENEWALS: Final = 1000
_mark: Final[TypeAdapter[Mark]] = TypeAdapter(Mark)

Epoch = tuple[str, str]
"""A node and one of its epochs."""

Sending = tuple[str, str, str]
"""A node, an epoch, and the run that sends from it."""


@dataclass(slots=True)
class Taken:
    """What one group of messages came to. At the `troubled` sites something went wrong for staff to see.

    At the sites of `codes_used` a code for a single use was entered at a keypad.
    """

    entries: list[Entry] = field(default_factory=list)
    cursors: dict[Epoch, Cursor] = field(default_factory=dict)
    answers: dict[Sending, Answer] = field(default_factory=dict)
    reports: list[NodeStatus | StateSnapshot] = field(default_factory=list)
    renewals: list[Renewal] = field(default_factory=list)
    troubled: set[str] = field(default_factory=set)
    codes_used: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Memory:
    """What is kept in memory from group to group: which runs speak, and who was asked for a new epoch.

    The latter a gateway that starts anew will see again: whoever was not told sends the same once more.
    `latest` are the last words of nodes, retained in the broker for a gateway that starts anew.
    """

    runs: dict[str, Runs] = field(default_factory=dict)
    latest: dict[str, NodeStatus] = field(default_factory=dict)
    renewals: dict[Sending, int] = field(default_factory=dict)

    def learn(self, learnt: "Memory") -> None:
        """Take up what a group has learnt. Of who was asked, the first are forgotten where there are many."""
        self.runs |= learnt.runs
        self.latest |= learnt.latest
        self.renewals |= learnt.renewals
        while len(self.renewals) > _RENEWALS:
            del self.renewals[next(iter(self.renewals))]


class Group:
    """Takes messages within one transaction. What `learnt` holds counts once that is committed."""

    def __init__(
        self, books: Books, now: datetime, site_of_node: Mapping[str, str], homes: Homes, memory: Memory
    ) -> None:
        self._books = books
        self._homes = homes
        self._now = now
        self._site_of_node = site_of_node
        self._memory = memory
        self._revoked = books.enrolments.revoked_nodes()
        self._marks: dict[Epoch, Mark] = {}
        self._fresh: dict[Epoch, dict[int, Entry]] = {}
        self.learnt = Memory()
        self.taken = Taken()

    def take(self, message: Received) -> None:
        try:
            self._read(self._sender(message), message.payload)
        except MessageRefused as refusal:
            self._bury(DeadLetter(message.topic, refusal.reason, str(refusal), message.payload))

    def write(self) -> None:
        self._books.journal.append(self.taken.entries, self.taken.cursors.values())
        self._note_codes()
        for key, mark in self._marks.items():
            remember_mark(self._books, key, mark)
        for node, runs in self.learnt.runs.items():
            self._books.nodes.put_runs(node, runs)

    def _note_codes(self) -> None:
        """Note which visitors' codes opened doors by their node's decision: one use may be all they had."""
        for entry in self.taken.entries:
            used = pass_used_by(entry.event)
            known = self._books.passes.get(used) if used else None
            if known is not None:
                latest = max(known.last_used_at or entry.occurred_at, entry.occurred_at)
                self._books.passes.put(replace(known, last_used_at=latest))
                self.taken.codes_used |= {entry.site} if known.single_use else set()

    def _sender(self, message: Received) -> UpTopic:
        sender = sender_of(message.topic, self._site_of_node)
        if sender.node in self._revoked:
            raise MessageRefused("revoked_node", f"{sender.node} was put out, its certificate revoked")
        return sender

    def _read(self, topic: UpTopic, payload: bytes) -> None:
        if topic.kind == "events":
            reading = read_batch(payload)
            check_topic(topic, reading.site, reading.node)
            self._hear(reading.site, reading.node, reading.start)
            self._receive(topic, reading)
            return
        if topic.kind == "renewal":
            wish = decode(Renewal, payload)
            check_topic(topic, wish.site, wish.node)
            self.taken.renewals.append(wish)
            return
        word = decode_word(topic, payload)
        check_topic(topic, word.site, word.node)
        if isinstance(word, NodeStatus) and word.online:  # a last will may come late: it is no sign of life
            latest = self.learnt.latest.get(word.node) or self._memory.latest.get(word.node)
            if latest is not None and word.said_before(latest):
                return  # doubled or held up on its way: it would undo what the node said since
            self.learnt.latest[word.node] = word
            self._hear(word.site, word.node, word.start)
        self._books.nodes.heard(word.node, word.site, self._now, word)
        self.taken.reports.append(word)

    def _hear(self, site: str, node: str, start: str) -> None:
        before = self.learnt.runs.get(node) or self._memory.runs.get(node)
        after = hear(before, start, self._now)
        if after is before:
            return
        self.learnt.runs[node] = after
        if (before.duplicated_since if before else None) == after.duplicated_since:
            return
        self.taken.troubled.add(site)
        if after.duplicated_since:
            _log.error("event=node_duplicated node=%s starts=%s", node, ",".join(after.starts[-2:]))
        else:
            _log.warning("event=node_single_again node=%s start=%s", node, start)

    def _receive(self, topic: UpTopic, reading: Reading) -> None:
        key = (reading.node, reading.epoch)
        known = self.taken.cursors.get(key)
        cursor = known.seq if known else self._books.journal.cursor(*key)
        renew = self._renewal(topic, reading, cursor)
        if renew is not None:
            self._answer(reading, renew - 1, renew)
            return
        reception = receive(cursor, reading.held_from, reading.seqs)
        if reception.gap:
            self._note_gap(reading, *reception.gap)
        entries = self._entries(reading, reception.take_from, reception.cursor)
        self.taken.entries += entries
        self._fresh.setdefault(key, {}).update((entry.identity.seq, entry) for entry in entries)
        for slot in reading.unreadable:
            if reception.take_from <= slot.seq <= reception.cursor:
                self._bury(DeadLetter(_topic(topic), slot.reason, slot.detail, slot.raw))
        self.taken.cursors[key] = Cursor(*key, reception.cursor)
        self._answer(reading, reception.cursor)

    def _answer(self, reading: Reading, seq: int, renew: int | None = None) -> None:
        cursor = Cursor(reading.node, reading.epoch, seq)
        sending = (reading.node, reading.epoch, reading.start)
        self.taken.answers[sending] = Answer(reading.site, reading.start, cursor, renew)

    def _renewal(self, topic: UpTopic, reading: Reading, cursor: int) -> int | None:
        """Return the seq from which this run's events are not those of the ledger; None where they are."""
        sending = (reading.node, reading.epoch, reading.start)
        asked = self.learnt.renewals.get(sending) or self._memory.renewals.get(sending)
        if asked is not None:  # what it sends of before, which is the ledger's too, is answered as ever
            return asked if reading.seqs[-1] >= asked else None
        other = self._other(reading, cursor)
        if other is None:
            return None
        where = f"{reading.node}/{reading.epoch}/{other.seq}"
        self._bury(
            DeadLetter(
                _topic(topic),
                "identity_conflict",
                f"{where}: the ledger has another event of this number, from run {reading.start} it is not",
                other.model_dump_json().encode(),
            )
        )
        self.learnt.renewals[sending] = other.seq
        return other.seq

    def _other(self, reading: Reading, cursor: int) -> Record | None:
        """Return the first record that the ledger has otherwise. Only what comes again is compared."""
        records = reading.batch.records if reading.batch else ()
        again = [record for record in records if record.seq <= cursor]
        if not again:
            return None
        key = (reading.node, reading.epoch)
        span = self._books.journal.span(*key, again[0].seq, again[-1].seq)
        held = {entry.identity.seq: entry for entry in span} | self._fresh.get(key, {})
        for record in again:
            entry = held.get(record.seq)
            if entry is not None and not says_the_same(entry, record):
                return record
        return None

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
        placed = zip(records, marks, strict=True)
        return [entry_of(reading, *each) for each in placed if self._is_its_own(reading, each[0])]

    def _is_its_own(self, reading: Reading, record: Record) -> bool:
        """Whether a node tells of what hangs there: who stole one must not forge visits at the others."""
        foreign = hangs_elsewhere(record.event, reading.site, reading.node, self._homes)
        if foreign is None:
            return True
        topic = NodeTopics(reading.site, reading.node).up("events")
        where = f"{reading.node}/{reading.epoch}/{record.seq}: {foreign} does not hang at this node"
        self._bury(DeadLetter(topic, "not_its_own", where, record.model_dump_json().encode()))
        return False

    def _last_mark(self, key: Epoch) -> Mark | None:
        if key in self._marks:
            return self._marks[key]
        note = self._books.note(_note_of(key))
        return _mark.validate_json(note) if note else None

    def _note_gap(self, reading: Reading, first: int, last: int) -> None:
        where = (reading.node, reading.epoch, first, last)
        _log.error("node=%s epoch=%s gap=%d-%d: the node no longer has these", *where)
        self._books.journal.note_gap(*where, self._now)
        self.taken.troubled.add(reading.site)

    def _bury(self, letter: DeadLetter) -> None:
        self.taken.troubled |= bury(self._books, letter, self._now)


def bury(books: Books, letter: DeadLetter, now: datetime) -> set[str]:
    """Set `letter` aside. Returns the site whose staff should know, where one can be told."""
    _log.warning("dead_letter topic=%s reason=%s detail=%s", letter.topic, letter.reason, letter.detail)
    books.journal.bury(letter, now)
    sender = parse_up(letter.topic)
    return {sender.site} if sender else set()


def sender_of(topic: str, site_of_node: Mapping[str, str]) -> UpTopic:
    """Say who sends under `topic`. Raises MessageRefused where none of our nodes does."""
    sender = parse_up(topic)
    if sender is None:
        raise MessageRefused("unknown_topic", "no node sends under this topic")
    if site_of_node.get(sender.node) != sender.site:
        raise MessageRefused("unknown_node", f"no site file has node {sender.node} at {sender.site}")
    return sender


def decode_word(topic: UpTopic, payload: bytes) -> NodeStatus | StateSnapshot:
    """Read what a node says of itself. Raises MessageRefused."""
    return decode(NodeStatus, payload) if topic.kind == "status" else decode(StateSnapshot, payload)


def check_topic(topic: UpTopic, site: str, node: str) -> None:
    """Raise MessageRefused where a payload says that another sent it."""
    if (site, node) != (topic.site, topic.node):
        raise MessageRefused("wrong_sender", f"says it is {site}/{node}, came from {topic.site}/{topic.node}")


def entry_of(reading: Reading, record: Record, mark: Mark) -> Entry:
    """Return what the journal keeps of `record`, which `mark` places in time."""
    identity = Identity(reading.node, reading.epoch, record.seq)
    return Entry(reading.site, identity, mark.at, mark.quality, record.event, told_by(record))


def remember_mark(books: Books, key: Epoch, mark: Mark) -> None:
    """Note when the last record of an epoch happened: the next one did later."""
    books.remember(_note_of(key), _mark.dump_json(mark).decode())


def _note_of(key: Epoch) -> str:
    return "last_mark:" + "/".join(key)


def _topic(topic: UpTopic) -> str:
    return NodeTopics(topic.site, topic.node).up(topic.kind)


def _warn_of_disbelief(node: str, records: Sequence[Record], marks: Sequence[Mark]) -> None:
    for record, mark in zip(records, marks, strict=True):
        if record.clock == "synchronised" and mark.quality != "synchronised":
            off_s = (record.at - mark.at).total_seconds()
            _log.warning("event=clock_disbelieved node=%s seq=%d off_s=%.0f", node, record.seq, off_s)
            return
