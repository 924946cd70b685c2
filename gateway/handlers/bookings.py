"""Rooms: booked, moved, given back."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.domain.attendance import Mark
from gateway.domain.authority import MEMBER
from gateway.domain.bookings import (
    Booking,
    Hold,
    clash,
    hold_for,
    hours_booked,
    nodes_on_the_way,
    refusal,
    refusal_to_move,
)
from gateway.domain.civil import month_bounds
from gateway.domain.people import Member
from gateway.handlers.desk import Desk
from gateway.ports import AlreadyHeld
from protocol.base import as_wire_time
from protocol.site import Site

_AT_ODDS = {"clash", "quota"}
BOOKING_FAULTS = {
    "unknown_space": "this site has no such space",
    "not_bookable": "this space cannot be booked",
    "ends_before_start": "it must end after it starts",
    "too_long": "one booking lasts 24 hours at most",
    "membership_not_begun": "the membership begins later than the booking",
    "membership_ended": "the membership ends before the booking does",
    "waiting": "this booking waits for its space: cancel it, and make another one",
    "cancelled": "this booking was cancelled: make a new one",
    "given_back": "this booking was given back: check its holder in, or make a new one",
    "over": "this booking is over: make a new one",
    "begun": "this booking has begun: only its end can still change",
    "ends_in_the_past": "it cannot end before now",
}


def book_space(command: ask.BookSpace, desk: Desk) -> Booking:
    """Book a space, where nobody else has it; or wait for it, where that was asked for."""
    wanted = _wanted(command, desk, None)
    try:
        return _confirm(wanted, desk)
    except Refused as refused:
        only_taken = all(fault.code == "clash" for fault in refused.faults)
        if not (command.or_wait and only_taken and wanted.ends_at > desk.now):
            raise
    waiting = replace(wanted, status="waiting")
    desk.books.bookings.put(waiting)
    return waiting


def book_spaces(command: ask.BookSpaces, desk: Desk) -> list[Booking]:
    """Book several times over: each as if alone, after those before it, and none where one cannot be."""
    return _confirm_all([_wanted(each, desk, None) for each in command.bookings], desk)


def book_series(command: ask.BookSeries, desk: Desk) -> list[Booking]:
    """Book what recurs, under one name for all of it."""
    series = f"r-{secrets.token_hex(6)}"
    return _confirm_all([_wanted(each, desk, series) for each in command.bookings], desk)


def cancel_series(command: ask.CancelSeries, desk: Desk) -> int:
    """Give back what is yet to come of a series; return how many bookings that were."""
    found = desk.books.bookings.of_series(command.series)
    if not found:
        raise Refused("not_found", Fault("/series", "unknown_series", "no series has this id"))
    to_come = [each for each in found if each.status == "confirmed" and each.starts_at > desk.now]
    for booking in to_come:
        _give_back(booking, desk)
    return len(to_come)


def _wanted(command: ask.BookSpace, desk: Desk, series: str | None) -> Booking:
    return Booking(
        id=f"b-{secrets.token_hex(6)}",
        site=command.site,
        space=command.space,
        member=command.member,
        starts_at=command.starts_at,
        ends_at=command.ends_at,
        status="confirmed",
        title=command.title,
        made_at=desk.now,
        series=series,
        price_category=command.price_category or desk.member(command.member).plan,
    )


def _confirm_all(wanted: Iterable[Booking], desk: Desk) -> list[Booking]:
    booked, faults = [], []
    for number, booking in enumerate(wanted):
        try:
            booked.append(_confirm(booking, desk))
        except Refused as refused:
            faults += [replace(fault, pointer=f"/{number}{fault.pointer}") for fault in refused.faults]
    if faults:
        clashing = all(fault.code in _AT_ODDS for fault in faults)
        raise Refused("conflict" if clashing else "invalid", *faults)
    return booked


def move_booking(command: ask.MoveBooking, desk: Desk) -> Booking:
    """Put a booking elsewhere, or at another time; what it held is let go in the same breath."""
    old = _known(command.booking, desk)
    new = replace(
        old,
        space=command.space or old.space,
        starts_at=command.starts_at or old.starts_at,
        ends_at=command.ends_at or old.ends_at,
    )
    faults = [
        Fault(pointer, code, BOOKING_FAULTS[code]) for pointer, code in refusal_to_move(old, new, desk.now)
    ]
    became = desk.books.bookings.attendances([old.id]).get(old.id)
    if became is not None and became.released_at is not None:
        faults.append(Fault("/booking", "given_back", BOOKING_FAULTS["given_back"]))
    if faults:
        raise Refused("conflict", *faults)
    desk.touched |= nodes_on_the_way(desk.site(old.site), old.space)
    return _confirm(new, desk)


def cancel_booking(command: ask.CancelBooking, desk: Desk) -> None:
    """Give a booked time back; of one that has begun, what remains: the rest was used, and is billable."""
    booking = _known(command.booking, desk)
    if booking.status == "confirmed" and desk.now >= booking.ends_at:
        raise Refused("conflict", Fault("/booking", "over", BOOKING_FAULTS["over"]))
    if booking.status == "confirmed" and desk.now >= booking.starts_at:
        check_in_or_out(ask.CheckInOrOut(booking.id, "check_out", desk.by.id), desk)
    else:
        _give_back(booking, desk)


def _give_back(booking: Booking, desk: Desk) -> None:
    desk.books.bookings.put(replace(booking, status="cancelled"))
    desk.books.bookings.let_go(booking.id)
    desk.touched |= nodes_on_the_way(desk.site(booking.site), booking.space)
    desk.booked.add(booking.site)


def check_in_or_out(command: ask.CheckInOrOut, desk: Desk) -> None:
    """Note by hand that the holder came, or left, as if a door had told so; it bears who says so."""
    booking = _known(command.booking, desk)
    site = desk.site(booking.site)
    first = booking.starts_at - timedelta(minutes=site.access.booking_margin_min)
    if booking.status != "confirmed" or not first <= desk.now < booking.ends_at:
        text = "this booking was cancelled, is over, or does not begin yet"
        raise Refused("conflict", Fault("/booking", "not_now", text))
    became = desk.books.bookings.attendances([booking.id]).get(booking.id)
    if command.what == "check_out" and became is not None and became.released_at is not None:
        raise Refused("conflict", Fault("/booking", "given_back", BOOKING_FAULTS["given_back"]))
    if command.what == "check_in":
        hold_all(
            [hold_for(booking, site)], site, desk
        )  # it may have been given back, and taken by somebody else
    desk.books.bookings.mark(Mark(booking.id, command.what, desk.now, command.by))
    desk.touched |= nodes_on_the_way(site, booking.space)
    desk.booked.add(site.id)


def _known(booking: str, desk: Desk) -> Booking:
    found = desk.books.bookings.get(booking)
    if found is None:
        raise Refused("not_found", Fault("/booking", "unknown_booking", "no booking has this id"))
    return found


def cancel_own_booking(command: ask.CancelOwnBooking, desk: Desk) -> None:
    """Give back a time that the member who asks has booked, and that is not over."""
    booking = desk.books.bookings.get(command.booking)
    if booking is None or desk.by.id != f"{MEMBER}{booking.member}" or desk.now >= booking.ends_at:
        raise Refused("not_found", Fault("/booking", "unknown_booking", "no booking of yours has this id"))
    cancel_booking(ask.CancelBooking(booking.id), desk)


def _confirm(wanted: Booking, desk: Desk) -> Booking:
    """Write `wanted` and hold its space, or raise Refused."""
    site, member = desk.site(wanted.site), desk.member(wanted.member)
    faults = [Fault(pointer, code, BOOKING_FAULTS[code]) for pointer, code in refusal(wanted, site, member)]
    if faults:
        raise Refused("invalid", *faults)
    _check_quota(wanted, site, member, desk)
    hold_all([hold_for(wanted, site)], site, desk)
    desk.books.bookings.put(wanted)
    desk.touched |= nodes_on_the_way(site, wanted.space)
    desk.booked.add(site.id)
    return wanted


def hold_all(wanted: Sequence[Hold], site: Site, desk: Desk) -> None:
    """Hold spaces for one booking. Raises Refused with each time for which another has one of them."""
    taken = _clashes(wanted, desk)
    if not taken:
        try:
            desk.books.bookings.hold(wanted)
        except AlreadyHeld:  # by another gateway on the same database, a moment ago
            taken = _clashes(wanted, desk) or list(wanted)
    if taken:
        raise Refused("conflict", *(_taken(hold, site) for hold in taken))


def _check_quota(wanted: Booking, site: Site, member: Member, desk: Desk) -> None:
    """Raise Refused where the member's plan gives fewer hours in the month in which `wanted` begins."""
    most_h = site.plan(member.plan).booked_h_per_month
    if most_h is None:
        return
    month = f"{wanted.starts_at.astimezone(site.zone):%Y-%m}"
    found = desk.books.bookings.of_member(member.id, *month_bounds(month, site.zone))
    others = [each for each in found if each.site == site.id and each.id != wanted.id]
    booked_h = hours_booked([*others, wanted])
    if booked_h > most_h:
        text = f"this plan gives {most_h:g} hours of bookings a month; with this one it were {booked_h:g}"
        raise Refused("conflict", Fault("/member", "quota", text))


def _taken(hold: Hold, site: Site) -> Fault:
    start, end = (f"{at.astimezone(site.zone):%Y-%m-%d %H:%M}" for at in (hold.starts_at, hold.ends_at))
    facts = {
        "space": hold.space,
        "taken_from": as_wire_time(hold.starts_at),
        "taken_until": as_wire_time(hold.ends_at),
    }
    return Fault("/starts_at", "clash", f"this space is taken from {start} to {end}", facts)


def _clashes(wanted: Sequence[Hold], desk: Desk) -> list[Hold]:
    start, end = min(hold.starts_at for hold in wanted), max(hold.ends_at for hold in wanted)
    others = desk.books.bookings.holds(wanted[0].site, start, end)
    found = (clash(hold, others) for hold in wanted)
    return [other for other in found if other is not None]
