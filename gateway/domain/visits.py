"""Visits: who was in a place from when to when, read from badges, doors and counters, or said by hand.

A visit is a pure function of the set of entries of one civil day and of `as_of`: whatever the order in which
entries arrive, and however late, the same set gives the same visits.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal

from gateway.domain.by_hand import CheckedByHand, TakenBack
from gateway.domain.civil import closing_time, day_bounds
from gateway.domain.journal import Entry, in_order
from gateway.domain.people import Holders
from protocol.events import BadgePresented, Crossed, DoorClosed, DoorOpened
from protocol.site import Site

VisitQuality = Literal["measured", "estimated", "by-hand", "closed-by-rule"]
"""How both ends are known: `by-hand`: staff said one of them; `closed-by-rule`: nobody saw the end."""

CROSSING_AFTER_BADGE: Final = timedelta(seconds=10)
"""How long after an exit badge a crossing outward is the same person leaving."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A member's stay at a site in [begun_at, ended_at), UTC; still open where `ended_at` is None.

    `begun_by` and `ended_by` name the entries ("node/epoch/seq") that say so; a rule has no entry.
    """

    site: str
    member: str
    begun_at: datetime
    ended_at: datetime | None
    quality: VisitQuality
    begun_by: str
    ended_by: str | None

    @property
    def duration(self) -> timedelta | None:
        """How long the stay was; None while it is open."""
        return None if self.ended_at is None else self.ended_at - self.begun_at


def visits_of_day(
    site: Site, day: date, entries: Iterable[Entry], holders: Holders, as_of: datetime
) -> list[Visit]:
    """Return the visits of `day` (civil, in the site's zone) in order of beginning, as known at `as_of`.

    Entries of other days and sites are passed over.
    """
    start, end = day_bounds(day, site.zone)
    of_day = in_order(e for e in entries if e.site == site.id and start <= e.occurred_at < end)
    reading = _Reading(site, of_day, holders)
    for entry in of_day:
        reading.take(entry)
    closes_at = closing_time(site, day)
    return [_close_by_rule(visit, closes_at, end, as_of) for visit in reading.visits]


def _close_by_rule(visit: Visit, closes_at: datetime | None, midnight: datetime, as_of: datetime) -> Visit:
    """End a visit that nobody ended: at closing time, or at midnight where it began too late for that."""
    if visit.ended_at is not None:
        return visit
    ends_at = midnight if closes_at is None or visit.begun_at >= closes_at else closes_at
    if as_of < ends_at:
        return visit
    return replace(visit, ended_at=ends_at, quality="closed-by-rule")


class _Reading:
    """One day of one site, read entry by entry in order."""

    def __init__(self, site: Site, entries: list[Entry], holders: Holders) -> None:
        self.visits: list[Visit] = []
        self._holders = holders
        self._taken_back = {entry.event.entry for entry in entries if isinstance(entry.event, TakenBack)}
        self._doors = {door.id for door in site.doors}
        self._perimeter_counters = {counter.id for counter in site.counters if counter.perimeter}
        self._grants_that_opened = {
            (entry.identity.node, entry.event.grant_epoch or entry.identity.epoch, entry.event.grant)
            for entry in entries
            if isinstance(entry.event, DoorOpened) and entry.event.cause == "grant"
        }
        self._standing_open: set[str] = set()
        self._open_visits: dict[str, int] = {}  # member -> place in self.visits
        self._exits: list[datetime] = []  # those that have not explained a crossing, latest last

    def take(self, entry: Entry) -> None:
        match entry.event:
            case BadgePresented(granted=True) as badge:
                self._badge(entry, badge)
            case CheckedByHand() as said if str(entry.identity) not in self._taken_back:
                self._said(entry, said)
            case DoorOpened() as opened:
                self._standing_open.add(opened.door)
            case DoorClosed() as closed:
                self._standing_open.discard(closed.door)
            case Crossed(direction="out") as crossed if crossed.counter in self._perimeter_counters:
                self._crossed_out(entry)
            case _:
                pass

    def _badge(self, entry: Entry, badge: BadgePresented) -> None:
        member = self._holders.holder(badge.credential, entry.occurred_at)
        if badge.direction == "out":
            self._leave(member, entry)
        elif member is not None and badge.point in self._doors:
            quality = self._quality(entry, badge)
            if quality is not None:  # else the door never opened: nobody came in
                self._begin(member, entry, quality)

    def _said(self, entry: Entry, said: CheckedByHand) -> None:
        if said.what == "check_in":
            self._begin(said.member, entry, "by-hand")
        else:
            self._leave(said.member, entry, "by-hand")

    def _quality(self, entry: Entry, badge: BadgePresented) -> VisitQuality | None:
        identity = entry.identity
        if (identity.node, identity.epoch, identity.seq) in self._grants_that_opened:
            return "measured"
        return "estimated" if badge.free_passage or badge.point in self._standing_open else None

    def _begin(self, member: str, entry: Entry, quality: VisitQuality) -> None:
        if member in self._open_visits:
            return
        self._open_visits[member] = len(self.visits)
        begun_by = str(entry.identity)
        self.visits.append(Visit(entry.site, member, entry.occurred_at, None, quality, begun_by, None))

    def _leave(self, member: str | None, entry: Entry, quality: VisitQuality | None = None) -> None:
        """End a visit by a badge or by hand: either explains the crossing outward that follows."""
        self._exits.append(entry.occurred_at)
        if member is not None and member in self._open_visits:
            self._end(member, entry, quality)

    def _crossed_out(self, entry: Entry) -> None:
        if self._exits and entry.occurred_at - self._exits[-1] <= CROSSING_AFTER_BADGE:
            self._exits.pop()
        elif len(self._open_visits) == 1:
            (member,) = self._open_visits
            self._end(member, entry, quality="estimated")

    def _end(self, member: str, entry: Entry, quality: VisitQuality | None = None) -> None:
        place = self._open_visits.pop(member)
        visit = self.visits[place]
        self.visits[place] = replace(
            visit,
            ended_at=entry.occurred_at,
            ended_by=str(entry.identity),
            quality=quality or visit.quality,
        )
