"""Occupancy: how many are in a space, by its counters, and whether anyone is, by its motion sensor.

Counters drift: a count never goes below zero, an empty room is empty, and every civil day begins at zero.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from gateway.domain.civil import day_bounds, day_of
from gateway.domain.journal import Entry
from protocol.events import Crossed, PresenceChanged
from protocol.site import Site

WHOLE_SITE: Final = "*"
"""Stands for the whole place, counted at its perimeter; no id of a space can be this."""


@dataclass(frozen=True, slots=True)
class SpaceState:
    """How a space stands `since` (UTC). None: no counter, or no motion sensor, has said anything yet."""

    people: int | None
    occupied: bool | None
    since: datetime


def apply(states: Mapping[str, SpaceState], site: Site, entry: Entry) -> Mapping[str, SpaceState]:
    """Return `states`, by space, as `entry` leaves them. After a late entry, fold the day anew."""
    match entry.event:
        case Crossed() as crossed:
            states = at(states, site, entry.occurred_at)
            step = 1 if crossed.direction == "in" else -1
            counted = [crossed.space]
            if any(counter.id == crossed.counter and counter.perimeter for counter in site.counters):
                counted.append(WHOLE_SITE)
            return {**states, **{name: _count(states.get(name), step, entry.occurred_at) for name in counted}}
        case PresenceChanged() as presence:
            states = at(states, site, entry.occurred_at)
            state = _sense(states.get(presence.space), entry.occurred_at, occupied=presence.occupied)
            return {**states, presence.space: state}
        case _:
            return states


def after(site: Site, entries: Iterable[Entry]) -> Mapping[str, SpaceState]:
    """Return how the spaces stand after the `entries` of one civil day, in order."""
    states: Mapping[str, SpaceState] = {}
    for entry in entries:
        states = apply(states, site, entry)
    return states


def at(states: Mapping[str, SpaceState], site: Site, moment: datetime) -> Mapping[str, SpaceState]:
    """Return `states` as they stand at `moment`: counts of an earlier civil day are zero since midnight."""
    midnight, _ = day_bounds(day_of(moment, site.zone), site.zone)
    stale = {name: state for name, state in states.items() if state.people and state.since < midnight}
    if not stale:
        return states
    return {**states, **{name: replace(state, people=0, since=midnight) for name, state in stale.items()}}


def _count(state: SpaceState | None, step: int, moment: datetime) -> SpaceState:
    if state is None:
        return SpaceState(people=max(0, step), occupied=None, since=moment)
    return replace(state, people=max(0, (state.people or 0) + step), since=moment)


def _sense(state: SpaceState | None, moment: datetime, *, occupied: bool) -> SpaceState:
    if state is None:
        return SpaceState(people=None, occupied=occupied, since=moment)
    empty_but_counted = not occupied and state.people is not None
    return replace(state, people=0 if empty_but_counted else state.people, occupied=occupied, since=moment)
