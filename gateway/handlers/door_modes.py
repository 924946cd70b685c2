"""Lockdown, free passage, and events that live by it."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from gateway import commands as ask
from gateway.commands import Fault, Passage, Refused
from gateway.domain.door_modes import DoorMode
from gateway.domain.gatherings import Gathering
from gateway.handlers.desk import Desk
from protocol.site import Site

_LONGEST: Final = timedelta(hours=24)


def lock_down(command: ask.LockDown, desk: Desk) -> DoorMode:
    """Let nobody in but staff, at once. What is locked down already stays so, under the id that it has."""
    site = desk.site(command.site)
    _check_doors(command.doors, site, "")
    for known in desk.books.door_modes.between(site.id, desk.now, desk.now + timedelta(microseconds=1)):
        if known.mode == "lockdown" and set(known.doors) == set(command.doors):
            return known
    mode = DoorMode(_id("lockdown"), site.id, "lockdown", command.doors, desk.now, None, command.reason)
    return _put(mode, desk)


def open_to_all(command: ask.OpenToAll, desk: Desk) -> DoorMode:
    """Let anybody in for a time."""
    site = desk.site(command.site)
    passage = Passage(command.doors, command.starts_at, command.ends_at)
    _check(passage, site, desk, "")
    return _put(_free(passage, site, command.reason, None), desk)


def lift_mode(command: ask.LiftMode, desk: Desk) -> DoorMode:
    """End what doors are in, or were to be in."""
    mode = desk.books.door_modes.get(command.mode)
    if mode is None or (mode.ends_at is not None and mode.ends_at <= desk.now):
        text = "no lockdown or free passage of this id is in force or to come"
        raise Refused("not_found", Fault("/mode", "unknown_mode", text))
    return _put(replace(mode, ends_at=max(mode.starts_at, desk.now)), desk)


def hold_gathering(command: ask.HoldGathering, desk: Desk) -> Gathering:
    """Hold an event; its doors are free as its plan says."""
    site = desk.site(command.site)
    if command.ends_at <= command.starts_at:
        raise Refused("invalid", Fault("/ends_at", "ends_before_start", "it must end after it starts"))
    if command.ends_at <= desk.now:
        raise Refused("invalid", Fault("/ends_at", "over", "it must end after now"))
    for number, passage in enumerate(command.passages):
        _check(passage, site, desk, f"/passages/{number}")
    gathering = Gathering(
        _id("event"),
        site.id,
        command.name,
        command.starts_at,
        command.ends_at,
        site.capacity_event if command.most is None else command.most,
    )
    desk.books.door_modes.put_gathering(gathering)
    for passage in command.passages:
        _put(_free(passage, site, command.name, gathering.id), desk)
    return gathering


def cancel_gathering(command: ask.CancelGathering, desk: Desk) -> None:
    """Call an event off, or end it early."""
    gathering = desk.books.door_modes.gathering(command.gathering)
    if gathering is None or gathering.cancelled or gathering.ends_at <= desk.now:
        text = "no event of this id is held or to come"
        raise Refused("not_found", Fault("/gathering", "unknown_gathering", text))
    begun = gathering.starts_at < desk.now
    ended = replace(gathering, ends_at=desk.now) if begun else replace(gathering, cancelled=True)
    desk.books.door_modes.put_gathering(ended)
    for mode in desk.books.door_modes.of(gathering.id):
        if mode.ends_at is None or mode.ends_at > desk.now:
            _put(replace(mode, ends_at=max(mode.starts_at, desk.now)), desk)


def free_for_all(
    site: Site, doors: Sequence[str], start: datetime, end: datetime, desk: Desk
) -> list[DoorMode]:
    """Return the free passages of any of `doors` that touch [start, end)."""
    found = desk.books.door_modes.between(site.id, start, end)
    return [mode for mode in found if mode.mode == "free_passage" and any(map(mode.concerns, doors))]


def _check(passage: Passage, site: Site, desk: Desk, where: str) -> None:
    """Raise Refused where a passage cannot be free as wanted."""
    _check_doors(passage.doors, site, where)
    faults = []
    if passage.ends_at <= passage.starts_at:
        faults.append(Fault(f"{where}/ends_at", "ends_before_start", "it must end after it starts"))
    if passage.ends_at - passage.starts_at > _LONGEST:
        faults.append(Fault(f"{where}/ends_at", "too_long", "a door lets anybody in for 24 hours at most"))
    if passage.ends_at <= desk.now:
        faults.append(Fault(f"{where}/ends_at", "over", "it must end after now"))
    if faults:
        raise Refused("invalid", *faults)
    free = passage.doors or tuple(door.id for door in site.doors)
    for hired in desk.books.bookings.privatisations(site.id, passage.starts_at, passage.ends_at):
        if hired.status == "confirmed" and any(door.id in free for door in hired.closed_doors(site)):
            text = f"{hired.id} has the place for its guests alone until {hired.ends_at.isoformat()}"
            raise Refused("conflict", Fault(f"{where}/doors", "privatised", text, {"by": hired.id}))


def _check_doors(doors: Sequence[str], site: Site, where: str) -> None:
    known = {door.id for door in site.doors}
    faults = [
        Fault(f"{where}/doors/{number}", "unknown_door", f"expected one of: {', '.join(sorted(known))}")
        for number, door in enumerate(doors)
        if door not in known
    ]
    if faults:
        raise Refused("invalid", *faults)


def _free(passage: Passage, site: Site, reason: str, gathering: str | None) -> DoorMode:
    times = (passage.starts_at, passage.ends_at)
    return DoorMode(_id("free"), site.id, "free_passage", passage.doors, *times, reason, gathering)


def _put(mode: DoorMode, desk: Desk) -> DoorMode:
    desk.books.door_modes.put(mode)
    desk.touch([mode.site])
    return mode


def _id(kind: str) -> str:
    return f"{kind}-{secrets.token_hex(6)}"
