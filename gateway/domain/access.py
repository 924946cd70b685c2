"""Compiling access lists: who may pass where and when at one node, and what changed since."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Final

from gateway.domain.bearers import Bearer, bearers
from gateway.domain.claims import Claims
from gateway.domain.codes import codes_at
from gateway.domain.door_modes import mode_windows
from gateway.domain.interval import Interval
from gateway.domain.rights import (
    NodeRights,
    Windows,
    by_member,
    clip,
    compartments_of,
)
from protocol.access import AccessList, AccessPatch, OnStale, Rights
from protocol.site import Site

__all__ = ["AnotherIssue", "Compiler", "patch_between"]

_LOOKING_BACK: Final = timedelta(days=1)
"""How long an ended right stays listed: its holder may still be inside, and is told that it ended."""


class AnotherIssue(ValueError):
    """Two lists with different frames (node, issue, horizon, expiry, stale rules): send the later whole."""


class Compiler:
    """Compiles the lists of the nodes of one site, from the same claims at the same time."""

    def __init__(self, site: Site, claims: Claims, now: datetime) -> None:
        self._site = site
        self._claims = claims
        self._now = now
        self._bearers: dict[Interval, list[Bearer]] = {}

    def list_of(
        self, node: str, previous: AccessList | None, revision: int, sealed_to: str | None = None
    ) -> AccessList:
        """Compile the list of `node` as revision `revision`; keys of cards are sealed into it when it goes.

        For `reissue_h` after its issue, `previous` lends its frame (issued_at, horizon, expires_at), so that
        the difference can travel as a patch; later, or without one, a new frame starts now. A window set that
        `previous` has keeps its number; others are numbered above all of those.
        """
        frame = _frame(self._site, node, self._now, previous, sealed_to)
        span = Interval(frame.issued_at - _LOOKING_BACK, frame.horizon)
        claims = self._claims
        rights = NodeRights(self._site, node, span, claims.privatisations)
        personal = by_member(
            chain(
                rights.of_bookings(claims.bookings, claims.ends),
                rights.of_privatisations(),
                rights.of_grants(claims.grants),
            )
        )
        numbers = _SetNumbers(previous.sets if previous else {})
        listed: dict[str, Rights] = {}
        for bearer in self._bearers_in(span):
            usual = rights.of_plan(bearer.plan) if bearer.plan else ()
            held = (usual, personal.get(bearer.credential.member, ()))
            if bearer.terms is not None:
                held = (clip(held[0], bearer.terms), clip(held[1], bearer.terms))
            sets = tuple(numbers.of(windows) for windows in held if windows)
            if sets or (bearer.counts and rights.doors):
                ref, aes = bearer.credential.ref, bearer.credential.assurance == "aes"
                relock_after_s, duress = bearer.credential.relock_after_s, bearer.credential.duress
                now_listed = _rights(sets, bearer.counts, aes, relock_after_s, duress)
                listed[ref] = _joined(listed.get(ref), now_listed)
        for known, windows in codes_at(
            self._site, node, claims.passes, claims.privatisations, span, self._now
        ):
            listed[known.code] = Rights(sets=(numbers.of(windows),), member=False, once=known.single_use)
        return frame.model_copy(
            update={
                "revision": revision,
                "modes": mode_windows(self._site, node, span, self._now, claims.modes, claims.full),
                "sets": numbers.used(),
                "credentials": listed,
            }
        )

    def _bearers_in(self, span: Interval) -> list[Bearer]:
        if span not in self._bearers:
            self._bearers[span] = bearers(self._claims, self._site, span, self._now)
        return self._bearers[span]


def patch_between(old: AccessList, new: AccessList) -> AccessPatch | None:
    """Return the patch that makes `new` of `old`, or None where no right differs. Raises AnotherIssue."""
    if _without_rights(old) != _without_rights(new):
        raise AnotherIssue(
            f"revision {new.revision} for {new.node} has another frame than {old.revision}: send it whole"
        )
    credentials: dict[str, Rights | None] = {
        ref: rights for ref, rights in new.credentials.items() if _differ(rights, old.credentials.get(ref))
    }
    credentials |= dict.fromkeys(sorted(old.credentials.keys() - new.credentials.keys()))
    sets = {number: windows for number, windows in new.sets.items() if old.sets.get(number) != windows}
    changed = [door for door in old.modes | new.modes if old.modes.get(door) != new.modes.get(door)]
    if not credentials and not sets and not changed:
        return None
    return AccessPatch(
        site=old.site,
        node=old.node,
        base=old.revision,
        revision=new.revision,
        sets=sets,
        credentials=credentials,
        modes={door: new.modes.get(door, ()) for door in changed},
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
    return access.model_copy(update={"revision": 1, "modes": {}, "sets": {}, "credentials": {}})


def _differ(new: Rights, old: Rights | None) -> bool:
    """Whether rights changed: those that did not are most often one and the same object."""
    return new is not old and new != old


def _joined(known: Rights | None, new: Rights) -> Rights:
    """Add to what `known` gives, where a badge passes from hand to hand within the span."""
    if known is None:
        return new
    sets = tuple(dict.fromkeys(known.sets + new.sets))
    relock_after_s = max(known.relock_after_s or 0.0, new.relock_after_s or 0.0) or None
    return _rights(
        sets, known.member or new.member, known.aes or new.aes, relock_after_s, known.duress or new.duress
    )


@lru_cache(maxsize=4096)
def _rights(
    sets: tuple[int, ...],
    member: bool,  # noqa: FBT001 - it is a cache's key
    aes: bool,  # noqa: FBT001
    relock_after_s: float | None,
    duress: bool,  # noqa: FBT001
) -> Rights:
    """Return the same rights for all who have equal ones: lists of a thousand people compare in no time."""
    return Rights(sets=sets, member=member, aes=aes, relock_after_s=relock_after_s, duress=duress)


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
