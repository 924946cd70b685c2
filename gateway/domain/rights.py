"""Rights as windows: what plans, bookings and locker grants open at one node, within one span of time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from gateway.domain.bookings import Booking
from gateway.domain.civil import days_of, opening_interval
from gateway.domain.people import Credential, Member, Plan
from protocol.access import Window
from protocol.site import Door, Site

_FAR = datetime.max.replace(tzinfo=UTC)

Windows = tuple[Window, ...]


class Interval(NamedTuple):
    """Half-open: [start, end), UTC."""

    start: datetime
    end: datetime

    def within(self, other: "Interval") -> "Interval":
        """Return the common part; it is empty where there is none."""
        return Interval(max(self.start, other.start), min(self.end, other.end))

    @property
    def empty(self) -> bool:
        return self.start >= self.end


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
    """What the rules of a site give at the doors and compartments of one node, clipped to `span`."""

    def __init__(self, site: Site, node: str, span: Interval) -> None:
        bookable = {space.id for space in site.spaces if space.bookable}
        self._site = site
        self._span = span
        self._compartments = frozenset(compartments_of(site, node))
        self._doors = [door for door in site.doors if door.node == node]
        self._common = [door for door in self._doors if door.perimeter or door.space not in bookable]
        openings = (opening_interval(site, day) for day in days_of(span.start, span.end, site.zone))
        self._open = [Interval(*opening) for opening in openings if opening is not None]
        self._of_plan: dict[tuple[Plan, str | None], Windows] = {}

    def of_plan(self, member: Member) -> Windows:
        """Return the windows of the member's plan: computed once for all members of one plan and office."""
        if self._site.id not in member.sites:
            return ()
        key = (member.plan, member.office if member.plan == "resident" else None)
        if key not in self._of_plan:
            self._of_plan[key] = tuple(self._plan(*key))
        return self._of_plan[key]

    def _plan(self, plan: Plan, office: str | None) -> Iterator[Window]:
        if plan == "guest":
            return
        if plan == "staff":
            yield from self._windows(self._doors, self._span, "staff")
            return
        for opening in self._open:
            yield from self._windows(self._common, opening, "member")
        if any(space.id == office for space in self._site.spaces):  # an office may be at another site
            yield from self._windows(self._way_to(office), self._span, f"resident:{office}")

    def of_bookings(self, bookings: Iterable[Booking]) -> Iterator[tuple[str, Window]]:
        """Yield (member, window) for the way into each booked space, with the site's margin on both sides."""
        margin = timedelta(minutes=self._site.access.booking_margin_min)
        for booking in bookings:
            if booking.status == "confirmed" and booking.site == self._site.id:
                interval = Interval(booking.starts_at - margin, booking.ends_at + margin)
                for window in self._windows(self._way_to(booking.space), interval, f"booking:{booking.id}"):
                    yield booking.member, window

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
        clipped = interval.within(self._span)
        if not clipped.empty:
            for door in doors:
                yield _window(door.id, clipped, why)


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


def term_of(member: Member, credential: Credential) -> Interval:
    """Return while the membership holds and the badge is the member's."""
    membership = Interval(member.since, member.until or _FAR)
    return membership.within(Interval(credential.since, credential.revoked_at or _FAR))


def clip(windows: Windows, term: Interval) -> Windows:
    """Cut each window to `term`, and leave out what lies outside."""
    cut = ((window, Interval(window.start, window.end).within(term)) for window in windows)
    return tuple(_window(window.point, rest, window.why) for window, rest in cut if not rest.empty)


def _window(point: str, interval: Interval, why: str) -> Window:
    return Window(point=point, start=interval.start, end=interval.end, why=why)
