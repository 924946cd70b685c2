"""Memberships that rest for a while."""

import secrets

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.domain.people import Suspension
from gateway.handlers.desk import Desk


def suspend_member(command: ask.SuspendMember, desk: Desk) -> Suspension:
    """Take all of a member's rights away for a time. What they booked or borrowed stays theirs."""
    member = desk.member(command.member)
    if command.until is not None and command.until <= command.since:
        raise Refused("invalid", Fault("/until", "ends_before_start", "it must end after it starts"))
    suspension = Suspension(
        f"u-{secrets.token_hex(6)}", member.id, command.since, command.until, command.reason
    )
    desk.books.people.suspend(suspension)
    desk.touch(member.sites)
    return suspension


def lift_suspension(command: ask.LiftSuspension, desk: Desk) -> None:
    """Give a member's rights back now."""
    member = desk.member(command.member)
    lasting = [
        suspension
        for suspension in desk.books.people.suspensions(member.id)
        if suspension.until is None or suspension.until > desk.now
    ]
    if not lasting:
        raise Refused("not_found", Fault("/member", "not_suspended", "nothing suspends this member"))
    for suspension in lasting:
        desk.books.people.lift(suspension.id, max(desk.now, suspension.since))
    desk.touch(member.sites)
