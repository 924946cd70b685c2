"""Rooms, booked and given back."""

import secrets

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.domain.authority import MEMBER
from gateway.domain.bookings import Booking, refusal
from gateway.handlers.desk import Desk
from protocol.site import Site

_BOOKING = {
    "unknown_space": "this site has no such space",
    "not_bookable": "this space cannot be booked",
    "ends_before_start": "it must end after it starts",
    "too_long": "one booking lasts 24 hours at most",
    "membership_not_begun": "the membership begins later than the booking",
    "membership_ended": "the membership ends before the booking does",
    "clash": "someone has booked this space at that time",
}


def book_space(command: ask.BookSpace, desk: Desk) -> Booking:
    """Book a space, where nobody else has it."""
    site, member = desk.site(command.site), desk.member(command.member)
    wanted = Booking(
        id=f"b-{secrets.token_hex(6)}",
        site=site.id,
        space=command.space,
        member=member.id,
        starts_at=command.starts_at,
        ends_at=command.ends_at,
        status="confirmed",
        title=command.title,
    )
    others = desk.books.bookings.between(site.id, wanted.starts_at, wanted.ends_at)
    faults = [Fault(pointer, code, _BOOKING[code]) for pointer, code in refusal(wanted, site, member, others)]
    if faults:
        raise Refused("conflict" if [fault.code for fault in faults] == ["clash"] else "invalid", *faults)
    desk.books.bookings.add(wanted)
    desk.touched |= _nodes_on_the_way(site, wanted.space)
    return wanted


def book_spaces(command: ask.BookSpaces, desk: Desk) -> list[Booking]:
    """Book several times over: each as if alone, after those before it, and none where one cannot be."""
    booked, faults = [], []
    for number, wanted in enumerate(command.bookings):
        try:
            booked.append(book_space(wanted, desk))
        except Refused as refusal:
            faults += [Fault(f"/{number}{fault.pointer}", fault.code, fault.text) for fault in refusal.faults]
    if faults:
        clashing = all(fault.code == "clash" for fault in faults)
        raise Refused("conflict" if clashing else "invalid", *faults)
    return booked


def cancel_booking(command: ask.CancelBooking, desk: Desk) -> None:
    """Give a booked time back."""
    booking = desk.books.bookings.get(command.booking)
    if booking is None:
        raise Refused("not_found", Fault("/booking", "unknown_booking", "no booking has this id"))
    desk.books.bookings.cancel(command.booking)
    desk.touched |= _nodes_on_the_way(desk.site(booking.site), booking.space)


def cancel_own_booking(command: ask.CancelOwnBooking, desk: Desk) -> None:
    """Give back a time that the member who asks has booked, and that is not over."""
    booking = desk.books.bookings.get(command.booking)
    if booking is None or desk.by.id != f"{MEMBER}{booking.member}" or desk.now >= booking.ends_at:
        raise Refused("not_found", Fault("/booking", "unknown_booking", "no booking of yours has this id"))
    cancel_booking(ask.CancelBooking(booking.id), desk)


def _nodes_on_the_way(site: Site, space: str) -> set[str]:
    """Every node whose doors a booking of `space` opens."""
    return {door.node for door in site.doors if door.perimeter or door.space == space}
