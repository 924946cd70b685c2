"""The truth of a simulation: an append-only file of what happened, kept apart from all that is judged by it.

One JSON object a line, each of one kind (`fact`): a card and its holder, an event that a simulated node made,
a card held to a reader, and the time that someone really was in a place, whatever any sensor saw of it.
"""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from protocol.base import as_wire_time

Category = Literal["member", "guest", "staff"]


@dataclass(frozen=True, slots=True)
class Holder:
    """`person` holds the card that doors know as `credential`, from `since` until `until` (None: still)."""

    person: str
    credential: str
    category: Category
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Seen:
    """An event by its identity (node, epoch, seq); `content` is the event as the wire has it."""

    site: str
    node: str
    epoch: str
    seq: int
    at: datetime
    content: dict[str, Any]

    @property
    def identity(self) -> str:
        """As visits name it: node/epoch/seq."""
        return f"{self.node}/{self.epoch}/{self.seq}"


@dataclass(frozen=True, slots=True)
class Tap:
    """A card was held to a real reader; an event should come of it."""

    site: str
    node: str
    reader: str
    credential: str
    person: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Presence:
    """`person` really was inside in [begun_at, ended_at); None: still."""

    site: str
    person: str
    begun_at: datetime
    ended_at: datetime | None


Fact = Holder | Seen | Tap | Presence

_KINDS: dict[str, type[Fact]] = {"holder": Holder, "event": Seen, "tap": Tap, "presence": Presence}
_WORDS = {kind: word for word, kind in _KINDS.items()}
_TIMES = ("at", "since", "until", "begun_at", "ended_at")


class Truth:
    """Writes facts at the end of `path`, one at a time, from any thread. Times must be aware."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()

    def holder(
        self, person: str, credential: str, category: Category, since: datetime, until: datetime | None = None
    ) -> None:
        """Note who received a card; and again, with `until`, when it is taken back."""
        self._write(Holder(person, credential, category, since, until))

    def event(
        self, site: str, node: str, epoch: str, seq: int, at: datetime, content: dict[str, Any]
    ) -> None:
        """Note what a simulated node made. Real nodes need not: their spool is read."""
        self._write(Seen(site, node, epoch, seq, at, content))

    def tap(self, site: str, node: str, reader: str, credential: str, person: str, at: datetime) -> None:
        """Note a card held to the reader of a real node."""
        self._write(Tap(site, node, reader, credential, person, at))

    def presence(self, site: str, person: str, begun_at: datetime, ended_at: datetime | None) -> None:
        """Note that someone was inside. A stay under way is told with None, and again with its end."""
        self._write(Presence(site, person, begun_at, ended_at))

    def flush(self) -> None:
        """Let readers of the file see all that was written."""
        with self._lock:
            self._file.flush()

    def close(self) -> None:
        with self._lock:
            self._file.close()

    def _write(self, fact: Fact) -> None:
        line = json.dumps(
            {"fact": _WORDS[type(fact)], **_plain(fact)}, ensure_ascii=False, separators=(",", ":")
        )
        with self._lock:
            self._file.write(line + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class TruthUnreadable(ValueError):
    """A line that is no fact; the text says which file and line."""


def read_truth(path: Path) -> Iterator[Fact]:
    """Yield the facts of a file in the order in which they were written. Raises TruthUnreadable."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                plain = json.loads(line)
                kind = _KINDS[plain.pop("fact")]
                yield kind(**{key: _value(key, value) for key, value in plain.items()})
            except (ValueError, KeyError, TypeError) as error:
                raise TruthUnreadable(f"{path}, line {number}: not a fact: {line:.80}") from error


def _plain(fact: Fact) -> dict[str, Any]:
    return {
        field.name: as_wire_time(value) if isinstance(value, datetime) else value
        for field in fields(fact)
        for value in [getattr(fact, field.name)]
    }


def _value(key: str, value: Any) -> Any:
    if key in _TIMES and value is not None:
        return datetime.fromisoformat(value).astimezone(UTC)
    return value
