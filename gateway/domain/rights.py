"""Rights as windows: what plans, bookings and locker grants open at one node, within one span of time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gateway.domain.bookings import Booking
from gateway.domain.civil import days_of
from gateway.domain.interval import Interval
from gateway.domain.opening_hours import open_to
from gateway.domain.people import Plan
from gateway.domain.privatisation import Privatisation
from protocol.access import Window
from protocol.site import Door, Site

Windows = tuple[Window, ...]
PlanKey = tuple[Plan, str | None, tuple[date, ...] | None]
"""A plan, the office that goes with it, and the days that are left of it where they are counted."""


@dataclass(frozen=True, slots=True)
class CompartmentGrant:
    """A member's right to one compartment in [start, end), UTC; `why` is "loan:ID" or "parcel:ID"."""

    site: str
    compartment: str
    member: str
    why: str
    start: datetime
    end: datetime


class NodeRights:
    """What the rules of a site give at the doors and compartments of one node, clipped to `span`.

    What is hired whole in `privatisations` is closed to plans and to bookings meanwhile.
    """

    def __init__(
        self, site: Site, node: str, span: Interval, privatisations: Sequence[Privatisation]
    ) -> None:
        bookable = {space.id for space in site.spaces if space.bookable}
        self._site = site
        self._span = span
        self._compartments = frozenset(compartments_of(site, node))
        self._doors = [door for door in site.doors if door.node == node]
        self._common = [door for door in self._doors if door.perimeter or door.space not in bookable]
        self._days = days_of(span.start, span.end, site.zone)
        self._privatisations = [
            each for each in privatisations if each.status == "confirmed" and each.site == site.id
        ]
        self._private: defaultdict[str, list[Interval]] = defaultdict(list)
        for each in self._privatisations:
            for door in each.closed_doors(site):
                self._private[door.id].append(Interval(each.starts_at, each.ends_at))
        self._of_plan: dict[PlanKey, Windows] = {}

    @property
    def doors(self) -> bool:
        """Whether anybody could come in at this node."""
        return bool(self._doors)

    def of_plan(self, key: PlanKey) -> Windows:
        """Return the windows of a plan: computed once for all who have the same."""
        if key not in self._of_plan:
            self._of_plan[key] = tuple(self._plan(*key))
        return self._of_plan[key]

    def _plan(self, plan: Plan, office: str | None, days: tuple[date, ...] | None) -> Iterator[Window]:
        if plan == "guest":
            return
        if plan == "staff":
            for door in self._doors:
                yield _window(door.id, self._span, "staff")
            return
        for day in self._days if days is None else days:
            opening = open_to(self._site, day, plan)
            if opening is not None:
                yield from self._windows(self._common, opening, "member")
        if any(space.id == office for space in self._site.spaces):  # an office may be at another site
            yield from self._windows(self._way_to(office), self._span, f"resident:{office}")

    def of_bookings(
        self, bookings: Iterable[Booking], ends: Mapping[str, datetime]
    ) -> Iterator[tuple[str, Window]]:
        """Yield (member, window) for the way into each booked space, with the site's margin on both sides.

        What was given back in `ends` ends then: the space may be somebody else's from that moment on.
        """
        margin = timedelta(minutes=self._site.access.booking_margin_min)
        for booking in bookings:
            if booking.status == "confirmed" and booking.site == self._site.id:
                end = ends.get(booking.id, booking.ends_at + margin)
                interval = Interval(booking.starts_at - margin, end)
                for window in self._windows(self._way_to(booking.space), interval, f"booking:{booking.id}"):
                    yield booking.member, window

    def of_privatisations(self) -> Iterator[tuple[str, Window]]:
        """Yield (member, window) for the way in of each who is admitted, with the margin on both sides."""
        margin = timedelta(minutes=self._site.access.booking_margin_min)
        here = {door.id for door in self._doors}
        for each in self._privatisations:
            interval = Interval(each.starts_at - margin, each.ends_at + margin).within(self._span)
            if interval.empty:
                continue
            for door in each.way_in(self._site):
                if door.id in here:
                    window = _window(door.id, interval, f"privatisation:{each.id}")
                    yield from ((member, window) for member in each.admitted)

    def of_grants(self, grants: Iterable[CompartmentGrant]) -> Iterator[tuple[str, Window]]:
        """Yield (member, window) for each grant of a compartment at this node."""
        for grant in grants:
            interval = Interval(grant.start, grant.end).within(self._span)
            here = grant.site == self._site.id and grant.compartment in self._compartments
            if here and not interval.empty:
                yield grant.member, _window(grant.compartment, interval, grant.why)

    def _way_to(self, space: str | None) -> list[Door]:
        """Return the doors on the way from the street into `space`."""
        return [door for door in self._doors if door.perimeter or door.space == space]

    def _windows(self, doors: Sequence[Door], interval: Interval, why: str) -> Iterator[Window]:
        """Open `doors` for a time, save while they are hired for others."""
        clipped = interval.within(self._span)
        for door in doors:
            for piece in clipped.without(self._private.get(door.id, ())):
                yield _window(door.id, piece, why)


def node_of_compartment(site: Site, compartment: str) -> str:
    """Return the node on which a compartment of the site hangs."""
    bank = next(each.bank for each in site.compartments if each.id == compartment)
    return next(each.node for each in site.banks if each.id == bank)


def compartments_of(site: Site, node: str) -> list[str]:
    """Return the ids of the compartments whose locks hang at `node`."""
    banks = {bank.id for bank in site.banks if bank.node == node}
    return [compartment.id for compartment in site.compartments if compartment.bank in banks]


def by_member(rights: Iterable[tuple[str, Window]]) -> Mapping[str, Windows]:
    """Gather each member's windows, in order of time."""
    found: defaultdict[str, list[Window]] = defaultdict(list)
    for member, window in rights:
        found[member].append(window)
    return {
        member: tuple(sorted(windows, key=lambda w: (w.start, w.end, w.point, w.why)))
        for member, windows in found.items()
    }


def clip(windows: Windows, terms: Sequence[Interval]) -> Windows:
    """Cut each window to `terms`, and leave out what lies outside."""
    cut = ((window, Interval(window.start, window.end).within(term)) for window in windows for term in terms)
    return tuple(_window(window.point, rest, window.why) for window, rest in cut if not rest.empty)


def _window(point: str, interval: Interval, why: str) -> Window:
    return Window(point=point, start=interval.start, end=interval.end, why=why)
