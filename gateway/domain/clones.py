"""Copies of badges: one that could not prove itself, and one that was elsewhere sooner than legs allow."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import hypot
from typing import Final, Literal

from gateway.domain.journal import Entry, Identity
from protocol.events import BadgePresented
from protocol.site import Rectangle, Site

RUNNING_M_S: Final = 3.0
"""Nobody crosses a workplace faster, doors and corners included."""

CLOCKS_DIFFER_S: Final = 1.0
"""Synchronised clocks of two nodes may differ by so much, together with the time that a card takes."""

REACH: Final = timedelta(hours=1)
"""So far back a sighting can contradict another: no site names a longer way."""

Cause = Literal["not_genuine", "two_places"]


@dataclass(frozen=True, slots=True)
class Clone:
    """At `site`, the badge of the event `seen` must be a copy, or have one.

    Whose it is that event says, as long as the journal may.
    """

    site: str
    seen: Identity
    at: datetime
    cause: Cause


@dataclass(frozen=True, slots=True)
class _Sighting:
    entry: Entry
    badge: BadgePresented


def clones_among(sites: Mapping[str, Site], site: str, entries: Iterable[Entry]) -> list[Clone]:
    """Find what badges at `site` tell of copies. `entries`, in order, may be of other sites as well.

    Two sightings contradict each other where the straight way between their spaces takes longer at a run;
    between two sites, where it takes longer than the slower of them says. Only synchronised clocks count.
    """
    sightings = [
        _Sighting(entry, entry.event) for entry in entries if isinstance(entry.event, BadgePresented)
    ]
    here = [_clone(seen, "not_genuine") for seen in sightings if _failed(seen) and seen.entry.site == site]
    by_credential: defaultdict[str, list[_Sighting]] = defaultdict(list)
    for seen in sightings:
        if not _failed(seen) and seen.entry.quality == "synchronised":
            by_credential[seen.badge.credential].append(seen)
    for seen_of_one in by_credential.values():
        here += _contradictions(sites, site, seen_of_one)
    return sorted(here, key=lambda clone: (clone.at, str(clone.seen)))


def _contradictions(sites: Mapping[str, Site], site: str, seen: list[_Sighting]) -> Iterator[Clone]:
    for one, other in pairwise(seen):
        passed_s = (other.entry.occurred_at - one.entry.occurred_at).total_seconds()
        if site in {one.entry.site, other.entry.site} and passed_s < _needed_s(sites, one, other):
            yield _clone(other if other.entry.site == site else one, "two_places")


def _needed_s(sites: Mapping[str, Site], one: _Sighting, other: _Sighting) -> float:
    first, second = sites[one.entry.site], sites[other.entry.site]
    if first.id != second.id:
        return max(first.from_other_sites_s, second.from_other_sites_s)
    here, there = _plan_of(first, one.badge.point), _plan_of(first, other.badge.point)
    if here is None or there is None:
        return 0.0
    return _apart_m(here, there) / RUNNING_M_S - CLOCKS_DIFFER_S


def _apart_m(one: Rectangle, other: Rectangle) -> float:
    """Return how far two rooms are apart, wall to wall: a door into either may be anywhere in its walls."""
    across = max(0, other.x - one.x - one.width, one.x - other.x - other.width)
    along = max(0, other.y - one.y - one.height, one.y - other.y - other.height)
    return hypot(across, along) / 10


def _plan_of(site: Site, point: str) -> Rectangle | None:
    """Return the space of a door, a bank or a compartment; None for one that is no longer there."""
    bank_of = {compartment.id: compartment.bank for compartment in site.compartments}
    doors = {door.id: door.space for door in site.doors}
    banks = {bank.id: bank.space for bank in site.banks}
    space = (doors | banks).get(bank_of.get(point, point))
    return next((known.plan for known in site.spaces if known.id == space), None)


def _failed(seen: _Sighting) -> bool:
    return seen.badge.reason == "not_genuine"


def _clone(seen: _Sighting, cause: Cause) -> Clone:
    entry = seen.entry
    return Clone(entry.site, entry.identity, entry.occurred_at, cause)
