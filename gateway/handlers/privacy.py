"""What people may ask about what is kept of them: to see it, and to have it forgotten."""

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.domain import civil
from gateway.domain.audit import Act
from gateway.domain.authority import MEMBER
from gateway.domain.calendars import Followed
from gateway.domain.people import Credential, Holders, Member, Pseudonym
from gateway.domain.privatisation import Privatisation
from gateway.domain.retention import following_month
from gateway.handlers.calendars import forget_member, take_out_of_feeds
from gateway.handlers.desk import Desk
from gateway.ports import Badge
from gateway.pseudonymising import month_of, nobody, stand_in, stranger, without_name
from protocol.base import as_wire_time

FORGET_BYTES: Final = "forget_bytes"
"""The ledger's note that something was erased whose bytes are still to be overwritten."""

_MOST_LOOKS: Final = 10_000
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Erased:
    """How many records of each kind name nobody any more."""

    cards: int
    events: int
    visits: int
    bookings: int
    loans: int
    parcels: int


def export_member(command: ask.ExportMember, desk: Desk) -> dict[str, Any]:
    """Return all that is kept of a member, as plain values, times in ISO 8601 (UTC)."""
    member, books = _found(desk, command.member), desk.books
    credentials = books.people.credentials(member.id)
    looks = books.audit.latest(_MOST_LOOKS, subject=f"member:{member.id}")
    return {
        "as_of": as_wire_time(desk.now),
        "member": _plain(member),
        "cards": [_card(credential) for credential in credentials],
        "badges": [_told(badge) for badge in _badges(desk, member.id, credentials)],
        "visits": [_plain(visit) for visit in books.projections.visits_of(member.id)],
        "bookings": [_plain(booking) for booking in books.bookings.of(member.id)],
        "calendars_given_out": [_plain(replace(each, hash="")) for each in books.subscriptions.of(member.id)],
        "hires": [_plain(hire) for hire in _hires(desk, member.id)],
        "meetings": [_plain(each.meeting) for each in _meetings(desk, member.id)],
        "calendars": [{"name": each.name} for each in books.calendars.all() if each.admits_ever(member.id)],
        "suspensions": [_plain(suspension) for suspension in books.people.suspensions(member.id)],
        "loans": [_plain(loan) for loan in books.lockers.loans(live=False) if loan.member == member.id],
        "parcels": [
            _plain(replace(parcel, code_hash=None))
            for parcel in books.lockers.parcels(live=False)
            if parcel.member == member.id
        ],
        "visitors": [_plain(replace(each, code="")) for each in books.passes.of(member.id)],
        "audit": [_noted(record.act) for record in reversed(looks)],
    }


def erase_member(command: ask.EraseMember, desk: Desk) -> Erased:
    """Take a member out of every record: what is counted stays, of somebody whom nobody can know."""
    member, books = _found(desk, command.member), desk.books
    out = [loan.item for loan in books.lockers.loans() if loan.member == member.id and loan.status == "out"]
    if out:
        text = f"{', '.join(out)} is still on loan to them: have it brought back first (GDPR, art. 17(3)(e))"
        raise Refused("conflict", Fault("/member", "on_loan", text))
    credentials = books.people.credentials(member.id)
    events = _erase_badges(desk, member.id, credentials)
    visits = _erase_visits(desk, member.id)
    forget_member(member.id, desk)
    take_out_of_feeds(member, desk)
    books.subscriptions.forget(member.id)
    books.passes.forget_of(member.id)
    bookings = _erase_bookings(desk, member.id)
    _erase_hires(desk, member.id)
    loans, parcels = _erase_lockers(desk, member.id)
    books.journal.forget_letters(naming=[credential.ref for credential in credentials])
    books.pseudonyms.unlink(member=member.id)
    books.keys.remove_of(f"{MEMBER}{member.id}")
    books.people.remove(member.id)
    books.remember(FORGET_BYTES, as_wire_time(desk.now))
    desk.letters.append(lambda: desk.notifier.forget(member))
    desk.touch(desk.sites)
    return Erased(len(credentials), events, visits, bookings, loans, parcels)


def _found(desk: Desk, member: str) -> Member:
    found = desk.books.people.member(member)
    if found is None:
        raise Refused("not_found", Fault("", "unknown_member", f"no member has the id {member!r}"))
    return found


def _badges(desk: Desk, member: str, credentials: list[Credential]) -> list[Badge]:
    """Return what names a member: by hand, or by cards that may have been somebody else's at other times."""
    holders = Holders(desk.books.people.credentials())
    found = desk.books.journal.badges_of({credential.ref for credential in credentials}, member)
    return [
        badge
        for badge in found
        if member == (badge.member or holders.holder(badge.ref or "", badge.occurred_at))
    ]


def _erase_badges(desk: Desk, member: str, credentials: list[Credential]) -> int:
    badges = _badges(desk, member, credentials)
    desk.books.journal.rewrite(
        {badge.number: without_name(badge, _instead(desk, member, badge)) for badge in badges}
    )
    return len(badges)


def _instead(desk: Desk, member: str, badge: Badge) -> Pseudonym:
    """Return who stands in; of a day that names nobody already nobody new is known."""
    day = civil.day_of(badge.occurred_at, _zone(desk, badge.site))
    if day < desk.books.pseudonyms.nameless_before(badge.site):
        return stranger()
    return stand_in(desk.books, member, month_of(day))


def _erase_visits(desk: Desk, member: str) -> int:
    visits = desk.books.projections.visits_of(member)
    firsts = {civil.day_of(visit.begun_at, _zone(desk, visit.site)).replace(day=1) for visit in visits}
    for first in firsts:
        person = stand_in(desk.books, member, month_of(first))
        desk.books.projections.rename_visitors({member: person.id}, first, following_month(first))
    return len(visits)


def _erase_bookings(desk: Desk, member: str) -> int:
    bookings = desk.books.bookings.of(member)
    for booking in bookings:
        month = month_of(civil.day_of(booking.starts_at, _zone(desk, booking.site)))
        person = stand_in(desk.books, member, month)
        over = booking.ends_at <= desk.now
        desk.books.bookings.put(
            replace(booking, member=person.id, title=None, status=booking.status if over else "cancelled")
        )
        if not over:
            desk.books.bookings.let_go(booking.id)
    return len(bookings)


def _erase_hires(desk: Desk, member: str) -> None:
    """Name the member no more in what was hired whole, as organiser or as guest."""
    for hire in _hires(desk, member):
        guests = tuple(guest for guest in hire.guests if guest != member)
        changed = replace(hire, guests=guests)
        if hire.organiser == member:
            changed = replace(changed, organiser=nobody(), title=None)
        desk.books.bookings.put_privatisation(changed)


def _hires(desk: Desk, member: str) -> list[Privatisation]:
    """Return what the member hired whole, or is let in to, whose site is served or not."""
    sites = {*desk.sites, *desk.books.journal.sites()}
    found = (
        hire for site in sorted(sites) for hire in desk.books.bookings.privatisations(site, _FIRST, _LAST)
    )
    return [hire for hire in found if member in hire.admitted]


def _meetings(desk: Desk, member: str) -> list[Followed]:
    """Return the meetings of others' calendars for which the member is let in."""
    books = desk.books.calendars
    found = (each for calendar in books.all() for each in books.followed(calendar.id, _FIRST))
    return [each for each in found if each.admission.lets_in(member)]


def _erase_lockers(desk: Desk, member: str) -> tuple[int, int]:
    lockers = desk.books.lockers
    loans = [loan for loan in lockers.loans(live=False) if loan.member == member]
    for loan in loans:
        lockers.put_loan(replace(loan, member=nobody(), cancelled=loan.cancelled or loan.status == "ready"))
    parcels = [parcel for parcel in lockers.parcels(live=False) if parcel.member == member]
    for parcel in parcels:
        lockers.put_parcel(replace(parcel, member=None))
    return len(loans), len(parcels)


def _zone(desk: Desk, site: str) -> ZoneInfo:
    """Return the zone of a site; of one that is no longer served, that of the others."""
    known = desk.sites.get(site) or next(iter(desk.sites.values()))
    return known.zone


def _plain(record: Any) -> dict[str, Any]:
    return {
        name: as_wire_time(value) if isinstance(value, datetime) else value
        for name, value in asdict(record).items()
    }


def _card(credential: Credential) -> dict[str, Any]:
    """Return what there is to say of a card, without the key that would open with it."""
    told = _plain(credential)
    del told["locked_key"]
    return {**told, "assurance": credential.assurance}


def _told(badge: Badge) -> dict[str, Any]:
    return {
        "event": str(badge.identity),
        "site": badge.site,
        "at": as_wire_time(badge.occurred_at),
        **(badge.said or {}),
    }


def _noted(act: Act) -> dict[str, Any]:
    return {"at": as_wire_time(act.at), "by": act.actor, "act": act.act, "outcome": act.outcome}
