"""Gathering what people may claim at a site, from which its access lists are compiled."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from gateway.domain import civil, occupancy
from gateway.domain.bookings import Booking
from gateway.domain.calendars import in_company
from gateway.domain.claims import Claims
from gateway.domain.door_modes import full_spaces
from gateway.domain.lockers import compartment_grants
from gateway.domain.people import Member
from gateway.ports import Books
from protocol.site import Site


def claims_at(books: Books, site: Site, now: datetime) -> Claims:
    """Read from `books` all that a list needs that is compiled at `now`, or amended then."""
    horizon = now + timedelta(hours=site.access.horizon_h + 24)
    # A list looks back a day from its issue, which may be `reissue_h` ago.
    since = now - timedelta(hours=24 + site.access.reissue_h)
    members = books.people.members(site.id)
    booked = books.bookings.between(site.id, since, horizon)
    bookings = list(in_company(booked, books.calendars.company(since, horizon)))
    return Claims(
        members=members,
        credentials=books.people.credentials(),
        bookings=bookings,
        grants=compartment_grants(books.lockers.loans(site.id), books.lockers.parcels(site.id), now),
        suspensions=books.people.suspensions(),
        days_come=_days_come(books, site, members, since, now),
        ends=_ends(books, booked),
        modes=books.door_modes.between(site.id, since, horizon),
        full=full_spaces(site, occupancy.at(books.projections.spaces(site.id), site, now)),
        privatisations=books.bookings.privatisations(site.id, since, horizon),
        passes=books.passes.all() if site.keypads else (),
    )


def _ends(books: Books, bookings: Sequence[Booking]) -> dict[str, datetime]:
    """Say of bookings whose space is no longer held to their end until when it is."""
    held = {hold.booking: hold.ends_at for hold in books.bookings.holds_of(each.id for each in bookings)}
    return {
        booking.id: min(booking.ends_at, held.get(booking.id, booking.starts_at))
        for booking in bookings
        if booking.status == "confirmed" and held.get(booking.id, booking.starts_at) < booking.ends_at
    }


def _days_come(
    books: Books, site: Site, members: Sequence[Member], since: datetime, now: datetime
) -> dict[str, frozenset[date]]:
    counted = [member.id for member in members if site.plan(member.plan).days_per_month is not None]
    first = civil.day_of(since, site.zone).replace(day=1)
    return books.projections.days_come(counted, first, civil.day_of(now, site.zone) + timedelta(days=1))
