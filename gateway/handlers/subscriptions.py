"""Calendars given out, and taken back."""

import secrets

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.domain.subscriptions import Subscription
from gateway.handlers.desk import Desk, hashed


def share_calendar(command: ask.ShareCalendar, desk: Desk) -> str:
    """Make a secret address. It is told once, here; the ledger keeps its hash."""
    if (command.member is None) == (command.space is None or command.site is None):
        raise Refused("invalid", Fault("", "one_of", "name either a site and its space, or a member"))
    if command.member is not None:
        desk.member(command.member)
    elif command.space not in {space.id for space in desk.site(command.site or "").spaces}:
        raise Refused("invalid", Fault("/space", "unknown_space", "this site has no such space"))
    secret = secrets.token_urlsafe(32)
    of_room = command.member is None
    desk.books.subscriptions.add(
        Subscription(
            id=f"sub-{secrets.token_hex(6)}",
            hash=hashed(secret),
            name=command.name,
            site=command.site if of_room else None,
            space=command.space if of_room else None,
            member=command.member,
            titles=command.titles and of_room,
            since=desk.now,
        )
    )
    return secret


def revoke_subscription(command: ask.RevokeSubscription, desk: Desk) -> None:
    """Let an address answer nobody from now on."""
    if not desk.books.subscriptions.revoke(command.subscription, desk.now):
        raise Refused(
            "not_found", Fault("/subscription", "unknown_subscription", "no such address is in use")
        )
