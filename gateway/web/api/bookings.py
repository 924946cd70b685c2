"""Bookings of spaces."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field, StringConstraints

from gateway.commands import BookSpace, BookSpaces, CancelBooking, Refused
from gateway.domain.bookings import Booking
from gateway.service import Gateway
from gateway.web.api.shapes import Added, Shape
from gateway.web.api.times import moment, site_of
from gateway.web.auth import CarryOut, allow
from gateway.web.context import TheGateway, TheHub
from gateway.web.looking import looking_at
from gateway.web.problems import moved
from protocol.base import Id, Instant

router = APIRouter(tags=["bookings"], dependencies=[Depends(allow("run-place"))])

_SHOWN = timedelta(days=31)


class BookingIn(Shape):
    """A booking to be. A time without an offset is local to the site."""

    site: Id
    space: Id
    member: Id
    starts_at: datetime
    ends_at: datetime
    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None


class BookingsIn(Shape):
    """Bookings to make together."""

    bookings: Annotated[list[BookingIn], Field(max_length=50_000)]


class BookingOut(Shape):
    """A space held for a member in [starts_at, ends_at)."""

    id: str
    site: str
    space: str
    member: str
    starts_at: Instant
    ends_at: Instant
    status: Literal["confirmed", "cancelled"]
    title: str | None


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
    """Book a space for a member, where nobody else has it."""
    booking: Booking = carry_out(_command(wanted, gateway))
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


@router.delete("/bookings/{booking}", status_code=204, summary="Cancel a booking")
def cancel(booking: str, hub: TheHub, carry_out: CarryOut) -> None:
    """Give a booked time back."""
    carry_out(CancelBooking(booking))
    hub.stir()


def _within(pointer: str, sent: BookingIn, gateway: Gateway) -> BookSpace:
    try:
        return _command(sent, gateway)
    except Refused as refusal:
        raise moved(refusal, "", pointer) from refusal


def _command(sent: BookingIn, gateway: Gateway) -> BookSpace:
    site = site_of(gateway, sent.site)
    return BookSpace(
        site=sent.site,
        space=sent.space,
        member=sent.member,
        starts_at=moment(sent.starts_at, site, "/starts_at"),
        ends_at=moment(sent.ends_at, site, "/ends_at"),
        title=sent.title or None,
    )
