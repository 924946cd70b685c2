"""Keeping the projections in step with the journal: whatever was touched is worked out again, whole."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from time import thread_time
from typing import Final, NamedTuple

from gateway.domain import civil
from gateway.domain.bookings import Booking, nodes_on_the_way
from gateway.domain.history import DAY_KINDS
from gateway.domain.journal import Entry
from gateway.domain.opening import LOCKER_KINDS, point_of
from gateway.domain.rights import node_of_compartment
from gateway.pace import Pace
from gateway.ports import Books, Part
from gateway.projections import Projections
from gateway.waiting import serve
from protocol.site import Site

_PROJECTED: Final = "projected_up_to"
_TOGETHER: Final = 5000
_TURN_S: Final = 0.1
_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
_END: Final = datetime.max.replace(tzinfo=UTC)


class Day(NamedTuple):
    """A civil day of a site."""

    site: str
    day: date


class Locker(NamedTuple):
    """A compartment of a site."""

    site: str
    compartment: str


@dataclass(frozen=True, slots=True)
class Changed:
    """What came out differently: the sites whose picture changed, the nodes at which rights may have.

    `served` are bookings that waited, and have their space now.
    """

    sites: set[str] = field(default_factory=set)
    nodes: set[str] = field(default_factory=set)
    served: list[Booking] = field(default_factory=list)


class Projector:
    """Remembers what is out of step, and brings it back.

    A day that costs much is brought back more rarely while more comes in: under a backlog the work stays in
    proportion to it, and a day that costs little never waits for one that costs much.
    """

    def __init__(self, sites: Mapping[str, Site], stopwatch: Callable[[], float] = thread_time) -> None:
        self._sites = sites
        self._compartments = {site.id: {each.id for each in site.compartments} for site in sites.values()}
        self._watching_room = {site.id: _nodes_that_refuse_when_full(site) for site in sites.values()}
        self._pace: Pace[Day | Locker] = Pace(stopwatch)
        self._stopwatch = stopwatch
        self._days: set[Day] = set()
        self._lockers: dict[Locker, tuple[datetime, datetime]] = {}  # from when to when they were touched
        self._worked_out: list[Day | Locker] = []
        self._looks: dict[Day, datetime] = {}  # when time alone may give a booked space back
        self._waiting: set[Day] = set()  # that time has come, and a node has yet to say that it saw nobody

    @property
    def behind(self) -> bool:
        """Whether anything waits to be worked out."""
        return bool(self._days or self._lockers)

    @property
    def due(self) -> bool:
        """Whether anything waits whose turn has come, even while more comes in."""
        return any(self._pace.allows(mark) for mark in self._by_urgency())

    def mark(self, entries: Iterable[Entry]) -> None:
        """Note what `entries` put out of step."""
        for entry in entries:
            site = self._sites.get(entry.site)
            if site is None:
                continue  # a site that is no longer served: its journal stays, its picture stands still
            if entry.event.type in DAY_KINDS:
                self.mark_day(site.id, civil.day_of(entry.occurred_at, site.zone))
            point = point_of(entry.event)
            if point in self._compartments[site.id]:
                self._mark_locker(Locker(site.id, point), entry.occurred_at)

    def resume(self, books: Books) -> None:
        """Mark what was committed before a crash and not worked out any more, and what stood still."""
        number = int(books.note(_PROJECTED) or 0)
        while headings := books.journal.headings(number, _TOGETHER):
            for heading in headings:
                site = self._sites.get(heading.site)
                if site is not None and heading.kind in DAY_KINDS:
                    self.mark_day(site.id, civil.day_of(heading.occurred_at, site.zone))
                if site is not None and heading.kind in LOCKER_KINDS:
                    self._mark_lockers(site.id, heading.occurred_at)
            number = headings[-1].number
        for standstill in books.projections.standstills():
            self._mark_part(standstill.part)

    def mark_day(self, site: str, day: date) -> None:
        self._days.add(Day(site, day))

    def pass_time(self, now: datetime) -> None:
        """Mark the days with bookings that nobody came to in time, or that were left early."""
        for day in [day for day, at in self._looks.items() if at <= now]:
            del self._looks[day]
            self._days.add(day)

    def hear(self, site: str) -> None:
        """Mark the days on which a word from a node of `site` was waited for."""
        heard = {day for day in self._waiting if day.site == site}
        self._waiting -= heard
        self._days |= heard

    def mark_unended(self, books: Books) -> None:
        """Mark the days on which somebody is still inside: time alone can end a visit."""
        for site in self._sites:
            for day in books.projections.days(site, unended=True):
                self.mark_day(site, day)

    def catch_up(self, books: Books, now: datetime, *, at_leisure: bool = True) -> Changed:
        """Work out what is out of step, for a tenth of a second or so; say `done` once it is committed.

        Unless `at_leisure`, leave what costs too much to be worked out again so soon.
        """
        changed, began_s = Changed(), self._stopwatch()
        projections = Projections(books, self._sites, now)
        self._worked_out = []
        for mark in self._by_urgency():
            if self._stopwatch() - began_s > _TURN_S:
                break
            if at_leisure or self._pace.allows(mark):
                with self._pace.timing(mark):
                    self._note(changed, self._work_out(books, projections, mark, changed), mark)
                self._worked_out.append(mark)
        if projections.days_counted:  # at whichever site: plans count the days at all of them
            counting = [site for site in self._sites.values() if site.counts_days]
            changed.nodes.update(node.id for site in counting for node in site.nodes)
        self._serve(books, changed, now)
        if len(self._worked_out) == len(self._days) + len(self._lockers):
            books.remember(_PROJECTED, str(books.journal.last_number()))
        return changed

    def done(self) -> None:
        """Forget what was worked out: it is on the disk."""
        for mark in self._worked_out:
            if isinstance(mark, Day):
                self._days.discard(mark)
            else:
                self._lockers.pop(mark, None)
        self._worked_out = []

    def _serve(self, books: Books, changed: Changed, now: datetime) -> None:
        """Give what came free to those who wait, at the sites whose today was worked out."""
        for mark in self._worked_out:
            site = self._sites[mark.site]
            if not isinstance(mark, Day) or mark.day != civil.day_of(now, site.zone):
                continue
            for booking in serve(books, site, now):
                changed.served.append(booking)
                changed.sites.add(site.id)
                changed.nodes.update(nodes_on_the_way(site, booking.space))

    def _by_urgency(self) -> list[Day | Locker]:
        """List lockers, for they may be in somebody's way; then the latest day first."""
        return [*sorted(self._lockers), *sorted(self._days, key=lambda mark: mark.day, reverse=True)]

    def _work_out(
        self, books: Books, projections: Projections, mark: Day | Locker, changed: Changed
    ) -> list[Part]:
        if isinstance(mark, Day):
            return self._work_out_day(projections, mark, changed)
        span = self._lockers[mark]
        lent, kept = books.lockers.loans_during(*mark, *span), books.lockers.parcels_during(*mark, *span)
        parts = [part for loan in lent for part in projections.work_out_loan(loan)]
        return parts + [part for parcel in kept for part in projections.work_out_parcel(parcel)]

    def _work_out_day(self, projections: Projections, day: Day, changed: Changed) -> list[Part]:
        parts = projections.work_out_day(*day)
        if any(part.projection == "spaces" for part in parts):
            changed.nodes.update(self._watching_room[day.site])
        looked = projections.attended
        changed.nodes.update(looked.nodes)
        self._waiting.discard(day)
        self._looks.pop(day, None)
        if looked.look_again_at is not None and looked.look_again_at > projections.now:
            self._looks[day] = looked.look_again_at
        elif looked.look_again_at is not None:
            self._waiting.add(day)
        return parts

    def _note(self, changed: Changed, parts: list[Part], mark: Day | Locker) -> None:
        if parts:
            changed.sites.add(mark.site)
        if parts and isinstance(mark, Locker):
            changed.nodes.add(node_of_compartment(self._sites[mark.site], mark.compartment))

    def _mark_part(self, part: Part) -> None:
        if part.site not in self._sites:
            return
        if part.projection in {"visits", "bookings", "clones"}:
            self.mark_day(part.site, date.fromisoformat(part.subject))
        elif part.projection in {"loan", "parcel"}:
            self._mark_lockers(part.site, _BEGINNING)
            self._mark_lockers(part.site, _END)

    def _mark_lockers(self, site: str, moment: datetime) -> None:
        for compartment in self._compartments[site]:
            self._mark_locker(Locker(site, compartment), moment)

    def _mark_locker(self, locker: Locker, moment: datetime) -> None:
        first, last = self._lockers.get(locker, (moment, moment))
        self._lockers[locker] = min(first, moment), max(last, moment)


def _nodes_that_refuse_when_full(site: Site) -> frozenset[str]:
    """Return the nodes of doors into spaces that take nobody more once they are full."""
    limited = {space.id for space in site.spaces if space.when_full == "refuse"}
    return frozenset(door.node for door in site.doors if door.space in limited)
