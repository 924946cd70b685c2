"""One function per command, and one table that closes the file."""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.domain.bookings import Booking, refusal
from gateway.domain.loans import Loan
from gateway.domain.parcels import Parcel
from gateway.domain.people import Credential, Member
from gateway.domain.rights import node_of_compartment
from gateway.ports import Books, Key, NodeReport, Notifier
from protocol.messages import Action, Command, OpenCompartment, UnlockDoor
from protocol.site import Site

_COMMAND_LIVES_S = 5.0
_PARCEL_WAITS = timedelta(days=5)
_BOOKING = {
    "unknown_space": "this site has no such space",
    "not_bookable": "this space cannot be booked",
    "ends_before_start": "it must end after it starts",
    "too_long": "one booking lasts 24 hours at most",
    "membership_not_begun": "the membership begins later than the booking",
    "membership_ended": "the membership ends before the booking does",
    "clash": "someone has booked this space at that time",
}


@dataclass(slots=True)
class Desk:
    """What a handler works with: one transaction, the time, the sites.

    After the commit `orders` and `letters` go out, and the lists of the `touched` nodes are compiled anew.
    """

    books: Books
    now: datetime
    sites: Mapping[str, Site]
    notifier: Notifier
    touched: set[str] = field(default_factory=set)
    orders: list[Command] = field(default_factory=list)
    letters: list[Callable[[], None]] = field(default_factory=list)

    def site(self, site: str) -> Site:
        try:
            return self.sites[site]
        except KeyError:
            known = ", ".join(self.sites)
            raise Refused(
                "invalid", Fault("/site", "unknown_site", f"no such site here, expected one of: {known}")
            ) from None

    def touch(self, sites: Iterable[str]) -> None:
        """Note that rights may have changed at every node of these sites."""
        self.touched |= {node.id for site in sites if site in self.sites for node in self.sites[site].nodes}

    def member(self, member: str) -> Member:
        found = self.books.people.member(member)
        if found is None:
            raise Refused("invalid", Fault("/member", "unknown_member", f"nobody is called {member!r}"))
        return found


def add_members(command: ask.AddMembers, desk: Desk) -> list[Member]:
    """Take up members with their cards."""
    faults = [*_ids_taken(command, desk), *_sites_unknown(command, desk), *_cards_held(command, desk)]
    if faults:
        at_odds = any(fault.code != "unknown_site" for fault in faults)
        raise Refused("conflict" if at_odds else "invalid", *faults)
    desk.books.people.add(new.member for new in command.members)
    desk.books.people.give(
        Credential(ref, new.member.id, new.member.since, None)
        for new in command.members
        for ref in new.credentials
    )
    desk.touch(site for new in command.members for site in new.member.sites)
    return [new.member for new in command.members]


def _ids_taken(command: ask.AddMembers, desk: Desk) -> Iterator[Fault]:
    taken = {member.id for member in desk.books.people.members()}
    for number, new in enumerate(command.members):
        if new.member.id in taken:
            yield Fault(f"/{number}/id", "taken", f"{new.member.id!r} is a member already")
        taken.add(new.member.id)


def _sites_unknown(command: ask.AddMembers, desk: Desk) -> Iterator[Fault]:
    for number, new in enumerate(command.members):
        if not set(new.member.sites) <= desk.sites.keys():
            known = ", ".join(desk.sites)
            yield Fault(f"/{number}/sites", "unknown_site", f"no such site here, expected some of: {known}")


def _cards_held(command: ask.AddMembers, desk: Desk) -> Iterator[Fault]:
    given: set[str] = set()
    for number, new in enumerate(command.members):
        for place, ref in enumerate(new.credentials):
            if ref in given or desk.books.people.holding(ref, desk.now):
                pointer = f"/{number}/credentials/{place}"
                yield Fault(pointer, "held", f"card {ref} is held by someone already")
            given.add(ref)


def give_credential(command: ask.GiveCredential, desk: Desk) -> Credential:
    """Hand a card to a member."""
    member = desk.member(command.member)
    if desk.books.people.holding(command.ref, desk.now):
        raise Refused(
            "conflict", Fault("/ref", "held", "this card is held by someone already: revoke it first")
        )
    credential = Credential(command.ref, member.id, desk.now, None)
    desk.books.people.give([credential])
    desk.touch(member.sites)
    return credential


def revoke_credential(command: ask.RevokeCredential, desk: Desk) -> None:
    """Take a card out of every door."""
    if not desk.books.people.revoke(command.ref, desk.now):
        raise Refused("not_found", Fault("/ref", "unknown_credential", "no card in use has this reference"))
    desk.touch(desk.sites)


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


def lend_item(command: ask.LendItem, desk: Desk) -> Loan:
    """Let a member fetch an item that nobody has."""
    site, member = desk.site(command.site), desk.member(command.member)
    item = next((item for item in site.items if item.id == command.item), None)
    if item is None:
        known = ", ".join(item.id for item in site.items) or "none here"
        raise Refused(
            "invalid", Fault("/item", "unknown_item", f"no such item here, expected one of: {known}")
        )
    if any(loan.item == item.id for loan in desk.books.lockers.loans(site.id)):
        raise Refused("conflict", Fault("/item", "lent", f"{item.name} is lent already"))
    if command.due_at <= desk.now:
        raise Refused("invalid", Fault("/due_at", "past", "it must be brought back later than now"))
    loan = Loan(
        id=f"l-{secrets.token_hex(6)}",
        site=site.id,
        item=item.id,
        compartment=item.compartment,
        member=member.id,
        asked_at=desk.now,
        due_at=command.due_at,
        taken_at=None,
        returned_at=None,
        cancelled=False,
    )
    desk.books.lockers.put_loan(loan)
    desk.touched.add(node_of_compartment(site, item.compartment))
    return loan


def drop_parcel(command: ask.DropParcel, desk: Desk) -> Parcel:
    """Open a free compartment for a parcel, and tell its addressee with a code."""
    site, member = desk.site(command.site), desk.member(command.member)
    taken = {parcel.compartment for parcel in desk.books.lockers.parcels(site.id)}
    free = [c for c in site.compartments if c.use == "parcel" and c.id not in taken]
    if not free:
        raise Refused("conflict", Fault("/site", "full", "every parcel compartment is taken"))
    node = node_of_compartment(site, free[0].id)
    _order(desk, site, node, OpenCompartment(compartment=free[0].id))
    code = f"{secrets.randbelow(10**8):08d}"
    parcel = Parcel(
        id=f"p-{secrets.token_hex(6)}",
        site=site.id,
        compartment=free[0].id,
        member=member.id,
        carrier=command.carrier,
        code_hash=_hash(code),
        dropped_at=desk.now,
        deadline=desk.now + _PARCEL_WAITS,
        collected_at=None,
        returned=False,
    )
    desk.books.lockers.put_parcel(parcel)
    desk.letters.append(lambda: desk.notifier.parcel_arrived(member, parcel, code))
    desk.touched.add(node)
    return parcel


def collect_parcel(command: ask.CollectParcel, desk: Desk) -> Parcel:
    """Open the compartment that a code belongs to."""
    site = desk.site(command.site)
    wanted = _hash(command.code)
    for parcel in desk.books.lockers.parcels(site.id):
        if parcel.code_hash == wanted:
            node = node_of_compartment(site, parcel.compartment)
            _order(desk, site, node, OpenCompartment(compartment=parcel.compartment), parcel.id)
            return parcel
    raise Refused("not_found", Fault("/code", "unknown_code", "no parcel waits under this code"))


def open_door(command: ask.OpenDoor, desk: Desk) -> Command:
    """Release a door now."""
    site = desk.site(command.site)
    door = next((door for door in site.doors if door.id == command.door), None)
    if door is None:
        known = ", ".join(door.id for door in site.doors)
        raise Refused(
            "not_found", Fault("/door", "unknown_door", f"no such door here, expected one of: {known}")
        )
    return _order(desk, site, door.node, UnlockDoor(door=door.id))


def mint_key(command: ask.MintKey, desk: Desk) -> str:
    """Make a secret. It is told once, here; the ledger keeps its hash."""
    secret = secrets.token_urlsafe(32)
    expires_at = desk.now + command.lives
    desk.books.keys.add(Key(_hash(secret), command.kind, command.name, command.role, expires_at, None))
    return secret


def use_login_link(command: ask.UseLoginLink, desk: Desk) -> str:
    """Change a one-time link into a session's secret."""
    key = desk.books.keys.find(_hash(command.secret))
    if key is None or key.kind != "link" or key.used_at is not None or desk.now >= key.expires_at:
        raise Refused(
            "not_found", Fault("/link", "spent", "this link was used or has expired: ask for a new one")
        )
    desk.books.keys.use(key.hash, desk.now)
    return mint_key(ask.MintKey("session", key.name, key.role, timedelta(hours=12)), desk)


def end_session(command: ask.EndSession, desk: Desk) -> None:
    """Let a session end now. One that has ended already stays so."""
    desk.books.keys.end(_hash(command.secret), desk.now)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _nodes_on_the_way(site: Site, space: str) -> set[str]:
    """Every node whose doors a booking of `space` opens."""
    return {door.node for door in site.doors if door.perimeter or door.space == space}


def _order(desk: Desk, site: Site, node: str, action: Action, about: str | None = None) -> Command:
    """Order a momentary act, to be sent once this transaction is on the disk."""
    report = next((report for report in desk.books.nodes.reports() if report.node == node), None)
    if report is None or report.status is None or not answers(report, desk.now):
        raise Refused(
            "unavailable", Fault("/node", "offline", f"node {node} does not answer: nothing was sent")
        )
    runs = desk.books.nodes.runs().get(node)
    if runs is not None and runs.duplicated_since is not None:
        text = (
            f"two nodes say that they are {node}: nothing was sent; switch off the copy, then wait 5 minutes"
        )
        raise Refused("conflict", Fault("/node", "duplicated", text))
    status = report.status
    since_heard_s = (desk.now - report.heard_at).total_seconds()
    suffix = f"-{about}" if about else ""
    command = Command(
        id=f"k-{secrets.token_hex(6)}{suffix}",
        site=site.id,
        node=node,
        boot=status.boot,
        not_after_uptime_s=round(status.uptime_s + since_heard_s + _COMMAND_LIVES_S, 3),
        action=action,
    )
    desk.orders.append(command)
    return command


def answers(report: NodeReport, now: datetime) -> bool:
    """Whether a node was heard lately and did not say goodbye."""
    if report.status is None or not report.status.online:
        return False
    since = now - report.heard_at  # less than nothing: the gateway's clock was set back, and proves nothing
    return timedelta() <= since < timedelta(seconds=report.status.silent_after_s)


HANDLERS: dict[type[Any], Callable[[Any, Desk], Any]] = {
    ask.AddMembers: add_members,
    ask.GiveCredential: give_credential,
    ask.RevokeCredential: revoke_credential,
    ask.BookSpace: book_space,
    ask.BookSpaces: book_spaces,
    ask.CancelBooking: cancel_booking,
    ask.LendItem: lend_item,
    ask.DropParcel: drop_parcel,
    ask.CollectParcel: collect_parcel,
    ask.OpenDoor: open_door,
    ask.MintKey: mint_key,
    ask.UseLoginLink: use_login_link,
    ask.EndSession: end_session,
}
