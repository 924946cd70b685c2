"""The journal: node events and staff decisions, each once, for ever; and what could not be taken in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from gateway.domain.journal import Entry, Identity


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A payload that could not be taken, kept raw with the reason. The same one again only counts up."""

    topic: str
    reason: str
    detail: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Buried:
    """A dead letter as the ledger keeps it: under a number, `times` times since `first_at`."""

    number: int
    letter: DeadLetter
    first_at: datetime
    last_at: datetime
    times: int


@dataclass(frozen=True, slots=True)
class LetterCount:
    """How many dead letters came under one topic for one reason, the first since when, the last when."""

    topic: str
    reason: str
    count: int
    since: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """Seqs `first` to `last` of an epoch, which its node no longer had when the ledger asked for them."""

    node: str
    epoch: str
    first: int
    last: int
    noticed_at: datetime


@dataclass(frozen=True, slots=True)
class Cursor:
    """The ledger holds everything of (node, epoch) up to `seq`."""

    node: str
    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class Numbered:
    """A journal entry and its place in the ledger, which only grows."""

    number: int
    entry: Entry


class EntryUnreadable(Exception):
    """A row of the journal that this software cannot read; the text names it."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What can be said of a journal entry without reading its event."""

    number: int
    site: str
    kind: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Badge:
    """A journal entry that names somebody, as it is written: by a card, or as the member that staff named.

    `said` is its event, None where it is no JSON.
    """

    number: int
    site: str
    identity: Identity
    occurred_at: datetime
    said: Mapping[str, Any] | None

    @property
    def ref(self) -> str | None:
        return None if self.said is None else self.said.get("credential")

    @property
    def member(self) -> str | None:
        return None if self.said is None else self.said.get("member")


class Journal(Protocol):
    """Node events and staff decisions, each once, for ever. Reading entries raises EntryUnreadable."""

    def cursor(self, node: str, epoch: str) -> int: ...
    def cursors(self, node: str) -> list[Cursor]: ...
    def append(self, entries: Sequence[Entry], cursors: Iterable[Cursor]) -> None: ...
    def note_gap(self, node: str, epoch: str, first: int, last: int, at: datetime) -> None: ...
    def bury(self, letter: DeadLetter, at: datetime) -> None: ...
    def dead_letters(self, limit: int) -> list[DeadLetter]:
        """Return the latest, latest first."""
        ...

    def buried(self, *, payloads: bool = True) -> list[Buried]:
        """Return all dead letters, the first first; without `payloads` those are empty."""
        ...

    def buried_as(self, number: int) -> Buried | None: ...

    def unbury(self, number: int) -> None: ...
    def letters_since(self, since: datetime) -> list[LetterCount]:
        """Count the dead letters that came, or came again, since `since`."""
        ...

    def troubles(self, site: str, since: datetime) -> list[Entry]:
        """Return what nodes said of events lost: EpochBegun, EventsDropped and RecordUnreadable."""
        ...

    def gaps(self, since: datetime) -> list[Gap]: ...
    def around(self, identity: Identity) -> tuple[Entry | None, Entry | None]:
        """Return what is kept next before and next after `identity`, in its epoch."""
        ...

    def between(self, site: str, start: datetime, end: datetime, kinds: Iterable[str]) -> list[Entry]: ...
    def latest(self, site: str, since: datetime, kinds: Iterable[str], limit: int) -> list[Entry]:
        """Return the last `limit` entries of `kinds` since `since`, the latest first."""
        ...

    def after(self, number: int, limit: int) -> list[Numbered]: ...
    def headings(self, number: int, limit: int) -> list[Heading]:
        """Return what can be said of entries after `number`, whether or not they can be read."""
        ...

    def sites(self) -> list[str]:
        """Return the sites that have entries, also those that are no longer served."""
        ...

    def badges(self, site: str, start: datetime, end: datetime) -> list[Badge]:
        """Return the entries of [start, end) that name somebody, whether or not they can be read."""
        ...

    def badges_after(self, number: int, limit: int) -> list[Badge]:
        """Return the first entries that name somebody and came into the journal after `number`."""
        ...

    def badges_of(self, refs: Iterable[str], member: str | None = None) -> list[Badge]:
        """Return all entries that name one of these cards, or this member."""
        ...

    def rewrite(self, said: Mapping[int, Mapping[str, Any]]) -> None:
        """Let entries, by number, say something else: only to take names out, which changes no count."""
        ...

    def forget_letters(
        self, before: datetime | None = None, naming: Iterable[str] = (), beyond: int | None = None
    ) -> int:
        """Delete dead letters: last come before a moment, naming one of these cards, or beyond so many."""
        ...

    def next_moment(self, site: str, since: datetime) -> datetime | None:
        """Return when the first entry of `site` at or after `since` occurred."""
        ...

    def last_number(self) -> int: ...
    def get(self, identity: Identity) -> Entry | None: ...
    def span(self, node: str, epoch: str, first: int, last: int) -> list[Entry]:
        """Return what is kept of seqs `first` to `last`, both included."""
        ...

    def counts(self) -> dict[str, int]:
        """How many `events`, `gaps` and `dead_letters` (with repeats) the ledger holds."""
        ...
