"""The month's statement: how many used the place, how much, and the rent that the town asks for it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate
from zoneinfo import ZoneInfo

from gateway.domain.civil import day_of, month_bounds
from gateway.domain.people import Member, Pseudonym
from gateway.domain.tariff import Tariff
from gateway.domain.visits import Visit

_CENT = Decimal("0.01")
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a month's qualifying visits come to.

    `users` are distinct persons, `user_days` distinct (person, civil day), `minutes` whole minutes of all
    stays together, `peak` the greatest number of visits at one moment.
    """

    users: int
    user_days: int
    minutes: int
    peak: int


@dataclass(frozen=True, slots=True)
class RentLine:
    """One bracket of the rent: `count` users, the `first`-th to the `last`-th, at `rate` each."""

    first: int
    last: int
    count: int
    rate: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PersonUsage:
    """One user's part in a statement, for the audit: civil days, whole minutes, and the visits at both ends.

    `first_visit` and `last_visit` name the entry ("node/epoch/seq") that began the visit.
    """

    member: str
    days: int
    minutes: int
    visits: int
    first_visit: str
    last_visit: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A civil month over all sites, as known at `as_of` (UTC). Amounts are in `currency`, to the cent."""

    month: str
    as_of: datetime
    tariff: str
    currency: str
    users: int
    user_days: int
    minutes: int
    peak: int
    sites: Mapping[str, Usage]
    lines: tuple[RentLine, ...]
    total: Decimal
    people: tuple[PersonUsage, ...]


def statement(
    month: str,
    visits: Iterable[Visit],
    people: Iterable[Member | Pseudonym],
    tariff: Tariff,
    zone: ZoneInfo,
    as_of: datetime,
) -> Statement:
    """Count the qualifying visits that began in `month` (of `zone`) and price their users by `tariff`.

    A person absent from `people` has no category and is no user. A visit still open does not count yet.
    """
    start, end = month_bounds(month, zone)
    billable = {
        person.id for person in people if person.category and person.category not in tariff.exempt_categories
    }
    least = tariff.min_minutes * _MINUTE
    stays = [
        _Stay(visit, visit.ended_at, zone)
        for visit in visits
        if visit.ended_at is not None
        and visit.member in billable
        and start <= visit.begun_at < end
        and visit.ended_at - visit.begun_at >= least
    ]
    by_site: defaultdict[str, list[_Stay]] = defaultdict(list)
    for stay in stays:
        by_site[stay.visit.site].append(stay)
    whole = _usage(stays)
    lines = rent_lines(whole.users, tariff)
    return Statement(
        month=month,
        as_of=as_of,
        tariff=tariff.id,
        currency=tariff.currency,
        users=whole.users,
        user_days=whole.user_days,
        minutes=whole.minutes,
        peak=whole.peak,
        sites={site: _usage(by_site[site]) for site in sorted(by_site)},
        lines=lines,
        total=sum((line.amount for line in lines), Decimal("0.00")),
        people=_people(stays),
    )


def rent_lines(users: int, tariff: Tariff) -> tuple[RentLine, ...]:
    """Price `users` bracket by bracket, each at the rate of the bracket it falls in, to the cent, half up."""
    lines: list[RentLine] = []
    counted = 0
    for bracket in tariff.brackets:
        last = users if bracket.up_to is None else min(users, bracket.up_to)
        if last <= counted:
            break
        count = last - counted
        amount = (count * bracket.rent_per_user).quantize(_CENT, rounding=ROUND_HALF_UP)
        lines.append(RentLine(counted + 1, last, count, bracket.rent_per_user, amount))
        counted = last
    return tuple(lines)


class _Stay:
    """A qualifying visit with its end and civil day."""

    __slots__ = ("day", "ended_at", "visit")

    def __init__(self, visit: Visit, ended_at: datetime, zone: ZoneInfo) -> None:
        self.visit = visit
        self.ended_at = ended_at
        self.day = day_of(visit.begun_at, zone)


def _usage(stays: Sequence[_Stay]) -> Usage:
    return Usage(
        users=len({stay.visit.member for stay in stays}),
        user_days=len({(stay.visit.member, stay.day) for stay in stays}),
        minutes=_minutes(stays),
        peak=_peak(stays),
    )


def _minutes(stays: Sequence[_Stay]) -> int:
    return sum((stay.ended_at - stay.visit.begun_at for stay in stays), timedelta()) // _MINUTE


def _peak(stays: Sequence[_Stay]) -> int:
    """Count heads at each change; at one moment those who leave go first, for intervals are half-open."""
    changes = [(stay.visit.begun_at, 1) for stay in stays] + [(stay.ended_at, -1) for stay in stays]
    return max(accumulate(change for _, change in sorted(changes)), default=0)


def _people(stays: Sequence[_Stay]) -> tuple[PersonUsage, ...]:
    by_member: defaultdict[str, list[_Stay]] = defaultdict(list)
    for stay in sorted(stays, key=lambda stay: (stay.visit.begun_at, stay.visit.site, stay.visit.begun_by)):
        by_member[stay.visit.member].append(stay)
    return tuple(
        PersonUsage(
            member=member,
            days=len({stay.day for stay in own}),
            minutes=_minutes(own),
            visits=len(own),
            first_visit=own[0].visit.begun_by,
            last_visit=own[-1].visit.begun_by,
        )
        for member, own in sorted(by_member.items())
    )
