"""Dead letters again: what can be understood by now is taken in after all, each in its own place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from gateway.domain.chronology import Mark, place_in_time
from gateway.domain.journal import Entry, Identity, says_the_same
from gateway.group import check_topic, decode_word, entry_of, remember_mark, sender_of
from gateway.ports import Books, Buried, Cursor, Ledger
from protocol.codec import MessageRefused
from protocol.events import EventBatch, Record
from protocol.reading import Reading, read_batch

Outcome = Literal["taken", "known", "outdated", "early", "kept", "refused"]
"""What became of a letter: `taken` into the journal, `known` there already, `outdated` by a later word of its
node, too `early` while events before it are missing, `kept` as a twin's, or `refused` once more.
"""

_GONE: Final = ("taken", "known", "outdated")


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one letter, and why. Whatever was `taken`, `known` or `outdated` is removed."""

    outcome: Outcome
    why: str


def replay(ledger: Ledger, site_of_node: Mapping[str, str]) -> Iterator[tuple[Buried, Replayed]]:
    """Try every letter again, the first first, each in a transaction of its own.

    Only where no gateway works on `ledger`: the one that starts next brings visits and lists up to date.
    """
    with ledger.reading() as books:
        letters = books.journal.buried()
    for buried in letters:
        with ledger.writing() as books:
            replayed = _again(books, buried, site_of_node)
            if replayed.outcome in _GONE:
                books.journal.unbury(buried.number)
        yield buried, replayed


def _again(books: Books, buried: Buried, site_of_node: Mapping[str, str]) -> Replayed:
    letter = buried.letter
    if letter.reason == "identity_conflict":
        return Replayed("kept", "its node sends it under a new number")
    if letter.reason == "not_its_own":
        return Replayed("kept", "its node tells of what hangs at another")
    try:
        topic = sender_of(letter.topic, site_of_node)
        if topic.kind != "events":
            word = decode_word(topic, letter.payload)
            check_topic(topic, word.site, word.node)
            return Replayed("outdated", "its node has said more since")
        reading = read_batch(letter.payload)
        check_topic(topic, reading.site, reading.node)
    except MessageRefused as refusal:
        return Replayed("refused", str(refusal))
    if reading.batch is None or reading.unreadable:
        return Replayed("refused", reading.unreadable[0].detail)
    return _fill_in(books, buried, reading, reading.batch)


def _fill_in(books: Books, buried: Buried, reading: Reading, batch: EventBatch) -> Replayed:
    """Put every record where it belongs: into the hole that it left, or at the end."""
    journal = books.journal
    missing: list[Record] = []
    for record in batch.records:
        entry = journal.get(Identity(reading.node, reading.epoch, record.seq))
        if entry is None:
            missing.append(record)
        elif not says_the_same(entry, record):
            return Replayed("kept", f"the ledger has another event as {entry.identity}")
    end = journal.cursor(reading.node, reading.epoch)
    for record in missing:
        if record.seq > end + 1:
            return Replayed("early", f"of this epoch the ledger has all up to {end}")
        end = max(end, record.seq)
    for record in missing:
        _insert(books, buried, reading, batch, record)
    where = f"{reading.node}/{reading.epoch}"
    if not missing:
        return Replayed("known", f"the ledger has it, in {where}")
    return Replayed("taken", f"as {', '.join(f'{where}/{record.seq}' for record in missing)}")


def _insert(books: Books, buried: Buried, reading: Reading, batch: EventBatch, record: Record) -> None:
    """Keep `record`: not before what has the number before, nor after what has the number after."""
    key = (reading.node, reading.epoch)
    before, after = books.journal.around(Identity(*key, record.seq))
    arrival = Mark(batch.boot, batch.sent_uptime_s, buried.first_at, "uptime")
    (mark,) = place_in_time([record], arrival, _mark_of(before))
    if before is not None:
        mark = replace(mark, at=max(mark.at, before.occurred_at))
    if after is not None:
        mark = replace(mark, at=min(mark.at, after.occurred_at))
    end = books.journal.cursor(*key)
    moved = [Cursor(*key, record.seq)] if record.seq > end else []
    books.journal.append([entry_of(reading, record, mark)], moved)
    if after is None:
        remember_mark(books, key, mark)


def _mark_of(entry: Entry | None) -> Mark | None:
    if entry is None:
        return None
    boot, uptime_s = (entry.told.boot, entry.told.uptime_s) if entry.told else ("", 0.0)
    return Mark(boot, uptime_s, entry.occurred_at, entry.quality)
