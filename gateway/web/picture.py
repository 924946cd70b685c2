"""The picture of a place at one moment: who is where, what comes next, which nodes answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.domain import civil, occupancy
from gateway.domain.bookings import Booking
from gateway.domain.gatherings import Gathering, HeadCount
from gateway.domain.journal import Entry
from gateway.domain.occupancy import SpaceState
from gateway.handlers import answers
from gateway.ports import Books, Ledger, NodeReport
from gateway.web.alarms import Alarm, alarms_of
from gateway.web.head_counts import held_now
from protocol.events import BadgePresented, CodeEntered, DoorHeldOpen, DoorOpened, ReaderLost, ReaderRestored
from protocol.site import Site, Space

_HAPPENINGS: Final = 6
_LOOKED_THROUGH: Final = 40
_RECENT: Final = timedelta(hours=24)
_BOOKINGS: Final = 6
_KINDS: Final = (
    "BadgePresented",
    "CodeEntered",
    "DoorOpened",
    "DoorHeldOpen",
    "ReaderLost",
    "ReaderRestored",
)


@dataclass(frozen=True, slots=True)
class SpaceView:
    """How one space stands. `stale_since` is when its nodes were last heard, where they are silent now.

    `sensed` says whether it has any sensor at all.
    """

    space: Space
    people: int | None
    occupied: bool | None
    since: datetime | None
    sensed: bool
    stale_since: datetime | None


@dataclass(frozen=True, slots=True)
class NodeView:
    """Whether a node answers, and which access list it holds."""

    node: str
    online: bool
    heard_at: datetime | None
    list_revision: int | None
    issued_revision: int | None


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened at a door or a cabinet, without who it was. `reason` tells why not."""

    at: datetime
    place: str
    what: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class SitePicture:
    """One site. `present` counts open visits, `counted` is what the perimeter counters say.

    `gatherings` are the events of this moment, and how many are at each.
    """

    site: Site
    present: int
    counted: int | None
    spaces: tuple[SpaceView, ...]
    nodes: tuple[NodeView, ...]
    bookings: tuple[Booking, ...]
    happenings: tuple[Happening, ...]
    alarms: tuple[Alarm, ...]
    gatherings: tuple[tuple[Gathering, HeadCount], ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """All sites as they stood at `as_of` (UTC)."""

    as_of: datetime
    sites: tuple[SitePicture, ...]


def take(ledger: Ledger, sites: Mapping[str, Site], now: datetime) -> Picture:
    """Take the picture of `sites` at `now`, in one reading of the ledger."""
    with ledger.reading() as books:
        reports = {report.node: report for report in books.nodes.reports()}
        issued = {node: issue.revision for node, issue in books.nodes.issues().items()}
        return Picture(now, tuple(_site(books, site, reports, issued, now) for site in sites.values()))


def _site(
    books: Books, site: Site, reports: Mapping[str, NodeReport], issued: Mapping[str, int], now: datetime
) -> SitePicture:
    today = civil.day_of(now, site.zone)
    midnight, next_midnight = civil.day_bounds(today, site.zone)
    states = occupancy.at(books.projections.spaces(site.id), site, now)
    visits = books.projections.visits(today, today + timedelta(days=1), site.id)
    nodes = tuple(_node(node.id, reports, issued, now) for node in site.nodes)
    silent = {view.node: view.heard_at or midnight for view in nodes if not view.online}
    counted = states.get(occupancy.WHOLE_SITE)
    return SitePicture(
        site=site,
        present=sum(visit.ended_at is None or visit.ended_at > now for visit in visits),
        counted=counted.people if counted else None,
        spaces=tuple(_space(site, space, states, silent) for space in site.spaces),
        nodes=nodes,
        bookings=_next(books, site, now, next_midnight),
        happenings=_happenings(site, books.journal.latest(site.id, now - _RECENT, _KINDS, _LOOKED_THROUGH)),
        alarms=tuple(alarms_of(books, site, now)),
        gatherings=tuple(held_now(books, site, now)),
    )


def _node(node: str, reports: Mapping[str, NodeReport], issued: Mapping[str, int], now: datetime) -> NodeView:
    report = reports.get(node)
    return NodeView(
        node=node,
        online=report is not None and answers(report, now),
        heard_at=report.heard_at if report else None,
        list_revision=report.status.list_revision if report and report.status else None,
        issued_revision=issued.get(node),
    )


def _space(
    site: Site, space: Space, states: Mapping[str, SpaceState], silent: Mapping[str, datetime]
) -> SpaceView:
    watching = {sensor.node for sensor in site.presence_sensors if sensor.space == space.id}
    watching |= {counter.node for counter in site.counters if counter.space == space.id}
    state = states.get(space.id)
    return SpaceView(
        space=space,
        people=state.people if state else None,
        occupied=state.occupied if state else None,
        since=state.since if state else None,
        sensed=bool(watching),
        stale_since=min((silent[node] for node in watching & silent.keys()), default=None),
    )


def _next(books: Books, site: Site, now: datetime, end: datetime) -> tuple[Booking, ...]:
    """Return the bookings of now and next whose space is still held: what was given back is nobody's."""
    found = books.bookings.between(site.id, now, end)
    held = {hold.booking for hold in books.bookings.holds(site.id, now, end)}
    return tuple(booking for booking in found if booking.id in held)[:_BOOKINGS]


def _happenings(site: Site, latest: Iterable[Entry]) -> tuple[Happening, ...]:
    told = (_happening(site, entry) for entry in latest)
    return tuple(happening for happening in told if happening is not None)[:_HAPPENINGS]


def _happening(site: Site, entry: Entry) -> Happening | None:
    reason = None
    match entry.event:
        case BadgePresented(granted=True) as badge:
            place, what = badge.point, f"granted-{badge.direction}"
        case BadgePresented() as badge:
            place, what, reason = badge.point, "refused", badge.reason
        case CodeEntered(granted=True) as code:
            place, what = code.point, "granted-code"
        case CodeEntered() as code:
            place, what, reason = code.point, "refused", code.reason
        case DoorOpened(cause="forced" | "command" as cause) as opened:
            place, what = opened.door, f"opened-{cause}"
        case DoorHeldOpen() as held:
            place, what = held.door, "held-open"
        case ReaderLost() as lost:
            place, what = _place_of(site, lost.reader), "reader-lost"
        case ReaderRestored() as restored:
            place, what = _place_of(site, restored.reader), "reader-restored"
        case _:
            return None
    return Happening(entry.occurred_at, _name(site, place), what, reason)


def _place_of(site: Site, reader: str) -> str:
    found = next((known for known in site.readers if known.id == reader), None)
    return (found.door or found.bank or reader) if found else reader


def _name(site: Site, point: str) -> str:
    """Return the name that people use for a door, a bank, or a compartment's bank."""
    bank_of = {compartment.id: compartment.bank for compartment in site.compartments}
    named = {bank.id: bank.name for bank in site.banks} | {door.id: door.name for door in site.doors}
    return named.get(bank_of.get(point, point), point)
