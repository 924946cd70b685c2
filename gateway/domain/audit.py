"""The audit: who did what and who looked at whom, in a chain in which every later change shows.

Each record holds the hash of the one before it. What the chain itself cannot show, that its end was cut off
or all of it written anew, the gateway's signed heads do: the last in the ledger, one an hour outside of it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from protocol.base import as_wire_time

Outcome = Literal["done", "refused"]

RESTORED: Final = "Restore"
"""The act by which a ledger came back from a backup: heads of what was lost with it no longer count."""

PRUNED: Final = "PruneAudit"
"""The act by which the oldest months went: its detail `up_to` is the number of the last record that did."""

Why = Literal["altered", "missing", "out_of_place", "cut_off", "rewritten", "unsigned", "pruned_unasked"]
"""What is wrong with a record. `altered`: its content is not what was hashed. `missing`: its number is not
there. `out_of_place`: its number is there twice, or late. `cut_off`: a signed head knows it, the chain has
ended before. `rewritten`: it agrees with itself, not with its neighbours or a signed head. `unsigned`: no
signature of the gateway stands for it. `pruned_unasked`: what was before it is gone, and no record says that
the gateway let it go.
"""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that was done, looked at or refused, at `at` (UTC) by `actor`.

    `subject` is the kind and id of what it was about (`member:m-12`), `details` a JSON object of ids and
    counts: never a name, a mail address, a card's number or a secret.
    """

    at: datetime
    actor: str
    act: str
    outcome: Outcome
    subject: str | None
    details: str = "{}"


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the chain: the number of a record and its hash, SHA-256 in hex."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """An act in its place. `before` is the hash of the record before it."""

    number: int
    act: Act
    before: str
    hash: str

    @property
    def link(self) -> Link:
        return Link(self.number, self.hash)


@dataclass(frozen=True, slots=True)
class Head:
    """The gateway's signed word that at `at` (UTC) the chain of `ledger` ended in `link`.

    A checkpoint has the same shape and a signature of another kind: for all up to `link` it stands in.
    """

    ledger: str
    link: Link
    at: datetime
    signature: str = ""

    def told(self) -> dict[str, Any]:
        """Return what is signed."""
        return {
            "ledger": self.ledger,
            "number": self.link.number,
            "hash": self.link.hash,
            "at": as_wire_time(self.at),
        }


@dataclass(frozen=True, slots=True)
class Break:
    """The first record that is not as it was written.

    Where only signed heads show it, it is one of `number` to `up_to`.
    """

    number: int
    why: Why
    up_to: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a chain can vouch for: `records` of them, since `since` (None: there is none), up to `last`."""

    records: int
    since: datetime | None
    last: Link
    broken: Break | None


def details(**said: object) -> str:
    """Write the details of an act."""
    return _canonical({name: value for name, value in said.items() if value is not None})


def beginning(ledger: str) -> Link:
    """Return what the first record of `ledger` follows: no chain can pass for another's."""
    return Link(0, hashlib.sha256(_canonical(["passerelle audit", ledger]).encode()).hexdigest())


def follow(last: Link, act: Act) -> AuditRecord:
    """Put `act` behind `last`."""
    number = last.number + 1
    return AuditRecord(number, act, last.hash, hash_of(number, act, last.hash))


def hash_of(number: int, act: Act, before: str) -> str:
    """Return the SHA-256 of a record's canonical JSON."""
    said = [number, as_wire_time(act.at), act.actor, act.act, act.outcome, act.subject, act.details, before]
    return hashlib.sha256(_canonical(said).encode()).hexdigest()


def examine(
    records: Iterable[AuditRecord], anchor: Link, head: Head | None, witnesses: Sequence[Head] = ()
) -> Verdict:
    """Follow the chain from `anchor`, and hold it against the ledger's own `head` and `witnesses`.

    The signatures of all of them are the caller's to check. `anchor` is the beginning, or the checkpoint up
    to which the oldest months were let go.
    """
    walk = _Walk(anchor)
    for record in records:
        walk.step(record)
        if walk.broken is not None:
            break
    broken = walk.broken or _ends_otherwise(walk.last, head) or walk.contradicted(witnesses)
    if broken is None and anchor.number and anchor.number not in walk.pruned:
        broken = Break(anchor.number + 1, "pruned_unasked")
    return Verdict(walk.count, walk.since, walk.last, broken)


def first_break(records: Iterable[AuditRecord], anchor: Link) -> Break | None:
    """Return what is wrong with the part of a chain that follows `anchor`, by itself."""
    walk = _Walk(anchor)
    for record in records:
        walk.step(record)
        if walk.broken is not None:
            break
    return walk.broken


class _Walk:
    """Goes along a chain until something is wrong."""

    def __init__(self, anchor: Link) -> None:
        self.last = anchor
        self.since: datetime | None = None
        self.count = 0
        self.broken: Break | None = None
        self.pruned: set[int] = set()
        self._anchor = anchor
        self._hashes = {anchor.number: anchor.hash}
        self._restored: list[tuple[int, datetime]] = []

    def step(self, record: AuditRecord) -> None:
        self.broken = self._wrong(record)
        if self.broken is not None:
            return
        self.since = self.since or record.act.at
        self.count += 1
        self.last = record.link
        self._hashes[record.number] = record.hash
        if record.act.act == RESTORED:
            self._restored.append((record.number, record.act.at))
        if record.act.act == PRUNED:
            self.pruned.add(int(json.loads(record.act.details)["up_to"]))

    def _wrong(self, record: AuditRecord) -> Break | None:
        expected = self.last.number + 1
        if record.number > expected:
            return Break(expected, "missing")
        if record.number < expected:
            return Break(record.number, "out_of_place")
        if record.hash != hash_of(record.number, record.act, record.before):
            return Break(record.number, "altered")
        if record.before != self.last.hash:
            # It agrees with itself: so the one before was rewritten, unless that is signed.
            return Break(record.number if self.last == self._anchor else self.last.number, "rewritten")
        return None

    def contradicted(self, witnesses: Sequence[Head]) -> Break | None:
        """Return what the first signed head says otherwise than the chain."""
        agreed = self._anchor.number
        for head in sorted(witnesses, key=lambda head: (head.link.number, head.at)):
            number = head.link.number
            if number < self._anchor.number or self._lost_by_restore(head):
                continue
            if number > self.last.number:
                return Break(self.last.number + 1, "cut_off", number)
            if self._hashes[number] != head.link.hash:
                return Break(min(agreed + 1, number), "rewritten", number)
            agreed = number
        return None

    def _lost_by_restore(self, head: Head) -> bool:
        return any(number <= head.link.number and head.at <= at for number, at in self._restored)


def _ends_otherwise(last: Link, head: Head | None) -> Break | None:
    """Hold the end of the chain against the head that the ledger keeps, written with every record."""
    if head is None:
        return Break(1, "unsigned") if last.number else None
    if head.link.number > last.number:
        return Break(last.number + 1, "cut_off", head.link.number)
    if head.link.number < last.number:
        return Break(head.link.number + 1, "unsigned")
    return None if head.link == last else Break(last.number, "rewritten")


def month_of(moment: datetime) -> str:
    """Return the month (UTC) by which the audit is kept and let go, such as "2026-11"."""
    return f"{moment.astimezone(UTC):%Y-%m}"


def oldest_kept(now: datetime, months: int) -> datetime:
    """Return when (UTC) the oldest month begins that is kept at `now`; the running one is one of `months`."""
    count = now.year * 12 + now.month - months
    return datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)


def _canonical(value: Mapping[str, object] | Sequence[object]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
