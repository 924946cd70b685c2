"""Calendars kept elsewhere: what their meetings should be here, and what has to change for that."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from gateway.domain.bookings import Booking

HORIZON: Final = timedelta(days=200)
"""Meetings are followed so far ahead: as far as an access list may reach."""

TOLERATED: Final = 2
"""So many empty feeds in a row are taken for a mistake of the other side; the next one is believed."""


class Key(NamedTuple):
    """What names a meeting for ever, wherever it is moved: UID and RECURRENCE-ID (RFC 5545, 3.8.4).

    `recurrence` is where a series had put it (UTC, ISO 8601), empty for a meeting that stands alone.
    """

    uid: str
    recurrence: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting of a feed, in [starts_at, ends_at), UTC. `organiser` is a mail address in lower case."""

    key: Key
    starts_at: datetime
    ends_at: datetime
    title: str | None
    organiser: str | None


@dataclass(frozen=True, slots=True)
class Admission:
    """Who may open the doors for a meeting: the member who holds the booking, and those let in with them."""

    holder: str
    others: tuple[str, ...] = ()

    def lets_in(self, member: str) -> bool:
        return member in {self.holder, *self.others}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a calendar since when (UTC): the code of a message, and the fact it is about."""

    code: str
    detail: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar whose meetings book `space`. Without `url` it is a file that somebody brought.

    `members` may open the doors for its meetings, the first of them holds the bookings; `organisers` are
    mail addresses of people who hold their own. `polled_at` is when the feed was last asked for, `good_at`
    when it last answered well, `read_at` when its meetings were last worked out (UTC). `empties` counts
    empty feeds in a row.
    """

    id: str
    site: str
    space: str
    name: str
    url: str | None
    members: tuple[str, ...]
    organisers: Mapping[str, str]
    etag: str | None = None
    last_modified: str | None = None
    polled_at: datetime | None = None
    good_at: datetime | None = None
    read_at: datetime | None = None
    empties: int = 0
    trouble: Trouble | None = None

    def admits_ever(self, member: str) -> bool:
        return member in {*self.members, *self.organisers.values()}

    def admits(self, meeting: Meeting) -> Admission:
        """Say who may open the doors for `meeting`: an organiser whom it knows, else its members."""
        own = self.organisers.get(meeting.organiser or "")
        return Admission(own) if own else Admission(self.members[0], self.members[1:])


@dataclass(frozen=True, slots=True)
class Followed:
    """A meeting as it was last taken up: as `booking`, or not, with the code of the reason why not."""

    meeting: Meeting
    admission: Admission
    booking: str | None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What turns the bookings of a calendar into the meetings of its feed. A move is `drop` and `book`."""

    book: tuple[Meeting, ...]
    drop: tuple[Followed, ...]
    entitle: tuple[tuple[Followed, Meeting], ...]


def changes(calendar: Calendar, wanted: Iterable[Meeting], followed: Sequence[Followed]) -> Changes:
    """Hold what is `wanted` now against what is `followed`. What could not be booked is tried again."""
    known = {each.meeting.key: each for each in followed}
    book: list[Meeting] = []
    entitle: list[tuple[Followed, Meeting]] = []
    kept: set[Key] = set()
    for meeting in wanted:
        before = known.get(meeting.key)
        if before is None or before.booking is None or not _stands(calendar, before, meeting):
            book.append(meeting)
            continue
        kept.add(meeting.key)
        if before.meeting != meeting:
            entitle.append((before, meeting))
    drop = tuple(each for each in followed if each.meeting.key not in kept)
    return Changes(tuple(book), drop, tuple(entitle))


def in_company(bookings: Iterable[Booking], company: Mapping[str, Sequence[str]]) -> Iterator[Booking]:
    """Yield each booking for its holder, and once more for every member who is let in besides."""
    for booking in bookings:
        for member in (booking.member, *company.get(booking.id, ())):
            yield booking if member == booking.member else replace(booking, member=member)


def _stands(calendar: Calendar, before: Followed, meeting: Meeting) -> bool:
    unmoved = (before.meeting.starts_at, before.meeting.ends_at) == (meeting.starts_at, meeting.ends_at)
    return unmoved and before.admission == calendar.admits(meeting)
