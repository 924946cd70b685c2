"""Compiling access lists: who may pass where and when at one node, and what changed since."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Final

from gateway.domain.bookings import Booking
from gateway.domain.codes import codes_at
from gateway.domain.interval import Interval
from gateway.domain.people import Credential, Member, Plan, Suspension
from gateway.domain.privatisation import Privatisation
from gateway.domain.rights import (
    CompartmentGrant,
    NodeRights,
    Windows,
    by_member,
    clip,
    compartments_of,
    terms_of,
)
from gateway.domain.visitor_passes import VisitorPass
from protocol.access import AccessList, AccessPatch, OnStale, Rights
from protocol.site import Site

__all__ = ["AnotherIssue", "Claims", "CompartmentGrant", "compile_list", "patch_between"]

_MEMBER_PLANS: Final[frozenset[Plan]] = frozenset({"nomad", "part-time", "student", "resident", "staff"})

_LOOKING_BACK: Final = timedelta(days=1)
"""How long an ended right stays listed: its holder may still be inside, and is told that it ended."""


class AnotherIssue(ValueError):
    """Two lists with different frames (node, issue, horizon, expiry, stale rules): send the later whole."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What people may claim at the doors and lockers of a site, from which its lists are compiled.

    `ends` tells of bookings that ended before their time when that was.
    `days_come` are the civil days of the running months on which members came, where their plan counts them.
    """

    members: Sequence[Member]
    credentials: Sequence[Credential]
    bookings: Sequence[Booking] = ()
    grants: Sequence[CompartmentGrant] = ()
    suspensions: Sequence[Suspension] = ()
    days_come: Mapping[str, frozenset[date]] = field(default_factory=dict)
    ends: Mapping[str, datetime] = field(default_factory=dict)
    privatisations: Sequence[Privatisation] = ()
    passes: Sequence[VisitorPass] = ()


def compile_list(
    site: Site,
    node: str,
    claims: Claims,
    now: datetime,
    previous: AccessList | None,
    revision: int,
    sealed_to: str | None = None,
) -> AccessList:
    """Compile the list of `node` as revision `revision`; keys of cards are sealed into it when it goes.

    For `reissue_h` after its issue, `previous` lends its frame (issued_at, horizon, expires_at), so that the
    difference can travel as a patch; later, or without one, a new frame starts at `now`. A window set that
    `previous` has keeps its number; others are numbered above all of those.
    """
    frame = _frame(site, node, now, previous, sealed_to)
    span = Interval(frame.issued_at - _LOOKING_BACK, frame.horizon)
    still_to_come = Interval(now, span.end)
    rights = NodeRights(site, node, span, claims.days_come, claims.privatisations)
    personal = by_member(
        chain(
            rights.of_bookings(claims.bookings, claims.ends),
            rights.of_privatisations(),
            rights.of_grants(claims.grants),
        )
    )
    numbers = _SetNumbers(previous.sets if previous else {})
    people = {member.id: member for member in claims.members}
    suspended = _by_member(claims.suspensions)
    listed: dict[str, Rights] = {}
    for credential in sorted(claims.credentials, key=lambda c: (c.ref, c.since, c.member)):
        member = people.get(credential.member)
        if member is None:
            continue
        terms = terms_of(member, credential, suspended.get(member.id, ()))
        if all(term.within(still_to_come).empty for term in terms):
            continue
        held = (rights.of_plan(member), personal.get(member.id, ()))
        if any(term.within(span) != span for term in terms):
            held = (clip(held[0], terms), clip(held[1], terms))
        sets = tuple(numbers.of(windows) for windows in held if windows)
        here_now = any(term.start <= now < term.end for term in terms) and site.id in member.sites
        counts = member.plan in _MEMBER_PLANS and here_now
        if sets or counts:
            rights_now = Rights(sets=sets, member=counts, aes=credential.assurance == "aes")
            listed[credential.ref] = _joined(listed.get(credential.ref), rights_now)
    for known, windows in codes_at(site, node, claims.passes, span, now):
        listed[known.code] = Rights(sets=(numbers.of(windows),), member=False, once=known.single_use)
    return AccessList(**{**dict(frame), "revision": revision, "sets": numbers.used(), "credentials": listed})


def patch_between(old: AccessList, new: AccessList) -> AccessPatch | None:
    """Return the patch that makes `new` of `old`, or None where no right differs. Raises AnotherIssue."""
    if _without_rights(old) != _without_rights(new):
        raise AnotherIssue(
            f"revision {new.revision} for {new.node} has another frame than {old.revision}: send it whole"
        )
    credentials: dict[str, Rights | None] = {
        ref: rights for ref, rights in new.credentials.items() if old.credentials.get(ref) != rights
    }
    credentials |= dict.fromkeys(sorted(old.credentials.keys() - new.credentials.keys()))
    sets = {number: windows for number, windows in new.sets.items() if old.sets.get(number) != windows}
    if not credentials and not sets:
        return None
    return AccessPatch(
        site=old.site,
        node=old.node,
        base=old.revision,
        revision=new.revision,
        sets=sets,
        credentials=credentials,
    )


def _frame(
    site: Site, node: str, now: datetime, previous: AccessList | None, sealed_to: str | None
) -> AccessList:
    """Return a list without rights: the frame of `previous` while that still holds, else a new one."""
    if previous is not None:
        lent = _frame_from(site, node, previous.issued_at, sealed_to)
        reissue_at = previous.issued_at + timedelta(hours=site.access.reissue_h)
        if previous.issued_at <= now < reissue_at and _without_rights(previous) == lent:
            return lent
    return _frame_from(site, node, now, sealed_to)


def _frame_from(site: Site, node: str, issued_at: datetime, sealed_to: str | None) -> AccessList:
    on_stale: dict[str, OnStale] = {door.id: door.on_stale for door in site.doors if door.node == node}
    return AccessList(
        site=site.id,
        node=node,
        revision=1,
        issued_at=issued_at,
        horizon=issued_at + timedelta(hours=site.access.horizon_h),
        expires_at=issued_at + timedelta(hours=site.access.expires_h),
        on_stale=on_stale | dict.fromkeys(compartments_of(site, node), "deny"),
        assurance=dict.fromkeys(_points_that_ask(site, node), "aes"),
        sets={},
        credentials={},
        sealed_to=sealed_to,
    )


def _points_that_ask(site: Site, node: str) -> list[str]:
    """Return the doors and compartments of a node where a card must prove itself."""
    banks = {bank.id for bank in site.banks if bank.node == node and bank.assurance == "aes"}
    doors = [door.id for door in site.doors if door.node == node and door.assurance == "aes"]
    return doors + [compartment.id for compartment in site.compartments if compartment.bank in banks]


def _without_rights(access: AccessList) -> AccessList:
    return access.model_copy(update={"revision": 1, "sets": {}, "credentials": {}})


def _by_member(suspensions: Iterable[Suspension]) -> Mapping[str, list[Suspension]]:
    found: defaultdict[str, list[Suspension]] = defaultdict(list)
    for suspension in suspensions:
        found[suspension.member].append(suspension)
    return found


def _joined(known: Rights | None, more: Rights) -> Rights:
    """Add to the rights of a badge that passes from hand to hand within the span."""
    if known is None:
        return more
    sets = tuple(dict.fromkeys(known.sets + more.sets))
    return Rights(sets=sets, member=known.member or more.member, aes=known.aes or more.aes)


class _SetNumbers:
    """Numbers for window sets: an equal set of an earlier list keeps its own, new ones go above them all."""

    def __init__(self, earlier: Mapping[int, Windows]) -> None:
        self._next = max(earlier, default=0) + 1
        self._numbers = {windows: number for number, windows in earlier.items()}
        self._used: dict[int, Windows] = {}
        self._seen: dict[
            int, tuple[int, Windows]
        ] = {}  # by id(): a shared set is hashed once, and kept alive

    def of(self, windows: Windows) -> int:
        """Return the number of a set equal to `windows`."""
        if id(windows) not in self._seen:
            number = self._numbers.setdefault(windows, self._next)
            self._next = max(self._next, number + 1)
            self._used[number] = windows
            self._seen[id(windows)] = (number, windows)
        return self._seen[id(windows)][0]

    def used(self) -> dict[int, Windows]:
        """Return the sets that were asked for, by number."""
        return dict(sorted(self._used.items()))
