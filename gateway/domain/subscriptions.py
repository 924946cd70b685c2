"""Bookings as a calendar (RFC 5545) for whoever was given its address: of one room, or of one member."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from icalendar import Calendar as Feed
from icalendar import Event

from gateway.domain.bookings import Booking
from protocol.site import Site

LOOKS_BACK: Final = timedelta(days=31)
LOOKS_AHEAD: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A secret address, kept as its SHA-256, for the bookings of `space` at `site`, or of `member` anywhere.

    Those of a room tell their titles only where `titles` says so; a member's are the member's own.
    `since` is when it was made (UTC); from `revoked_at` on it answers nobody.
    """

    id: str
    hash: str
    name: str
    site: str | None
    space: str | None
    member: str | None
    titles: bool
    since: datetime
    revoked_at: datetime | None = None

    def tells_title(self, booking: Booking) -> bool:
        return self.titles or (self.member is not None and booking.member == self.member)

    def covers(self, booking: Booking) -> bool:
        if self.member is not None:
            return booking.member == self.member
        return (booking.site, booking.space) == (self.site, self.space)


def feed_of(
    subscription: Subscription, bookings: Iterable[Booking], sites: Mapping[str, Site], unnamed: str
) -> bytes:
    """Write the bookings that `subscription` covers, cancelled ones too, so that programs take them back.

    The same bookings give the same bytes. A booking whose title is not told is called `unnamed`.
    """
    covered = [each for each in bookings if subscription.covers(each) and each.site in sites]
    feed = Feed()
    feed.add("prodid", "-//Passerelle//FR")
    feed.add("version", "2.0")
    feed.add("x-wr-calname", subscription.name)
    feed.add("refresh-interval", timedelta(minutes=15), parameters={"value": "DURATION"})
    for booking in sorted(covered, key=lambda each: (each.starts_at, each.id)):
        feed.add_component(_event(booking, subscription, sites[booking.site], unnamed))
    if covered:
        feed.add_missing_timezones(*_years(covered))
    return bytes(feed.to_ical())


def _event(booking: Booking, subscription: Subscription, site: Site, unnamed: str) -> Event:
    event = Event()
    cancelled = booking.status == "cancelled"
    room = next((space.name for space in site.spaces if space.id == booking.space), booking.space)
    title = booking.title if subscription.tells_title(booking) else None
    event.add("uid", f"{booking.id}@{booking.site}.passerelle")
    event.add("dtstamp", subscription.since)
    event.add("dtstart", booking.starts_at.astimezone(site.zone))
    event.add("dtend", booking.ends_at.astimezone(site.zone))
    event.add("summary", title or unnamed)
    event.add("location", f"{room}, {site.name}, {site.address}")
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    event.add("sequence", int(cancelled))
    return event


def _years(bookings: Sequence[Booking]) -> tuple[date, date]:
    """Return the bounds of whole years around `bookings`: their zones are told for so long."""
    first = min(each.starts_at for each in bookings).year
    last = max(each.ends_at for each in bookings).year
    return date(first, 1, 1), date(last + 1, 1, 1)
