"""Who bears a badge that may open something, for how long, and by which plan: the same at all nodes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from gateway.domain.civil import days_of
from gateway.domain.claims import Claims
from gateway.domain.interval import Interval
from gateway.domain.people import Credential, Member, Plan, Suspension
from gateway.domain.rights import PlanKey
from protocol.site import Site

_FAR: Final = datetime.max.replace(tzinfo=UTC)
_MEMBER_PLANS: Final[frozenset[Plan]] = frozenset({"nomad", "part-time", "student", "resident", "staff"})


@dataclass(frozen=True, slots=True)
class Bearer:
    """A credential in a member's hands for some of a span: in `terms`, or throughout it where they are None.

    `plan` is None where it is one of other sites. `counts`: a stale list may take its bearer for a member.
    """

    credential: Credential
    plan: PlanKey | None
    terms: tuple[Interval, ...] | None
    counts: bool


def bearers(claims: Claims, site: Site, span: Interval, now: datetime) -> list[Bearer]:
    """Return who may still bear rights in what is left of `span`, in the order in which lists name them."""
    people = {member.id: member for member in claims.members}
    plans = _Plans(site, span, claims.days_come)
    suspended: defaultdict[str, list[Suspension]] = defaultdict(list)
    for suspension in claims.suspensions:
        suspended[suspension.member].append(suspension)
    found: list[Bearer] = []
    for credential in sorted(claims.credentials, key=lambda c: (c.ref, c.since, c.member)):
        member = people.get(credential.member)
        if member is None:
            continue
        terms = terms_of(member, credential, suspended.get(member.id, ()))
        if all(term.end <= now or term.start >= span.end for term in terms):
            continue
        throughout = any(term.start <= span.start and span.end <= term.end for term in terms)
        plan = plans.key_of(member)
        here_now = plan is not None and any(term.start <= now < term.end for term in terms)
        counts = here_now and member.plan in _MEMBER_PLANS
        found.append(Bearer(credential, plan, None if throughout else terms, counts))
    return found


def terms_of(
    member: Member, credential: Credential, suspensions: Iterable[Suspension]
) -> tuple[Interval, ...]:
    """Return while the membership holds, the badge is the member's, and nothing suspends it."""
    membership = Interval(member.since, member.until or _FAR)
    term = membership.within(Interval(credential.since, credential.revoked_at or _FAR))
    return tuple(term.without(Interval(each.since, each.until or _FAR) for each in suspensions))


class _Plans:
    """What tells the plans of members apart, within a span."""

    def __init__(self, site: Site, span: Interval, days_come: Mapping[str, frozenset[date]]) -> None:
        self._site = site
        self._days = days_of(span.start, span.end, site.zone)
        self._days_come = days_come
        self._most = {plan: rules.days_per_month for plan, rules in site.plans.items()}

    def key_of(self, member: Member) -> PlanKey | None:
        if self._site.id not in member.sites:
            return None
        return member.plan, member.office if member.plan == "resident" else None, self._days_left(member)

    def _days_left(self, member: Member) -> tuple[date, ...] | None:
        """Return on which days the plan still lets its member come; None where it does not count them."""
        most = self._most.get(member.plan)
        if most is None:
            return None
        come = self._days_come.get(member.id, frozenset())
        return tuple(day for day in self._days if day in come or _in_month_of(day, come) < most)


def _in_month_of(day: date, others: Iterable[date]) -> int:
    return sum((other.year, other.month) == (day.year, day.month) for other in others)
