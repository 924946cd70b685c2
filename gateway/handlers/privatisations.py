"""Places hired whole, and whom their organisers let in."""

import secrets
from collections.abc import Iterable
from dataclasses import replace

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.domain.privatisation import Privatisation, refusal
from gateway.handlers.bookings import BOOKING_FAULTS, hold_all
from gateway.handlers.desk import Desk
from gateway.handlers.door_modes import free_for_all
from protocol.site import Site


def privatise(command: ask.Privatise, desk: Desk) -> Privatisation:
    """Hire a site or spaces of it whole, where nothing in it is booked at that time."""
    site = desk.site(command.site)
    wanted = Privatisation(
        f"p-{secrets.token_hex(6)}",
        site.id,
        tuple(dict.fromkeys(command.spaces)),
        desk.member(command.organiser).id,
        command.starts_at,
        command.ends_at,
        "confirmed",
        command.title,
        (),
    )
    faults = [Fault(pointer, code, BOOKING_FAULTS[code]) for pointer, code in refusal(wanted, site)]
    if faults:
        raise Refused("invalid", *faults)
    _refuse_while_free(wanted, site, desk)
    hold_all(wanted.holds(site), site, desk)
    return _put(replace(wanted, guests=_guests(command.guests, desk)), desk)


def admit(command: ask.Admit, desk: Desk) -> Privatisation:
    """Let these guests in, and nobody else beside the organiser."""
    known = _known(command.privatisation, desk)
    return _put(replace(known, guests=_guests(command.guests, desk)), desk)


def cancel_privatisation(command: ask.CancelPrivatisation, desk: Desk) -> None:
    """Give what was hired back; members come in again."""
    known = _known(command.privatisation, desk)
    desk.books.bookings.let_go(known.id)
    _put(replace(known, status="cancelled"), desk)


def _refuse_while_free(wanted: Privatisation, site: Site, desk: Desk) -> None:
    doors = [door.id for door in wanted.closed_doors(site)]
    for mode in free_for_all(site, doors, wanted.starts_at, wanted.ends_at, desk):
        known = mode.gathering or mode.id
        text = f"{known} lets anybody in from {mode.starts_at.isoformat()}: cancel that first"
        raise Refused("conflict", Fault("/starts_at", "free_passage", text, {"by": known}))


def _put(privatisation: Privatisation, desk: Desk) -> Privatisation:
    desk.books.bookings.put_privatisation(privatisation)
    desk.touch([privatisation.site])
    return privatisation


def _known(privatisation: str, desk: Desk) -> Privatisation:
    found = desk.books.bookings.privatisation(privatisation)
    if found is None or found.status == "cancelled":
        text = "nothing is hired under this id"
        raise Refused("not_found", Fault("/privatisation", "unknown_privatisation", text))
    return found


def _guests(wanted: Iterable[str], desk: Desk) -> tuple[str, ...]:
    guests = tuple(dict.fromkeys(wanted))
    known = {member.id for member in desk.books.people.members()}
    faults = [
        Fault(f"/guests/{number}", "unknown_member", f"nobody is called {guest!r}")
        for number, guest in enumerate(guests)
        if guest not in known
    ]
    if faults:
        raise Refused("invalid", *faults)
    return guests
