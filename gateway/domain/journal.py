"""The journal: what nodes saw and staff decided, each with the identity and time that it keeps for ever."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

from gateway.domain.by_hand import ByHand
from protocol.events import BadgePresented, ClockQuality, Event, Record, RecordDropped, RecordUnreadable

Quality = Literal["synchronised", "uptime", "estimated"]
"""How an entry's time is known: by the node's own clock, by its uptime, or only by its neighbours."""

Content = Event | ByHand
"""What an entry says: what a node saw, or what staff decided."""

_STAND_INS = (RecordDropped, RecordUnreadable)


@dataclass(frozen=True, slots=True)
class Identity:
    """Names one event for ever: `seq` counts from 1 within `epoch`.

    That is the birth mark of a spool; of what is said by hand, that of the gateway's run.
    """

    node: str
    epoch: str
    seq: int

    def __str__(self) -> str:
        return f"{self.node}/{self.epoch}/{self.seq}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the identity that is written so. Raises ValueError."""
        node, epoch, seq = text.split("/")
        return cls(node, epoch, int(seq))


@dataclass(frozen=True, slots=True)
class NodeTime:
    """The node's own clocks when it saw an event, as they travelled: `at` is its wall time, UTC."""

    boot: str
    uptime_s: float
    at: datetime
    clock: ClockQuality


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in the journal. `occurred_at` is UTC, fixed once when the event was committed.

    `told` is None for what was committed before the ledger kept it, and for what staff said.
    """

    site: str
    identity: Identity
    occurred_at: datetime
    quality: Quality
    event: Content
    told: NodeTime | None = None


def told_by(record: Record) -> NodeTime:
    """Return the clocks that travelled with `record`."""
    return NodeTime(record.boot, record.uptime_s, record.at, record.clock)


def says_the_same(entry: Entry, record: Record) -> bool:
    """Whether `record` is the event that `entry` keeps, come again; not another under the same number.

    A node that never learnt that an event was taken may send a stand-in for it: that is no other event.
    """
    if isinstance(entry.event, _STAND_INS) or isinstance(record.event, _STAND_INS):
        return True
    told = entry.told
    same_moment = told is None or (told.boot, told.uptime_s) == (record.boot, record.uptime_s)
    if told is not None and isinstance(entry.event, BadgePresented):
        return same_moment and _unnamed(entry.event) == _unnamed(record.event)
    return same_moment and entry.event == record.event


def _unnamed(event: Event) -> Event:
    """Return `event` without whom it names, which may have been taken out of the journal meanwhile."""
    if not isinstance(event, BadgePresented):
        return event
    return event.model_copy(update={"credential": "", "why": None})


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Sort by (occurred_at, node, epoch, seq): the one order in which all rules read the journal."""
    return sorted(entries, key=_order)


def _order(entry: Entry) -> tuple[datetime, str, str, int]:
    identity = entry.identity
    return (entry.occurred_at, identity.node, identity.epoch, identity.seq)
