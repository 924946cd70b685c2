"""A member's own page: bookings, loans, parcels, and the month as the town will see it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from gateway.commands import CancelOwnBooking
from gateway.domain.authority import MEMBER
from gateway.domain.billing import PersonUsage
from gateway.domain.bookings import Booking
from gateway.domain.civil import day_of
from gateway.domain.loans import Loan
from gateway.domain.parcels import Parcel
from gateway.domain.tariff import NoTariffInForce
from gateway.ports import Books
from gateway.web.auth import CarryOut, Visitor, allow
from gateway.web.context import House, TheHouse, TheHub
from gateway.web.i18n import words_for
from gateway.web.monthly import TOWN, month_of
from gateway.web.pages.rendering import page

router = APIRouter(prefix="/me", include_in_schema=False)

_AHEAD: Final = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class _Own:
    """What is kept of one member now."""

    bookings: list[Booking]
    loans: list[Loan]
    parcels: list[Parcel]


@router.get("")
def me(request: Request, house: TheHouse, visitor: Annotated[Visitor, Depends(allow("see-own"))]) -> Response:
    """Show a member what is theirs; staff have an account instead."""
    member = _member(visitor)
    if member is None:
        return RedirectResponse("/account", 303)
    return _show(request, house, visitor, member)


@router.post("/bookings/{booking}/cancel", dependencies=[Depends(allow("see-own"))])
def cancel(booking: str, hub: TheHub, carry_out: CarryOut) -> Response:
    """Give back a time that one has booked."""
    carry_out(CancelOwnBooking(booking))
    hub.stir()
    return RedirectResponse("/me", 303)


def _show(request: Request, house: House, visitor: Visitor, member: str) -> HTMLResponse:
    now, words = house.gateway.clock.now(), words_for(request)
    with house.gateway.ledger.reading() as books:
        own = _of(books, member, now)
    day = day_of(now, TOWN)
    return page(
        request,
        "me.html",
        visitor,
        own=own,
        now=now,
        usage=_usage(house, member, f"{day:%Y-%m}"),
        month=f"{words.month(day.month)} {day.year}",
        space=lambda booking: _space(house, booking),
        place=lambda thing: house.gateway.sites[thing.site],
        when=lambda moment, site: f"{words.day(moment)} {words.clock(moment, site.zone)}",
    )


def _of(books: Books, member: str, now: datetime) -> _Own:
    booked = books.bookings.between(None, now, now + _AHEAD)
    return _Own(
        [b for b in booked if b.member == member and b.status == "confirmed"],
        [loan for loan in books.lockers.loans() if loan.member == member],
        [parcel for parcel in books.lockers.parcels() if parcel.member == member],
    )


def _space(house: House, booking: Booking) -> str:
    """Return the name of a booked space; a site file may have dropped it since."""
    spaces = house.gateway.sites[booking.site].spaces
    return next((space.name for space in spaces if space.id == booking.space), booking.space)


def _usage(house: House, member: str, month: str) -> PersonUsage | None:
    try:
        people = month_of(house, month).people
    except NoTariffInForce:
        return None
    return next((person for person in people if person.member == member), None)


def _member(visitor: Visitor) -> str | None:
    return visitor.actor.id.removeprefix(MEMBER) if visitor.actor.id.startswith(MEMBER) else None
