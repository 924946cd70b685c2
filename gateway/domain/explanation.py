"""Why a badge was, is or would be let through, or not: the node's own decision, and what stands behind it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from gateway.domain.access import Compiler
from gateway.domain.bookings import Booking, Hold
from gateway.domain.civil import day_of
from gateway.domain.claims import Claims
from gateway.domain.opening_hours import open_to
from gateway.domain.people import Credential, Member
from gateway.domain.privatisation import of_door
from protocol.access import FREE_PASSAGE, Denied, Granted
from protocol.closures import closed_for
from protocol.site import Door, Site

GrantReason = Literal["plan", "staff", "office", "booking", "privatisation", "free_passage", "other_right"]
Refusal = Literal[
    "unknown_credential",
    "credential_revoked",
    "credential_not_yet_given",
    "membership_not_begun",
    "membership_ended",
    "suspended",
    "other_site",
    "booking_given_back",
    "booking_later",
    "booking_over",
    "held_for_another",
    "privatised",
    "closed_day",
    "days_used_up",
    "outside_hours",
    "no_right_here",
    "lockdown",
    "full",
    "assurance_too_low",
]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a list compiled at `at` decides there, and the one reason that helps most.

    `moment` belongs to the reason: until when, from when. `name` is that of a closure.
    """

    decision: Granted | Denied
    reason: GrantReason | Refusal
    moment: datetime | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A credential at a door of a site at `at`, UTC."""

    site: Site
    door: Door
    credential: str
    at: datetime


def explain(asked: Question, claims: Claims, holds: Iterable[Hold]) -> Explanation:
    """Decide as the door's node would with a list compiled at that moment, and say why."""
    access = Compiler(asked.site, claims, asked.at).list_of(asked.door.node, None, 1)
    decision = access.decide(asked.credential, asked.door.id, asked.at)
    if isinstance(decision, Granted):
        return Explanation(decision, _right(decision.why))
    reasons = _Refusals(asked, claims, tuple(holds), decision)
    reason, moment, name = next(reasons.found())
    return Explanation(decision, reason, moment, name)


def _right(why: str) -> GrantReason:
    kinds: Mapping[str, GrantReason] = {
        "member": "plan",
        "staff": "staff",
        "resident": "office",
        "booking": "booking",
        "privatisation": "privatisation",
        FREE_PASSAGE: "free_passage",
    }
    return kinds.get(why.partition(":")[0], "other_right")


_Found = tuple[Refusal, datetime | None, str | None]


@dataclass(frozen=True, slots=True)
class _Refusals:
    """The reasons why not, the most telling first: who it is, then what they booked, then when it is."""

    asked: Question
    claims: Claims
    holds: tuple[Hold, ...]
    decision: Denied

    def found(self) -> Iterator[_Found]:
        match self.decision.reason:
            case "lockdown" | "full" | "assurance_too_low" as told:
                yield told, None, None
            case _:
                pass
        given = [each for each in self.claims.credentials if each.ref == self.asked.credential]
        held = [each for each in given if each.held_at(self.asked.at)]
        if not held:
            yield from self._of_credential(given)
            return
        members = {member.id: member for member in self.claims.members}
        member = members.get(held[-1].member)
        if member is None:
            yield "other_site", None, None
            return
        yield from self._of_member(member)
        hired = of_door(self.claims.privatisations, self.asked.site, self.asked.door.id, self.asked.at)
        if hired is not None:
            yield "privatised", hired.ends_at, None
        yield from self._of_bookings(member)
        yield from self._of_hours(member)
        yield "no_right_here", None, None

    def _of_credential(self, given: list[Credential]) -> Iterator[_Found]:
        at = self.asked.at
        if not given:
            yield "unknown_credential", None, None
        revoked = [each.revoked_at for each in given if each.revoked_at is not None and each.revoked_at <= at]
        if revoked:
            yield "credential_revoked", max(revoked), None
        yield "credential_not_yet_given", min((each.since for each in given), default=None), None

    def _of_member(self, member: Member) -> Iterator[_Found]:
        at = self.asked.at
        if at < member.since:
            yield "membership_not_begun", member.since, None
        if member.until is not None and member.until <= at:
            yield "membership_ended", member.until, None
        for each in self.claims.suspensions:
            if each.member == member.id and each.since <= at and (each.until is None or at < each.until):
                yield "suspended", each.until, None

    def _of_bookings(self, member: Member) -> Iterator[_Found]:
        """Tell of bookings of the space behind the door: one's own, then another's."""
        at, space = self.asked.at, self.asked.door.space
        margin = timedelta(minutes=self.asked.site.access.booking_margin_min)
        own = [each for each in self.claims.bookings if self._opens(each, member)]
        for each in own:
            end = self.claims.ends.get(each.id)
            if end is not None and end <= at < each.ends_at + margin:
                yield "booking_given_back", end, None
        if self.asked.door.perimeter:
            return
        later = [each.starts_at for each in own if at < each.starts_at - margin]
        if later and day_of(min(later), self.asked.site.zone) == day_of(at, self.asked.site.zone):
            yield "booking_later", min(later), None
        for hold in self.holds:
            if hold.space == space and hold.starts_at <= at < hold.ends_at:
                yield "held_for_another", hold.ends_at, None
        over = [each.ends_at for each in own if each.ends_at + margin <= at]
        if over:
            yield "booking_over", max(over), None

    def _opens(self, booking: Booking, member: Member) -> bool:
        mine = booking.member == member.id and booking.status == "confirmed"
        return mine and booking.space == self.asked.door.space

    def _of_hours(self, member: Member) -> Iterator[_Found]:
        """Tell of the day and its hours, where the door is one that the plan opens at all."""
        site, day = self.asked.site, day_of(self.asked.at, self.asked.site.zone)
        bookable = any(space.id == self.asked.door.space and space.bookable for space in site.spaces)
        if site.id not in member.sites:
            yield "other_site", None, None
        if member.plan == "guest" or (bookable and not self.asked.door.perimeter):
            return
        opens_at = self.decision.opens_at
        if closed := closed_for(site, day):
            yield "closed_day", opens_at, closed
        opening = open_to(site, day, member.plan)
        if opening is not None and opening.start <= self.asked.at < opening.end:
            yield "days_used_up", opens_at, None
        yield "outside_hours", opens_at, None
