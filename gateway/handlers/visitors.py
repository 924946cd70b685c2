"""Visitors, who have a code instead of a badge, and the panels at which they type it."""

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Final

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.domain.accounts import Tries
from gateway.domain.authority import panel_at
from gateway.domain.door_modes import DoorMode
from gateway.domain.privatisation import of_door
from gateway.domain.visitor_passes import KEPT_AFTER, LONGEST, PanelAnswer, Refusal, VisitorPass
from gateway.handlers.desk import Desk, order
from gateway.handlers.doors import door_of
from gateway.handlers.keys import new_secret
from gateway.ports import Key
from protocol.messages import UnlockDoor
from protocol.site import Site

_LINK_LIVES: Final = timedelta(hours=1)


def invite_visitor(command: ask.InviteVisitor, desk: Desk) -> VisitorPass:
    """Keep a pass, and forget those that ended long ago."""
    site = desk.site(command.site)
    for door in command.doors:
        door_of(site, door)
    if not command.doors:
        raise Refused("invalid", Fault("/doors", "no_door", "name at least one door"))
    desk.member(command.host)
    if not command.starts_at < command.ends_at or command.ends_at <= desk.now:
        raise Refused(
            "invalid", Fault("/ends_at", "no_time_left", "the end must lie ahead, and after the start")
        )
    if command.ends_at - command.starts_at > LONGEST:
        text = f"a visit lasts {LONGEST.days} days at most: give a badge to who comes for longer"
        raise Refused("invalid", Fault("/ends_at", "too_long", text))
    desk.books.passes.forget_ended(desk.now - KEPT_AFTER)
    if desk.books.passes.by_code(command.code) is not None:
        raise Refused("conflict", Fault("/code", "drawn_before", "this code was drawn before: draw another"))
    new = VisitorPass(
        id=f"v-{secrets.token_hex(6)}",
        site=command.site,
        doors=command.doors,
        visitor=command.visitor,
        host=command.host,
        code=command.code,
        starts_at=command.starts_at,
        ends_at=command.ends_at,
        single_use=command.single_use,
    )
    desk.books.passes.put(new)
    desk.touch([new.site])
    return new


def revoke_pass(command: ask.RevokePass, desk: Desk) -> None:
    """End a pass now. One that has ended already stays as it is."""
    found = desk.books.passes.get(command.visitor_pass)
    if found is None:
        raise Refused("not_found", Fault("/pass", "unknown_pass", "no pass has this id"))
    if found.revoked_at is None:
        desk.books.passes.put(replace(found, revoked_at=desk.now))
        desk.touch([found.site])


def use_pass(command: ask.UsePass, desk: Desk) -> PanelAnswer:
    """Open the panel's own door, or count a wrong code: an answer, no refusal, for the count must be kept."""
    panel = panel_at(command.site, command.door)
    if desk.by.id != panel:
        raise Refused("forbidden", Fault("/door", "other_panel", "a panel opens the door at which it stands"))
    door = door_of(desk.site(command.site), command.door)
    tries = desk.books.accounts.tries(panel)
    wait = tries.wait(desk.now) if tries else timedelta()
    if wait:
        return PanelAnswer(wait=wait)
    found = desk.books.passes.by_code(command.code)
    refusal = found.refusal(command.site, door.id, desk.now) if found else "unknown"
    if found is None or refusal is not None:
        return _count(panel, refusal or "unknown", desk)
    if any(mode.mode == "lockdown" and mode.concerns(door.id) for mode in _modes_now(command.site, desk)):
        return PanelAnswer("lockdown")
    if not _host_is_let_in(found.host, desk.sites[command.site], door.id, desk):
        return PanelAnswer("privatised")
    try:
        sent = order(desk, desk.site(command.site), door.node, UnlockDoor(door=door.id), found.id)
    except Refused:
        return PanelAnswer("offline")
    desk.books.passes.put(replace(found, last_used_at=desk.now, last_command=sent.id))
    if found.single_use:
        desk.touch([found.site])
    desk.books.accounts.forget_tries(panel)
    return PanelAnswer()


def _host_is_let_in(host: str, site: Site, door: str, desk: Desk) -> bool:
    """Whether the door is not hired for others than the visitor's host."""
    soon = desk.now + timedelta(microseconds=1)
    hired = of_door(desk.books.bookings.privatisations(site.id, desk.now, soon), site, door, desk.now)
    return hired is None or host in hired.admitted


def _modes_now(site: str, desk: Desk) -> list[DoorMode]:
    return desk.books.door_modes.between(site, desk.now, desk.now + timedelta(microseconds=1))


def set_up_panel(command: ask.SetUpPanel, desk: Desk) -> str:
    """Make the link for the panel at a door. What was the panel there is none any more: it may be lost."""
    door_of(desk.site(command.site), command.door)
    panel = panel_at(command.site, command.door)
    desk.books.keys.end_of(panel, desk.now)
    return new_secret(desk, Key("", "link", panel, "panel", desk.now + _LINK_LIVES, None, panel))


def _count(panel: str, refusal: Refusal, desk: Desk) -> PanelAnswer:
    """Count a code that opened nothing; one that is right, but not now, is no guess."""
    if refusal != "unknown":
        return PanelAnswer(refusal)
    tries = (desk.books.accounts.tries(panel) or Tries(panel, 0, desk.now)).again(desk.now)
    desk.books.accounts.put_tries(tries)
    return PanelAnswer(refusal, tries.wait(desk.now))
