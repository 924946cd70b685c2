"""Taking people out of records so that every count stays: one random stand-in per person and month."""

import secrets
from dataclasses import replace
from datetime import date

from gateway.domain import civil
from gateway.domain.people import PSEUDONYMOUS, Pseudonym
from gateway.domain.retention import bare, of_locker
from gateway.holding import Holding
from gateway.ports import Badge, Books
from protocol.site import Site


def month_of(day: date) -> str:
    """Return the civil month for which a pseudonym stands."""
    return f"{day:%Y-%m}"


def stand_in(books: Books, member: str, month: str) -> Pseudonym:
    """Return who stands in for `member` in `month`; made where there is nobody yet.

    Whose it is is kept only until the month is done, or the member erased: `unlink` destroys it.
    """
    known = books.pseudonyms.of(member, month)
    if known is not None:
        return known
    person = books.people.member(member)
    made = Pseudonym(
        id=f"{PSEUDONYMOUS}{secrets.token_hex(8)}",
        ref=unknown_card(),
        month=month,
        category=person.category if person else None,
    )
    books.pseudonyms.add(made, member)
    return made


def nobody() -> str:
    """Return an id that stands for nobody in particular."""
    return f"{PSEUDONYMOUS}{secrets.token_hex(8)}"


def unknown_card() -> str:
    """Return the reference of a card that there is not."""
    return f"c_{secrets.token_hex(16)}"


def stranger() -> Pseudonym:
    """Return who stands in for somebody of whom nothing may be known any more, not even a category."""
    return Pseudonym(nobody(), unknown_card(), "", None)


def is_past(member: str | None) -> bool:
    """Whether this is nobody who could still be known."""
    return member is None or member.startswith(PSEUDONYMOUS)


def take_names_out_of_day(books: Books, site: Site, day: date) -> int:
    """Let a civil day of `site` name nobody any more; return how many records that took.

    Within one transaction: a day is named as a whole, or not at all.
    """
    start, end = civil.day_bounds(day, site.zone)
    following, month = civil.day_of(end, site.zone), month_of(day)
    badges = books.journal.badges(site.id, start, end)
    visitors = {visit.member for visit in books.projections.visits(day, following, site.id)}
    bookings = [each for each in books.bookings.between(site.id, start, end) if each.starts_at >= start]
    holders = Holding(books).on(site.id, day)
    held = {
        badge.number: badge.member or holders.holder(badge.ref or "", badge.occurred_at) for badge in badges
    }
    known = {*held.values(), *visitors, *(booking.member for booking in bookings)}
    past = {member: stand_in(books, member, month) for member in known if member and not is_past(member)}
    kept = {each.id: each for each in books.pseudonyms.of_month(month)}  # of whom was erased before
    people = kept | past
    by_card = {each.ref: each for each in kept.values()}

    def instead(badge: Badge) -> Pseudonym:
        return by_card.get(badge.ref or "") or people.get(held[badge.number] or "") or stranger()

    books.journal.rewrite({badge.number: without_name(badge, instead(badge)) for badge in badges})
    names = {member: pseudonym.id for member, pseudonym in past.items()}
    visits = books.projections.rename_visitors(names, day, following, site.id)
    for booking in bookings:
        books.bookings.put(replace(booking, member=names.get(booking.member, booking.member), title=None))
    books.pseudonyms.move_on(site.id, following)
    return len(badges) + visits + len(bookings)


def without_name(badge: Badge, person: Pseudonym) -> dict[str, object]:
    """Return what `badge` says, of `person` instead. What opened a locker is put down to nobody.

    What is no JSON says nothing any more: it could not be read before either.
    """
    if badge.said is None:
        return {}
    if badge.member is not None:
        return {**badge.said, "member": person.id}
    why = badge.said.get("why")
    why = why if isinstance(why, str) else None
    return {**badge.said, "credential": unknown_card() if of_locker(why) else person.ref, "why": bare(why)}
