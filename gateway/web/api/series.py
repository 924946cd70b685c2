"""Bookings that come again."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field, StringConstraints

from gateway.commands import BookSeries, BookSpace, CancelSeries, Fault, Refused
from gateway.domain.bookings import Booking, LocalTimeUnclear
from gateway.domain.interval import Interval
from gateway.domain.recurrence import RuleRefused, occurrences
from gateway.web.api.bookings import BookingOut, Wish
from gateway.web.api.shapes import Shape
from gateway.web.api.times import moment, site_of
from gateway.web.auth import CarryOut, allow
from gateway.web.context import TheGateway, TheHub
from gateway.web.problems import moved
from protocol.site import Site

router = APIRouter(prefix="/series", tags=["bookings"], dependencies=[Depends(allow("run-place"))])


class SeriesIn(Wish):
    """A first booking, and by which rule of RFC 5545 it comes again: FREQ=WEEKLY;BYDAY=TU;COUNT=10.

    The rule says COUNT or UNTIL. On the civil days of `except_on` it does not come.
    """

    rrule: Annotated[str, StringConstraints(max_length=500)]
    except_on: list[date] = Field(default_factory=list, max_length=366)


class SeriesOut(Shape):
    """The bookings of a series, in order of time."""

    series: str
    bookings: list[BookingOut]


class Cancelled(Shape):
    """How many bookings were given back."""

    cancelled: int


@router.post("", status_code=201, summary="Book a series")
def book_series(wanted: SeriesIn, gateway: TheGateway, hub: TheHub, carry_out: CarryOut) -> SeriesOut:
    """Book all of it, or nothing: 409 says which occurrences cannot be, and for how long they are taken."""
    site = site_of(gateway, wanted.site)
    commands = tuple(
        BookSpace(site.id, wanted.space, wanted.member, *times, wanted.title or None, wanted.price_category)
        for times in _times(wanted, site)
    )
    try:
        booked: list[Booking] = carry_out(BookSeries(commands))
    except Refused as refusal:
        raise moved(refusal, "", "/occurrences") from refusal
    hub.stir()
    return SeriesOut(
        series=booked[0].series or "", bookings=[BookingOut.model_validate(each) for each in booked]
    )


@router.delete("/{series}", summary="Cancel a series")
def cancel_series(series: str, hub: TheHub, carry_out: CarryOut) -> Cancelled:
    """Give back all of a series that has not begun."""
    cancelled: int = carry_out(CancelSeries(series))
    hub.stir()
    return Cancelled(cancelled=cancelled)


def _times(wanted: SeriesIn, site: Site) -> list[Interval]:
    starts = _local(wanted.starts_at, site, "/starts_at")
    ends = _local(wanted.ends_at, site, "/ends_at")
    try:
        return occurrences(wanted.rrule, starts, ends, site.zone, wanted.except_on)
    except RuleRefused as refusal:
        raise Refused("invalid", Fault("/rrule", "rule_refused", str(refusal))) from refusal
    except LocalTimeUnclear as unclear:
        text = f"{unclear}; or leave this day out with except_on"
        raise Refused("invalid", Fault("/rrule", "local_time_unclear", text)) from unclear


def _local(sent: datetime, site: Site, pointer: str) -> datetime:
    """Return what the clocks of the site show then."""
    return moment(sent, site, pointer).astimezone(site.zone).replace(tzinfo=None)
