"""What staff should see to: at which node, what, since when, how often."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from gateway.domain import occupancy
from gateway.domain.clones import Cause
from gateway.domain.door_modes import full_spaces
from gateway.domain.journal import Content, Entry, in_order
from gateway.domain.overstay import LOOKING_BACK, overstays
from gateway.handlers import answers
from gateway.ports import Books, LetterCount
from gateway.web.head_counts import held_now
from protocol.events import (
    DuressSignalled,
    EpochBegun,
    EventsDropped,
    FireAlarm,
    FireAlarmEnded,
    PassedBack,
    Tailgated,
)
from protocol.site import Site
from protocol.topics import parse_up

What = Literal[
    "duplicated",
    "spool-failing",
    "certificate-ending",
    "overstay",
    "lost",
    "dropped",
    "set-aside",
    "spool-damaged",
    "conflict",
    "put-out",
    "unreadable",
    "not-genuine",
    "two-places",
    "feed-refused",
    "meeting-refused",
    "lockdown",
    "full",
    "crowded",
    "fire",
    "duress",
    "tailgated",
    "passed-back",
]
"""`duplicated`: two nodes of one name. `spool-failing`: its disk takes nothing. `overstay`: somebody sits on
in a room whose booking is over. `lost`, `dropped` and `set-aside`: events that never came, because the node
no longer had them, had no room for them, or got no answer to them. `spool-damaged`: it had to begin anew.
`conflict`: other events under known numbers. `certificate-ending`: it should have been renewed long ago.
`put-out`: the broker lets in who was put out. `unreadable`: dead letters. `not-genuine`: badges that had a
number and not its key. `two-places`: badges that were elsewhere sooner than anybody can walk. `feed-
refused`: a calendar's feed is not taken as it is. `meeting-refused`: it was, but not every meeting could be
booked. `lockdown`: staff alone come in. `full`: a space has no room left. `crowded`: an event has more
people than were planned. `fire`: the alarm panel is in alarm. `duress`: a badge called for help.
`tailgated`: people came in whom nobody let in. `passed-back`: badges that came in twice without going out.
"""

_OF_CLONE: Final[Mapping[Cause, What]] = {"not_genuine": "not-genuine", "two_places": "two-places"}

_OF_LETTER: Final[Mapping[str, What]] = {"identity_conflict": "conflict", "revoked_node": "put-out"}

_OF_DOORS: Final[Mapping[str, What]] = {
    "DuressSignalled": "duress",
    "Tailgated": "tailgated",
    "PassedBack": "passed-back",
}

_RENEWED_BEFORE: Final = 6
"""A certificate is renewed when a third of its life is left; where half of that is gone, it was not."""

_MOMENT: Final = timedelta(microseconds=1)

RECENT: Final = timedelta(days=7)
"""For so long staff is told of what happened once."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something to see to at `node`, or in a `calendar` (by name).

    `places` are the names of what it concerns, `last_at` is when it happened again after `since`. `count` is
    None where nothing counts. `event` is the identity of the latest event that tells of it; None where none
    of the journal does.
    """

    site: str
    node: str | None
    what: What
    since: datetime
    count: int | None = None
    event: str | None = None
    calendar: str | None = None
    places: tuple[str, ...] = ()
    last_at: datetime | None = None

    @property
    def where(self) -> str:
        return self.node or self.calendar or self.site

    @property
    def latest(self) -> datetime:
        return self.last_at or self.since


def alarms_of(books: Books, site: Site, now: datetime) -> list[Alarm]:
    """Gather what is to be told of `site`: what lasts, and what happened lately. One of a kind per place."""
    found: dict[tuple[str, What, tuple[str, ...]], Alarm] = {}
    lasting = (*_lasting(books, site, now), *_of_calendars(books, site, now))
    for alarm in (*lasting, *_recent(books, site, now - RECENT)):
        placed = alarm if alarm.places else replace(alarm, places=_places_of(site, alarm.node))
        key = (placed.where, placed.what, placed.places)
        found[key] = _together(found[key], placed) if key in found else placed
    return sorted(found.values(), key=_urgency, reverse=True)


def _urgency(alarm: Alarm) -> tuple[bool, bool, datetime, str]:
    return alarm.what == "fire", alarm.what == "duress", alarm.latest, alarm.where


def _places_of(site: Site, node: str | None) -> tuple[str, ...]:
    """Return the names of what hangs on a node: its doors and banks, else the spaces it watches."""
    doors = [door.name for door in site.doors if door.node == node]
    banks = [bank.name for bank in site.banks if bank.node == node]
    watched = {sensor.space for sensor in site.presence_sensors if sensor.node == node}
    watched |= {counter.space for counter in site.counters if counter.node == node}
    return (*doors, *banks) or tuple(space.name for space in site.spaces if space.id in watched)


def _lasting(books: Books, site: Site, now: datetime) -> Iterator[Alarm]:
    nodes = {node.id for node in site.nodes}
    for node, runs in books.nodes.runs().items():
        if node in nodes and runs.duplicated_since is not None:
            yield Alarm(site.id, node, "duplicated", runs.duplicated_since)
    for report in books.nodes.reports():
        if (
            report.node in nodes
            and report.status
            and report.status.spool == "failing"
            and answers(report, now)
        ):
            yield Alarm(site.id, report.node, "spool-failing", report.heard_at)
    latest = {held.node: held for held in books.enrolments.certificates() if held.revoked_at is None}
    for node, held in latest.items():
        overdue_at = held.expires_at - (held.expires_at - held.issued_at) / _RENEWED_BEFORE
        if node in nodes and now >= overdue_at:
            yield Alarm(site.id, node, "certificate-ending", overdue_at)
    yield from _overstays(books, site, now)
    yield from _of_people(books, site, now)


def _of_people(books: Books, site: Site, now: datetime) -> Iterator[Alarm]:
    """Tell of too many people, and of none at all."""
    for mode in books.door_modes.between(site.id, now, now + _MOMENT):
        if mode.mode == "lockdown":
            yield Alarm(site.id, None, "lockdown", mode.starts_at, places=(site.name,))
    states = occupancy.at(books.projections.spaces(site.id), site, now)
    for space in site.spaces:
        if space.id in full_spaces(site, states):
            yield Alarm(site.id, None, "full", states[space.id].since, places=(space.name,))
    for gathering, count in held_now(books, site, now):
        if count.inside > gathering.most:
            since = count.peak_at or gathering.starts_at
            yield Alarm(site.id, None, "crowded", since, places=(gathering.name,))


def _overstays(books: Books, site: Site, now: datetime) -> Iterator[Alarm]:
    node_of = {sensor.space: sensor.node for sensor in site.presence_sensors}
    names = {space.id: space.name for space in site.spaces}
    bookings = books.bookings.between(site.id, now - LOOKING_BACK, now)
    for booking in overstays(bookings, books.projections.spaces(site.id), site, now):
        if booking.space in node_of:
            node, place = node_of[booking.space], names[booking.space]
            yield Alarm(site.id, node, "overstay", booking.ends_at, places=(place,))


def _of_calendars(books: Books, site: Site, now: datetime) -> Iterator[Alarm]:
    refused = books.calendars.refused(now)
    for calendar in books.calendars.all(site.id):
        if calendar.trouble is not None:
            yield Alarm(site.id, None, "feed-refused", calendar.trouble.since, calendar=calendar.name)
        if calendar.id in refused:
            since, count = calendar.read_at or now, refused[calendar.id]
            yield Alarm(site.id, None, "meeting-refused", since, count, calendar=calendar.name)


def _recent(books: Books, site: Site, since: datetime) -> Iterator[Alarm]:
    nodes = {node.id for node in site.nodes}
    for gap in books.journal.gaps(since):
        if gap.node in nodes:
            yield Alarm(site.id, gap.node, "lost", gap.noticed_at, gap.last - gap.first + 1)
    troubles = books.journal.troubles(site.id, since)
    yield from _fires(site, troubles)
    for entry in troubles:
        if not isinstance(entry.event, FireAlarm | FireAlarmEnded):
            what, count = _said(entry.event)
            yield Alarm(site.id, entry.identity.node, what, entry.occurred_at, count)
    for clone in books.projections.clones(site.id, since):
        yield Alarm(site.id, clone.seen.node, _OF_CLONE[clone.cause], clone.at, 1, str(clone.seen))
    for letters in books.journal.letters_since(since):
        yield from _unread(site, letters)


def _fires(site: Site, troubles: Iterable[Entry]) -> Iterator[Alarm]:
    """Tell of the nodes whose alarm panel said last that there is a fire."""
    latest: dict[str, Entry] = {}
    for entry in in_order(troubles):
        if isinstance(entry.event, FireAlarm | FireAlarmEnded):
            latest[entry.identity.node] = entry
    for node, entry in latest.items():
        if isinstance(entry.event, FireAlarm):
            yield Alarm(site.id, node, "fire", entry.occurred_at, event=str(entry.identity))


def _said(event: Content) -> tuple[What, int | None]:
    match event:
        case EventsDropped(count=count):
            return "dropped", count
        case EpochBegun(cause="spool_damaged"):
            return "spool-damaged", None
        case EpochBegun():
            return "conflict", None
        case DuressSignalled() | Tailgated() | PassedBack():
            return _OF_DOORS[event.type], 1
        case _:
            return "set-aside", 1


def _unread(site: Site, letters: LetterCount) -> Iterator[Alarm]:
    sender = parse_up(letters.topic)
    if sender is None or sender.site != site.id:
        return
    what = _OF_LETTER.get(letters.reason, "unreadable")
    count = letters.count if what == "unreadable" else None
    last_at = letters.last_at if letters.last_at > letters.since else None
    yield Alarm(site.id, sender.node, what, letters.since, count, last_at=last_at)


def _together(one: Alarm, other: Alarm) -> Alarm:
    count = None if one.count is None or other.count is None else one.count + other.count
    first, last = sorted((one, other), key=lambda alarm: alarm.latest)
    since = min(one.since, other.since)
    last_at = last.latest if last.latest > since else None
    return replace(first, since=since, count=count, event=last.event, last_at=last_at)
