"""Guests for a day."""

import secrets
from datetime import date, timedelta
from typing import Final

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.domain.civil import day_bounds
from gateway.domain.opening_hours import open_to
from gateway.domain.people import Credential, Member
from gateway.handlers.desk import Desk
from protocol.site import Site

_A_DAY: Final = timedelta(days=1)
_AHEAD: Final = timedelta(days=366)


def invite_guest(command: ask.InviteGuest, desk: Desk) -> Member:
    """Take up a guest whose rights end with the day; the host answers for as many as the plan allows."""
    site, host = desk.site(command.site), desk.member(command.host)
    if command.day < (desk.now - _A_DAY).date():  # before it is placed: the year 1 has no midnight in UTC
        raise Refused("invalid", Fault("/day", "over", "this day is over"))
    if command.day > (desk.now + _AHEAD).date():
        raise Refused("invalid", Fault("/day", "too_far", f"invite within the next {_AHEAD.days} days"))
    start, end = day_bounds(command.day, site.zone)
    if end <= desk.now:
        raise Refused("invalid", Fault("/day", "over", "this day is over"))
    if open_to(site, command.day, "invited") is None:
        raise Refused("invalid", Fault("/day", "closed", "the site is closed on this day"))
    _check_host(host, site, command.day, desk)
    if command.card is not None and desk.books.people.holding(command.card.ref, max(start, desk.now)):
        raise Refused("conflict", Fault("/ref", "held", "this card is held by someone already then"))
    guest = Member(
        f"g-{secrets.token_hex(6)}",
        command.name,
        "guest",
        "invited",
        (site.id,),
        None,
        start,
        end,
        host=host.id,
    )
    desk.books.people.add([guest])
    if command.card is not None:  # a visitor's card goes to somebody else tomorrow
        desk.books.people.give(
            [Credential(command.card.ref, guest.id, max(start, desk.now), end, command.card.locked_key)]
        )
    desk.touch([site.id])
    return guest


def _check_host(host: Member, site: Site, day: date, desk: Desk) -> None:
    start, end = day_bounds(day, site.zone)
    belongs = site.id in host.sites and host.since < end and (host.until is None or start < host.until)
    if host.category == "guest" or not belongs:
        text = "only who is a member of this site on that day can invite"
        raise Refused("invalid", Fault("/host", "no_member", text))
    members = desk.books.people.members(site.id)
    invited = sum(member.host == host.id and member.since == start for member in members)
    most = site.plan(host.plan).guests_per_day
    if invited >= most:
        text = f"this plan lets its members invite {most} guests a day"
        raise Refused("conflict", Fault("/host", "too_many_guests", text))
