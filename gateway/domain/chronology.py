"""Whose clock is believed: when a node's events happened, fixed once as they are committed.

A wall clock may be stepped, also one that calls itself synchronised; uptime never is. So a wall clock is
measured by what uptime makes of the moment at which its word arrived.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.domain.journal import Quality
from protocol.events import Record

TOLERANCE: Final = timedelta(seconds=60)
"""How far a wall clock may differ from what uptime makes of it, and be believed."""

DRIFT: Final = 0.001
"""By which part of the time gone by the two may drift apart besides: 1,000 ppm."""

_START_OF_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Mark:
    """At `uptime_s` of `boot` it was `at`, UTC; `quality` says how that is known."""

    boot: str
    uptime_s: float
    at: datetime
    quality: Quality


def place_in_time(records: Sequence[Record], arrival: Mark, last: Mark | None = None) -> list[Mark]:
    """Say for each of `records`, in order of seq, when it happened and how well that is known.

    `arrival` is the boot and uptime at which they were sent, with the moment at which they were received;
    `last` is the mark of the record before them in the same epoch. A synchronised clock is believed where it
    agrees with uptime. Otherwise uptime tells the distance to a moment of the same boot that is known: the
    arrival, or another mark. Otherwise the node's word is held between the records before and after. Marks
    never go back in the order of seq, and none is later than the arrival.
    """
    if last is not None and last.at > arrival.at:
        last = None  # this gateway's own clock was set back: what it said before counts no longer
    known = _known(records, arrival, last)
    floor = last.at if last else _START_OF_TIME
    marks: list[Mark] = []
    for record, mark, ceiling in zip(records, known, _ceilings(known, arrival.at), strict=True):
        placed = mark or _own_word(record, "estimated")
        floor = max(floor, min(placed.at, ceiling))
        marks.append(replace(placed, at=floor))
    return marks


def _known(records: Sequence[Record], arrival: Mark, last: Mark | None) -> list[Mark | None]:
    """Place each record by what came before it; what then remains by what came after it, in the same boot."""
    known: list[Mark | None] = []
    before = last
    for record in records:
        known.append(_place(record, arrival, before))
        before = known[-1] or before
    after: Mark | None = None
    for place in reversed(range(len(known))):
        known[place] = known[place] or _by_uptime(records[place], after)
        after = known[place] or after
    return known


def _place(record: Record, arrival: Mark, before: Mark | None) -> Mark | None:
    """Place a record by its own clock, by its arrival, or by the mark `before` it."""
    by_arrival, by_before = _by_uptime(record, arrival), _by_uptime(record, before)
    if by_arrival is None:
        booted_at = arrival.at - timedelta(seconds=arrival.uptime_s)
        possible = record.at <= booted_at + _slack(arrival.uptime_s)
        believed = possible and (_in_step(record, before) if by_before else _follows(record, before))
    else:  # an arrival may be late, never early: a clock that stayed in step is believed all the same
        late = record.at < by_arrival.at and _in_step(record, before)
        believed = late or _in_step(record, arrival)
    if believed and record.clock == "synchronised":
        return _own_word(record, "synchronised")
    return by_arrival or by_before


def _by_uptime(record: Record, other: Mark | None) -> Mark | None:
    """Place `record` by its distance from a mark of the same boot; None where that is none."""
    if other is None or other.boot != record.boot or other.quality == "estimated":
        return None
    at = other.at + timedelta(seconds=record.uptime_s - other.uptime_s)
    return Mark(record.boot, record.uptime_s, at, "uptime")


def _in_step(record: Record, other: Mark | None) -> bool:
    """Whether wall time and uptime tell the same distance from a mark of the same boot."""
    placed = _by_uptime(record, other)
    if placed is None or other is None:
        return False
    return abs(record.at - placed.at) <= _slack(abs(record.uptime_s - other.uptime_s))


def _follows(record: Record, before: Mark | None) -> bool:
    return before is None or record.at >= before.at - TOLERANCE


def _slack(distance_s: float) -> timedelta:
    return TOLERANCE + timedelta(seconds=DRIFT * distance_s)


def _own_word(record: Record, quality: Quality) -> Mark:
    return Mark(record.boot, record.uptime_s, record.at, quality)


def _ceilings(known: Sequence[Mark | None], received_at: datetime) -> list[datetime]:
    """For each record the earliest time of those after it that are known: it cannot have happened later."""
    ceilings: list[datetime] = []
    ceiling = received_at
    for mark in reversed(known):
        ceilings.append(ceiling)
        if mark is not None:
            ceiling = min(ceiling, mark.at)
    return ceilings[::-1]
