"""What became of a booking: who came when, who left early, and what was given back for it.

All of it is a pure function of what was seen and of `as_of`: events may come late and in any order. What
rests on something not having been seen waits until the nodes that would have seen it have told all.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, NamedTuple

from gateway.domain.bookings import Booking
from gateway.domain.journal import Entry
from gateway.domain.people import Holders
from protocol.events import BadgePresented, Direction, PresenceChanged
from protocol.site import BookingRules, Site

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Mark:
    """A check-in or check-out that staff made by hand: `by` is who, as in logs."""

    booking: str
    what: Literal["check_in", "check_out"]
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Attendance:
    """What became of a booking. `..._by` name the entry ("node/epoch/seq") or the person that says so.

    `released_at` is from when on the space is free again, although the booking would have gone on.
    """

    checked_in_at: datetime | None = None
    checked_in_by: str | None = None
    left_at: datetime | None = None
    left_by: str | None = None
    released_at: datetime | None = None
    released_for: Literal["no_show", "left_early"] | None = None

    def billable(self, rules: BookingRules) -> bool:
        """Whether the booking is paid for, as far as who came decides on that."""
        return self.released_for != "no_show" or rules.no_show_billable


NOTHING_YET: Final = Attendance()


class Outlook(NamedTuple):
    """An attendance, and the moment at which time alone may change it; what is past waits for the nodes."""

    attendance: Attendance
    look_again_at: datetime | None


class _Passage(NamedTuple):
    at: datetime
    door: str
    direction: Direction
    by: str


class Sightings:
    """What was seen of people at doors and of movement in spaces, from `entries` in order."""

    def __init__(self, entries: Iterable[Entry], holders: Holders) -> None:
        self._passages: defaultdict[str, list[_Passage]] = defaultdict(list)
        self._let_in: defaultdict[str, list[_Passage]] = defaultdict(list)
        self._movement: defaultdict[str, list[tuple[datetime, bool]]] = defaultdict(list)
        for entry in entries:
            match entry.event:
                case BadgePresented(granted=True) as badge:
                    member = holders.holder(badge.credential, entry.occurred_at)
                    passage = _Passage(entry.occurred_at, badge.point, badge.direction, str(entry.identity))
                    self._passages[member or ""].append(passage)
                    self._let_in[badge.why or ""].append(passage)
                case PresenceChanged() as change:
                    self._movement[change.space].append((entry.occurred_at, change.occupied))
                case _:
                    pass

    def passages(self, member: str) -> Sequence[_Passage]:
        return self._passages.get(member, ())

    def let_in_for(self, booking: str) -> Sequence[_Passage]:
        """Return the passages that a booking gave the right to, its holder's and others'."""
        return self._let_in.get(f"booking:{booking}", ())

    def empty_from(self, space: str, moment: datetime) -> datetime | None:
        """Return from when on, at `moment` or later, nothing moves in `space`; None where that never comes.

        A space without a sensor, or whose sensor has said nothing, is taken for empty.
        """
        changes = self._movement.get(space, ())
        so_far = bisect_right(changes, moment, key=lambda change: change[0])
        if so_far == 0 or not changes[so_far - 1][1]:
            return moment
        return next((at for at, occupied in changes[so_far:] if not occupied), None)


def attend(
    booking: Booking,
    site: Site,
    seen: Sightings,
    marks: Iterable[Mark],
    known: Attendance,
    told_until: datetime,
    as_of: datetime,
) -> Outlook:
    """Say what became of a confirmed `booking` as of a moment.

    The nodes on the way have told all that they saw until `told_until`. What was `known` to be given back
    stays so until something seen contradicts it.
    """
    told = min(as_of, max(told_until, known.released_at or _NEVER))
    by_hand = sorted((mark for mark in marks if mark.at <= as_of), key=lambda mark: mark.at)
    arrival = _arrival(booking, site, seen, by_hand, as_of)
    came = Attendance(checked_in_at=arrival[0], checked_in_by=arrival[1]) if arrival else NOTHING_YET
    last = by_hand[-1] if by_hand else None
    if last is not None and last.what == "check_out":  # whom staff saw leave was there, badge or no badge
        return Outlook(_left(booking, came, last.at, last.by, last.at), None)
    if arrival is None:
        return _no_show(booking, site, seen, told)
    there_at = max(arrival[0], last.at) if last else arrival[0]
    return _departure(booking, site, seen, came, there_at, told, as_of)


def no_show_at(booking: Booking, site: Site) -> datetime | None:
    """Return when a booking that nobody came to is given back; None where it never is.

    What was booked after it had begun has as long from then on. A space without a door of its own is kept:
    no badge could tell.
    """
    after_min = site.booking.no_show_after_min
    if after_min == "never" or not any(_leads_into(site, door.id, booking.space) for door in site.doors):
        return None
    begun_at = max(booking.starts_at, booking.made_at or booking.starts_at)
    deadline = begun_at + timedelta(minutes=after_min)
    return deadline if deadline < booking.ends_at else None


def _arrival(
    booking: Booking, site: Site, seen: Sightings, by_hand: Iterable[Mark], as_of: datetime
) -> tuple[datetime, str] | None:
    """Return the first sign of holder or company: a badge granted at the space's door, a check-in by hand."""
    first = booking.starts_at - timedelta(minutes=site.access.booking_margin_min)
    badges = (
        (passage.at, passage.by)
        for passage in (*seen.passages(booking.member), *seen.let_in_for(booking.id))
        if first <= passage.at < min(booking.ends_at, as_of + timedelta(microseconds=1))
        and passage.direction == "in"
        and _leads_into(site, passage.door, booking.space)
    )
    marks = ((mark.at, mark.by) for mark in by_hand if mark.what == "check_in")
    return min((*badges, *marks), default=None)


def _no_show(booking: Booking, site: Site, seen: Sightings, told: datetime) -> Outlook:
    deadline = no_show_at(booking, site)
    given_back_at = seen.empty_from(booking.space, deadline) if deadline else None
    if given_back_at is None or given_back_at >= booking.ends_at:
        return Outlook(NOTHING_YET, None)
    if given_back_at > told:
        return Outlook(NOTHING_YET, given_back_at)
    return Outlook(Attendance(released_at=given_back_at, released_for="no_show"), None)


def _departure(
    booking: Booking,
    site: Site,
    seen: Sightings,
    came: Attendance,
    there_at: datetime,
    told: datetime,
    as_of: datetime,
) -> Outlook:
    """Find the first leaving of the site, after `there_at`, from which the holder did not soon come back."""
    after_min = site.booking.left_after_min
    if after_min == "never":
        return Outlook(came, None)
    passages = [each for each in seen.passages(booking.member) if there_at <= each.at <= as_of]
    for number, passage in enumerate(passages):
        if passage.direction != "out" or not _to_the_street(site, passage.door):
            continue
        gone_at = passage.at + timedelta(minutes=after_min)
        back = any(each.direction == "in" and each.at <= gone_at for each in passages[number + 1 :])
        empty_from = seen.empty_from(booking.space, gone_at)
        if back or empty_from is None or empty_from >= booking.ends_at:
            continue
        if empty_from > told:
            return Outlook(came, empty_from)
        return Outlook(_left(booking, came, passage.at, passage.by, empty_from), None)
    return Outlook(came, None)


def _left(booking: Booking, came: Attendance, at: datetime, by: str, free_from: datetime) -> Attendance:
    early = free_from < booking.ends_at
    return Attendance(
        came.checked_in_at,
        came.checked_in_by,
        at,
        by,
        max(free_from, booking.starts_at) if early else None,
        "left_early" if early else None,
    )


def _leads_into(site: Site, door: str, space: str) -> bool:
    """Whether a door is the space's own. One to the street is not: who passes it may be going anywhere."""
    return any(each.id == door and each.space == space and not each.perimeter for each in site.doors)


def _to_the_street(site: Site, door: str) -> bool:
    return any(each.id == door and each.perimeter for each in site.doors)
