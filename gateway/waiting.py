"""Giving spaces that came free to those who wait for them, the first to ask first."""

from dataclasses import replace
from datetime import datetime

from gateway.domain.bookings import Booking, clash, hold_for
from gateway.ports import AlreadyHeld, Books
from protocol.site import Site


def serve(books: Books, site: Site, now: datetime) -> list[Booking]:
    """Confirm the waiting bookings of `site` whose space is free, and return them.

    What should have begun by now begins now. Who left meanwhile, or was suspended, is passed over.
    """
    served: list[Booking] = []
    for waiting in books.bookings.waiting(site.id, now):
        wanted = replace(waiting, status="confirmed", starts_at=max(waiting.starts_at, now))
        if not _may_have(wanted, books):
            continue
        hold = hold_for(wanted, site)
        if clash(hold, books.bookings.holds(site.id, hold.starts_at, hold.ends_at)) is not None:
            continue
        try:
            books.bookings.hold([hold])
        except AlreadyHeld:  # by another gateway on the same database: the next time, perhaps
            continue
        books.bookings.put(wanted)
        served.append(wanted)
    return served


def _may_have(wanted: Booking, books: Books) -> bool:
    member = books.people.member(wanted.member)
    if member is None or (member.until is not None and member.until < wanted.ends_at):
        return False
    return not any(
        each.since <= wanted.starts_at and (each.until is None or wanted.starts_at < each.until)
        for each in books.people.suspensions(wanted.member)
    )
