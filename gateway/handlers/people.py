"""Members, and the cards in their hands."""

from collections.abc import Iterator
from dataclasses import replace

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.domain.accounts import same_mail
from gateway.domain.authority import MEMBER
from gateway.domain.people import Credential, Member
from gateway.handlers.desk import Desk


def add_members(command: ask.AddMembers, desk: Desk) -> list[Member]:
    """Take up members with their cards."""
    faults = [*_ids_taken(command, desk), *_sites_unknown(command, desk), *_cards_held(command, desk)]
    if faults:
        at_odds = any(fault.code != "unknown_site" for fault in faults)
        raise Refused("conflict" if at_odds else "invalid", *faults)
    desk.books.people.add(new.member for new in command.members)
    desk.books.people.give(
        Credential(
            card.ref, new.member.id, new.member.since, None, card.locked_key, card.relock_after_s, card.duress
        )
        for new in command.members
        for card in new.cards
    )
    desk.touch(site for new in command.members for site in new.member.sites)
    return [new.member for new in command.members]


def set_mail(command: ask.SetMail, desk: Desk) -> Member:
    """Keep another address of a member. Sessions that were opened by the old one end."""
    member = desk.member(command.member)
    mail = None if command.mail is None else same_mail(command.mail)
    desk.books.people.set_mail(member.id, mail)
    desk.books.keys.end_of(f"{MEMBER}{member.id}", desk.now)
    return replace(member, mail=mail)


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
        for place, card in enumerate(new.cards):
            if card.ref in given or desk.books.people.holding(card.ref, desk.now):
                pointer = f"/{number}/credentials/{place}"
                yield Fault(pointer, "held", f"card {card.ref} is held by someone already")
            given.add(card.ref)


def give_credential(command: ask.GiveCredential, desk: Desk) -> Credential:
    """Hand a card to a member."""
    member = desk.member(command.member)
    if desk.books.people.holding(command.card.ref, desk.now):
        raise Refused(
            "conflict", Fault("/ref", "held", "this card is held by someone already: revoke it first")
        )
    card = command.card
    credential = Credential(
        card.ref, member.id, desk.now, None, card.locked_key, card.relock_after_s, card.duress
    )
    desk.books.people.give([credential])
    desk.touch(member.sites)
    return credential


def set_relock(command: ask.SetRelock, desk: Desk) -> None:
    """Let doors stay released for longer, or no longer, for who holds a card."""
    if not desk.books.people.set_relock(command.ref, command.relock_after_s):
        raise _unknown_card()
    desk.touch(desk.sites)


def revoke_credential(command: ask.RevokeCredential, desk: Desk) -> None:
    """Take a card out of every door."""
    if not desk.books.people.revoke(command.ref, desk.now):
        raise _unknown_card()
    desk.touch(desk.sites)


def _unknown_card() -> Refused:
    return Refused("not_found", Fault("/ref", "unknown_credential", "no card in use has this reference"))
