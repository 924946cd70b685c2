"""Bookings as they are used: read from the journal, and spaces given back before their time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.domain.attendance import NOTHING_YET, Attendance, Outlook, Sightings, attend
from gateway.domain.bookings import Booking, Hold, hold_for, nodes_on_the_way
from gateway.domain.history import DAY_KINDS
from gateway.domain.journal import Entry, in_order
from gateway.domain.people import Holders
from gateway.ports import AlreadyHeld, Books, NodeReport
from protocol.site import Site

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Looked:
    """What a look at some bookings came to; `nodes` are those at which rights ended or came back."""

    changed: bool = False
    nodes: set[str] = field(default_factory=set)
    look_again_at: datetime | None = None


class Attendances:
    """The attendance of a site's bookings within one transaction, as of `now`."""

    def __init__(self, books: Books, site: Site, holders: Holders, now: datetime) -> None:
        self._books = books
        self._site = site
        self._holders = holders
        self._now = now
        self._told = {report.node: _told_until(report) for report in books.nodes.reports()}

    def of(
        self, start: datetime, end: datetime, entries: Callable[[], list[Entry]]
    ) -> list[tuple[Booking, Outlook]]:
        """Say what became of each booking that touches [start, end), of which `entries` are in order."""
        margin = timedelta(minutes=self._site.access.booking_margin_min)
        found = self._books.bookings.between(self._site.id, start - margin, end + margin)
        live = [booking for booking in found if booking.status == "confirmed"]
        if not live:
            return []
        marks = self._books.bookings.marks(booking.id for booking in live)
        known = self._books.bookings.attendances(booking.id for booking in live)
        of_day = Sightings(entries(), self._holders)
        return [
            (
                booking,
                attend(
                    booking,
                    self._site,
                    of_day
                    if start <= booking.starts_at - margin and booking.ends_at <= end
                    else self._seen_during(booking, margin),
                    [mark for mark in marks if mark.booking == booking.id],
                    known.get(booking.id, NOTHING_YET),
                    self._told_on_the_way(booking),
                    self._now,
                ),
            )
            for booking in live
        ]

    def put(self, outlooks: Iterable[tuple[Booking, Outlook]]) -> Looked:
        """Write what became of bookings, and give back or take again what they held."""
        looked = Looked()
        outlooks = list(outlooks)
        known = self._books.bookings.attendances(booking.id for booking, _ in outlooks)
        held = self._books.bookings.holds_of(booking.id for booking, _ in outlooks)
        until = {hold.booking: hold.ends_at for hold in held}
        for booking, (attendance, look_again_at) in outlooks:
            changed = attendance != known.get(booking.id, NOTHING_YET)
            if changed:
                self._books.bookings.put_attendance(booking.id, attendance)
                looked.changed = True
            lacking = attendance.released_at is None and self._now < booking.ends_at
            lacking = lacking and until.get(booking.id, booking.starts_at) < booking.ends_at
            if (changed or lacking) and keep_held(self._books, booking, attendance, self._site):
                looked.nodes |= nodes_on_the_way(self._site, booking.space)
            if look_again_at is not None:
                looked.look_again_at = min(look_again_at, looked.look_again_at or look_again_at)
        return looked

    def _seen_during(self, booking: Booking, margin: timedelta) -> Sightings:
        span = (booking.starts_at - margin, booking.ends_at)
        return Sightings(
            in_order(self._books.journal.between(self._site.id, *span, DAY_KINDS)), self._holders
        )

    def _told_on_the_way(self, booking: Booking) -> datetime:
        watching = {each.node for each in self._site.presence_sensors if each.space == booking.space}
        watching |= nodes_on_the_way(self._site, booking.space)
        return min((self._told.get(node, _NEVER) for node in watching), default=_NEVER)


def keep_held(books: Books, booking: Booking, attendance: Attendance, site: Site) -> bool:
    """Hold for `booking` what it still needs. False where another has that meanwhile, or nothing changed."""
    needed = _needed(booking, attendance, site)
    held = books.bookings.holds_of([booking.id])
    if held == [needed]:
        return False
    if needed.ends_at <= needed.starts_at:
        books.bookings.let_go(booking.id)
        return True
    try:
        books.bookings.hold([needed])
    except AlreadyHeld:
        return False
    return True


def _needed(booking: Booking, attendance: Attendance, site: Site) -> Hold:
    """Return what is held once the rest was given back: a space that was used is still cleaned."""
    whole = hold_for(booking, site)
    if attendance.released_at is None:
        return whole
    cleaning = whole.ends_at - booking.ends_at if attendance.checked_in_at else timedelta()
    return replace(whole, ends_at=attendance.released_at + cleaning)


def _told_until(report: NodeReport) -> datetime:
    """Return until when a node has told all that it saw; who has events left to send has not."""
    status = report.status
    return report.heard_at if status is not None and status.online and not status.pending else _NEVER
