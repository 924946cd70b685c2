"""Equipment lent, parcels dropped and collected."""

import secrets
from datetime import timedelta

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.domain.loans import Loan
from gateway.domain.parcels import Parcel
from gateway.domain.rights import node_of_compartment
from gateway.handlers.desk import Desk, hashed, order
from protocol.messages import OpenCompartment

_PARCEL_WAITS = timedelta(days=5)


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
    order(desk, site, node, OpenCompartment(compartment=free[0].id))
    code = f"{secrets.randbelow(10**8):08d}"
    parcel = Parcel(
        id=f"p-{secrets.token_hex(6)}",
        site=site.id,
        compartment=free[0].id,
        member=member.id,
        carrier=command.carrier,
        code_hash=hashed(code),
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
    wanted = hashed(command.code)
    for parcel in desk.books.lockers.parcels(site.id):
        if parcel.code_hash == wanted:
            node = node_of_compartment(site, parcel.compartment)
            order(desk, site, node, OpenCompartment(compartment=parcel.compartment), parcel.id)
            return parcel
    raise Refused("not_found", Fault("/code", "unknown_code", "no parcel waits under this code"))
