"""Bookings of spaces."""

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field, StringConstraints

from gateway.commands import BookSpace, BookSpaces, CancelBooking, CheckInOrOut, Fault, MoveBooking, Refused
from gateway.domain.attendance import NOTHING_YET
from gateway.domain.authority import ANYONE
from gateway.domain.bookings import Booking, Status
from gateway.ports import Books
from gateway.service import Gateway
from gateway.web.api.shapes import Added, Shape
from gateway.web.api.times import moment, site_of
from gateway.web.auth import AnyVisitor, CarryOut, allow
from gateway.web.context import TheGateway, TheHub
from gateway.web.looking import looking_at
from gateway.web.problems import moved
from protocol.base import Id, Instant

router = APIRouter(tags=["bookings"], dependencies=[Depends(allow("run-place"))])

_SHOWN = timedelta(days=31)


class Wish(Shape):
    """A booking to be. A time without an offset is local to the site.

    It is charged by the member's plan, where no `price_category` is said.
    """

    site: Id
    space: Id
    member: Id
    starts_at: datetime
    ends_at: datetime
    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    price_category: Id | None = None


class BookingIn(Wish):
    """A booking to be, alone.

    Where the space is taken, `or_wait` makes a booking of status "waiting": the first in line is confirmed as
    soon as the space comes free.
    """

    or_wait: bool = False


class MoveIn(Shape):
    """Where or when a booking is to be; what is left out stays. Times as in a booking to be."""

    space: Id | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class BookingsIn(Shape):
    """Bookings to make together."""

    bookings: Annotated[list[Wish], Field(max_length=50_000)]


class BookingOut(Shape):
    """A space held for a member in [starts_at, ends_at)."""

    id: str
    site: str
    space: str
    member: str
    starts_at: Instant
    ends_at: Instant
    status: Status
    title: str | None
    made_at: Instant | None
    series: str | None
    price_category: str | None


class AttendanceOut(Shape):
    """What became of a booking; `..._by` is the event ("node/epoch/seq") or the person that says so.

    From `released_at` on the space is free again. The booking stays, and is paid for if it is `billable`.
    """

    booking: str
    checked_in_at: Instant | None
    checked_in_by: str | None
    left_at: Instant | None
    left_by: str | None
    released_at: Instant | None
    released_for: Literal["no_show", "left_early"] | None
    billable: bool


@router.get("/bookings", summary="Bookings of some time", dependencies=[Depends(looking_at("bookings"))])
def bookings(
    gateway: TheGateway,
    site: Id | None = None,
    from_: Annotated[datetime | None, Query(alias="from")] = None,
    to: datetime | None = None,
) -> list[BookingOut]:
    """List the bookings that touch [from, to), by default the 31 days from now, cancelled ones too."""
    place = site_of(gateway, site) if site else next(iter(gateway.sites.values()))
    start = moment(from_, place, "/from") if from_ else gateway.clock.now()
    end = moment(to, place, "/to") if to else start + _SHOWN
    with gateway.ledger.reading() as books:
        found = books.bookings.between(site, start, end)
    return [BookingOut.model_validate(booking) for booking in found]


@router.post("/bookings", status_code=201, summary="Book a space")
def book(wanted: BookingIn, gateway: TheGateway, hub: TheHub, carry_out: CarryOut) -> BookingOut:
    """Book a space for a member, where nobody else has it: else 409 says from when to when it is taken."""
    booking: Booking = carry_out(replace(_command(wanted, gateway), or_wait=wanted.or_wait))
    hub.stir()
    return BookingOut.model_validate(booking)


@router.post("/imports/bookings", summary="Make many bookings")
def import_bookings(wanted: BookingsIn, gateway: TheGateway, hub: TheHub, carry_out: CarryOut) -> Added:
    """Make all of them, or none where one cannot be."""
    commands = [
        _within(f"/bookings/{number}", booking, gateway) for number, booking in enumerate(wanted.bookings)
    ]
    try:
        booked: list[Booking] = carry_out(BookSpaces(tuple(commands)))
    except Refused as refusal:
        raise moved(refusal, "", "/bookings") from refusal
    hub.stir()
    return Added(added=len(booked))


@router.patch("/bookings/{booking}", summary="Move or extend a booking")
def move(booking: str, wanted: MoveIn, gateway: TheGateway, hub: TheHub, carry_out: CarryOut) -> BookingOut:
    """Put a booking elsewhere or at another time, where that is free; once it has begun, only its end."""
    with gateway.ledger.reading() as books:
        site = gateway.sites[_known(books, booking).site]
    moved_to: Booking = carry_out(
        MoveBooking(
            booking,
            wanted.space,
            moment(wanted.starts_at, site, "/starts_at") if wanted.starts_at else None,
            moment(wanted.ends_at, site, "/ends_at") if wanted.ends_at else None,
        )
    )
    hub.stir()
    return BookingOut.model_validate(moved_to)


@router.get("/bookings/{booking}/attendance", summary="What became of a booking")
def attendance(booking: str, gateway: TheGateway) -> AttendanceOut:
    """Say who checked in when, who left early, and whether the space was given back for it."""
    with gateway.ledger.reading() as books:
        known = _known(books, booking)
        became = books.bookings.attendances([booking]).get(booking, NOTHING_YET)
    billable = known.status == "confirmed" and became.billable(gateway.sites[known.site].booking)
    return AttendanceOut(booking=booking, **asdict(became), billable=billable)


@router.post("/bookings/{booking}/check-in", status_code=204, summary="Check in by hand")
def check_in(booking: str, asking: AnyVisitor, hub: TheHub, carry_out: CarryOut) -> None:
    """Note that the holder is there; a space that was given back is held again, where it is free."""
    carry_out(CheckInOrOut(booking, "check_in", asking.actor.id if asking else ANYONE.id))
    hub.stir()


@router.post("/bookings/{booking}/check-out", status_code=204, summary="Check out by hand")
def check_out(booking: str, asking: AnyVisitor, hub: TheHub, carry_out: CarryOut) -> None:
    """Note that the holder has left: what remains of the booked time is free at once."""
    carry_out(CheckInOrOut(booking, "check_out", asking.actor.id if asking else ANYONE.id))
    hub.stir()


@router.delete("/bookings/{booking}", status_code=204, summary="Cancel a booking")
def cancel(booking: str, hub: TheHub, carry_out: CarryOut) -> None:
    """Give a booked time back."""
    carry_out(CancelBooking(booking))
    hub.stir()


def _known(books: Books, booking: str) -> Booking:
    found = books.bookings.get(booking)
    if found is None:
        raise Refused("not_found", Fault("/booking", "unknown_booking", "no booking has this id"))
    return found


def _within(pointer: str, sent: Wish, gateway: Gateway) -> BookSpace:
    try:
        return _command(sent, gateway)
    except Refused as refusal:
        raise moved(refusal, "", pointer) from refusal


def _command(sent: Wish, gateway: Gateway) -> BookSpace:
    site = site_of(gateway, sent.site)
    return BookSpace(
        site=sent.site,
        space=sent.space,
        member=sent.member,
        starts_at=moment(sent.starts_at, site, "/starts_at"),
        ends_at=moment(sent.ends_at, site, "/ends_at"),
        title=sent.title or None,
        price_category=sent.price_category,
    )
