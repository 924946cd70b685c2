"""What a member's page shows: where they are, how they came lately, and who said so by hand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.domain.by_hand import BY_HAND_KINDS, CheckedByHand, TakenBack
from gateway.domain.journal import Entry
from gateway.domain.people import Credential, Member
from gateway.domain.visits import Visit
from gateway.ports import Books
from protocol.site import Site

_BACK: Final = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class HandEntry:
    """What staff said of a member. `by` is a name where the account still has one."""

    entry: Entry
    said: CheckedByHand
    by: str
    taken_back: bool


@dataclass(frozen=True, slots=True)
class MemberShown:
    """A member at a moment: the open visit at each site, what is known of a month, and the cards in hand.

    `usual_s` is how long the slowest door stays released for anybody.
    """

    places: tuple[tuple[Site, Visit | None], ...]
    visits: tuple[Visit, ...]
    said: tuple[HandEntry, ...]
    cards: tuple[Credential, ...]
    usual_s: float


def shown_of(books: Books, member: Member, sites: Mapping[str, Site], now: datetime) -> MemberShown:
    """Gather it, the latest first."""
    since = now - _BACK
    known = [visit for visit in books.projections.visits_of(member.id) if visit.site in sites]
    visits = sorted((v for v in known if v.begun_at >= since), key=lambda v: v.begun_at, reverse=True)
    said = [each for site in sites for each in _said(books, site, member, since, now)]
    return MemberShown(
        places=tuple((site, _there(visits, site, now)) for site in sites.values()),
        visits=tuple(visits),
        said=tuple(sorted(said, key=lambda each: each.entry.occurred_at, reverse=True)),
        cards=tuple(each for each in books.people.credentials(member.id) if each.held_at(now)),
        usual_s=max(door.relock_after_s for site in sites.values() for door in site.doors),
    )


def _there(visits: list[Visit], site: Site, now: datetime) -> Visit | None:
    here = (v for v in visits if v.site == site.id and (v.ended_at is None or v.ended_at > now))
    return next(here, None)


def _said(books: Books, site: str, member: Member, since: datetime, now: datetime) -> Iterator[HandEntry]:
    names = {account.id: account.name for account in books.accounts.all()}
    entries = books.journal.between(site, since, now + timedelta(microseconds=1), BY_HAND_KINDS)
    gone = {entry.event.entry for entry in entries if isinstance(entry.event, TakenBack)}
    for entry in entries:
        match entry.event:
            case CheckedByHand() as said if said.member == member.id:
                yield HandEntry(entry, said, names.get(said.by, said.by), str(entry.identity) in gone)
            case _:
                pass
