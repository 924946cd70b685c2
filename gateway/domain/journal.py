"""The journal: what nodes saw, each with the identity and the time that it keeps for ever."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from protocol.events import Event, EventBatch, Record

Quality = Literal["synchronised", "uptime", "estimated"]
"""How an entry's time is known: by the node's own clock, by its uptime, or only by its neighbours."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Names one event for ever. `epoch` is a spool's birth mark, `seq` counts from 1 within it."""

    node: str
    epoch: str
    seq: int

    def __str__(self) -> str:
        return f"{self.node}/{self.epoch}/{self.seq}"


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in the journal. `occurred_at` is UTC, fixed once when the event was committed."""

    site: str
    identity: Identity
    occurred_at: datetime
    quality: Quality
    event: Event


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Sort by (occurred_at, node, epoch, seq): the one order in which all rules read the journal."""
    return sorted(entries, key=_order)


def _order(entry: Entry) -> tuple[datetime, str, str, int]:
    identity = entry.identity
    return (entry.occurred_at, identity.node, identity.epoch, identity.seq)


def place_in_time(batch: EventBatch, received_at: datetime) -> list[tuple[datetime, Quality]]:
    """Say for each record of `batch`, in its order, when it happened and how well that is known.

    A synchronised node is believed. Otherwise uptime tells the distance to a moment of the same boot that is
    known: the arrival of the batch, or a synchronised record. Otherwise the node's word is held between the
    records before and after.
    """
    anchors = {record.boot: record for record in batch.records if record.clock == "synchronised"}
    known = [_known_time(record, anchors.get(record.boot), batch, received_at) for record in batch.records]
    ceilings = _ceilings(known, received_at)
    placed: list[tuple[datetime, Quality]] = []
    for record, exact, ceiling in zip(batch.records, known, ceilings, strict=True):
        if exact is not None:
            placed.append(exact)
        else:
            floor = placed[-1][0] if placed else record.at
            placed.append((min(max(record.at, floor), ceiling), "estimated"))
    return placed


def _known_time(
    record: Record, anchor: Record | None, batch: EventBatch, received_at: datetime
) -> tuple[datetime, Quality] | None:
    """Place `record` where it can be computed; `anchor` is a synchronised record of the same boot."""
    if record.clock == "synchronised":
        return record.at, "synchronised"
    if record.boot == batch.boot:
        ago_s = max(0.0, batch.sent_uptime_s - record.uptime_s)
        return received_at - timedelta(seconds=ago_s), "uptime"
    if anchor is not None:
        return anchor.at + timedelta(seconds=record.uptime_s - anchor.uptime_s), "uptime"
    return None


def _ceilings(known: list[tuple[datetime, Quality] | None], received_at: datetime) -> list[datetime]:
    """For each record the time of the next one that is known: it cannot have happened later."""
    ceilings: list[datetime] = []
    ceiling = received_at
    for exact in reversed(known):
        ceilings.append(ceiling)
        if exact is not None:
            ceiling = exact[0]
    return ceilings[::-1]
