"""History: what the ledger says of usage, as points for a time series database.

No point tells of a person: no name, member, card, booking or loan, neither as a tag nor as a field. Tags are
few and permanent, since each of their combinations is a series; what may be corrected later is a field, since
a point is replaced only by one of the same measurement, tags and time.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from gateway.domain import occupancy
from gateway.domain.by_hand import BY_HAND_KINDS, CheckedByHand
from gateway.domain.civil import closing_time, day_bounds, day_of
from gateway.domain.journal import Entry, Identity
from gateway.domain.occupancy import WHOLE_SITE
from gateway.domain.people import Holders
from gateway.domain.visits import Visit, visits_of_day
from protocol.events import BadgePresented
from protocol.site import Site

Value = bool | int | float | str

DAY_KINDS: Final = (
    "BadgePresented",
    "DoorOpened",
    "DoorClosed",
    "Crossed",
    "PresenceChanged",
    *BY_HAND_KINDS,
)
"""The kinds of entries that `day_points` reads."""

_UNIX_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MINUTE_S: Final = 60.0

_CONTENT: Final[Mapping[str, tuple[str | None, tuple[str, ...]]]] = {
    "BadgePresented": ("point", ("direction", "granted", "reason", "stale")),
    "CodeEntered": ("point", ("granted", "reason", "stale")),
    "DoorOpened": ("door", ("cause",)),
    "DoorClosed": ("door", ("open_s",)),
    "DoorHeldOpen": ("door", ()),
    "ExitRequested": ("door", ()),
    "PresenceChanged": ("space", ("occupied",)),
    "Crossed": ("counter", ("direction",)),
    "PassedBack": ("door", ()),
    "Tailgated": ("door", ("crossings", "grants")),
    "DuressSignalled": ("point", ()),
    "FireAlarm": (None, ()),
    "FireAlarmEnded": (None, ()),
    "CompartmentOpened": ("compartment", ("cause",)),
    "CompartmentClosed": ("compartment", ("item_present",)),
    "CommandExecuted": ("point", ()),
    "CommandRefused": (None, ("reason",)),
    "NodeStarted": (None, ("software",)),
    "ReaderLost": ("reader", ()),
    "ReaderRestored": ("reader", ()),
    "AccessListRefused": (None, ("reason",)),
    "EventsDropped": (None, ("count",)),
    "RecordDropped": (None, ("reason",)),
    "RecordUnreadable": (None, ("reason",)),
    "EpochBegun": (None, ("cause",)),
    "CheckedByHand": (None, ("what",)),
    "TakenBack": (None, ()),
}
"""Per kind of event: what names its place, and what is told of it. What is not listed stays in the ledger."""


@dataclass(frozen=True, slots=True)
class Point:
    """One row of history, `time_ns` nanoseconds after 1970 (UTC).

    Another with the same measurement, tags and time replaces its fields.
    """

    measurement: str
    tags: tuple[tuple[str, str], ...]
    fields: Mapping[str, Value]
    time_ns: int


def spaces_by_point(site: Site) -> dict[str, str]:
    """Return the space of everything in `site` that an event can name."""
    doors = {door.id: door.space for door in site.doors}
    banks = {bank.id: bank.space for bank in site.banks}
    places = {**doors, **banks}
    return {
        **places,
        **{space.id: space.id for space in site.spaces},
        **{counter.id: counter.space for counter in site.counters},
        **{box.id: banks[box.bank] for box in site.compartments},
        **{reader.id: places[reader.door or reader.bank or ""] for reader in site.readers},
    }


def event_point(entry: Entry, spaces: Mapping[str, str]) -> Point:
    """Return the point of `entry`: one per entry, of every kind. What is in no space is the whole site's."""
    kind = entry.event.type
    place, told = _CONTENT[kind]
    fields: dict[str, Value] = {"id": str(entry.identity)}
    space = WHOLE_SITE
    if place is not None:
        fields["point"] = point = getattr(entry.event, place)
        space = spaces.get(point, WHOLE_SITE)
    for name in told:
        value = getattr(entry.event, name)
        if value is not None:
            fields[name] = value
    tags = (("kind", kind), ("node", entry.identity.node), ("site", entry.site), ("space", space))
    return Point("event", tags, fields, _time_ns(entry.occurred_at, entry.identity))


def day_points(
    site: Site, day: date, entries: Sequence[Entry], holders: Holders, as_of: datetime
) -> list[Point]:
    """Return the visits and counts of `day` (civil) as known at `as_of`. `entries` are that day's, in order.

    A day is always written whole, and every version of it has points for the same entries: writing the newest
    one leaves nothing of the others.
    """
    _, midnight = day_bounds(day, site.zone)
    visits = visits_of_day(site, day, entries, holders, as_of)
    points = [*_visit_points(site, entries, visits), *_occupancy_points(site, entries)]
    if as_of >= midnight:
        points += _empty_at(site, midnight)
    return points


def days_ended(site: Site, since: datetime, until: datetime) -> list[date]:
    """List the civil days that closed or ended in (since, until]: time alone may change their visits."""
    first, last = day_of(since, site.zone), day_of(until, site.zone)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in days if any(since < end <= until for end in _ends(site, day))]


def _ends(site: Site, day: date) -> Iterator[datetime]:
    yield day_bounds(day, site.zone)[1]
    closes_at = closing_time(site, day)
    if closes_at is not None:
        yield closes_at


def _visit_points(site: Site, entries: Iterable[Entry], visits: Iterable[Visit]) -> Iterator[Point]:
    """Give a point to every entry that may begin a visit, a zero where it began none or none that has ended.

    So a visit that a correction took away is overwritten without anyone remembering that it was there.
    """
    doors = {door.id for door in site.doors}
    begun = {visit.begun_by: visit for visit in visits}
    for entry in entries:
        match entry.event:
            case BadgePresented(granted=True, direction="in", point=point) if point in doors:
                yield _visit_point(entry, begun.get(str(entry.identity)))
            case CheckedByHand(what="check_in"):
                yield _visit_point(entry, begun.get(str(entry.identity)))
            case _:
                pass


def _visit_point(beginning: Entry, visit: Visit | None) -> Point:
    """Return the point at `beginning`. Quality is a field: a tag that changes would leave the old point."""
    stay = visit.duration if visit else None
    seconds = 0.0 if stay is None else stay.total_seconds()
    fields: dict[str, Value] = {
        "id": str(beginning.identity),
        "visits": int(stay is not None),
        "seconds": seconds,
        "minutes": seconds / _MINUTE_S,
        "quality": "none" if visit is None else visit.quality,
    }
    tags = (("node", beginning.identity.node), ("site", beginning.site))
    return Point("visit", tags, fields, _time_ns(beginning.occurred_at, beginning.identity))


def _occupancy_points(site: Site, entries: Iterable[Entry]) -> Iterator[Point]:
    states: Mapping[str, occupancy.SpaceState] = {}
    for entry in entries:
        before, states = states, occupancy.apply(states, site, entry)
        for space, state in states.items():
            if state is not before.get(space):
                yield _occupancy_point(entry, space, state)


def _occupancy_point(entry: Entry, space: str, state: occupancy.SpaceState) -> Point:
    known: dict[str, Value | None] = {"people": state.people, "occupied": state.occupied}
    fields = {name: value for name, value in known.items() if value is not None}
    tags = (("node", entry.identity.node), ("site", entry.site), ("space", space))
    return Point("occupancy", tags, fields, _time_ns(entry.occurred_at, entry.identity))


def _empty_at(site: Site, midnight: datetime) -> Iterator[Point]:
    """Bring every count back to zero, as each civil day begins."""
    for counter in site.counters:
        for space in [counter.space, WHOLE_SITE] if counter.perimeter else [counter.space]:
            tags = (("node", counter.node), ("site", site.id), ("space", space))
            yield Point("occupancy", tags, {"people": 0}, _microseconds(midnight) * 1000)


def _time_ns(moment: datetime, identity: Identity) -> int:
    """Return `moment` with nanoseconds by which the events of one node in one microsecond differ.

    Events may share a microsecond where only the gateway's clock could place them: those of one group. A node
    has at most 1,000 events under way (`edge.core.delivery`), so their remainders differ. The epoch shifts
    them, so that the first events of a new spool do not meet the first of the old one.
    """
    return _microseconds(moment) * 1000 + (int(identity.epoch, 16) + identity.seq) % 1000


def _microseconds(moment: datetime) -> int:
    return (moment - _UNIX_EPOCH) // _MICROSECOND
