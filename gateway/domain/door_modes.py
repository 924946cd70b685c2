"""Modes into which doors are put: by staff, by the week's plan, and by how full a space is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.domain.civil import at_local, days_of, weekday_of
from gateway.domain.interval import Interval
from gateway.domain.occupancy import SpaceState
from gateway.domain.opening_hours import open_to
from protocol.modes import ModeWindow
from protocol.site import Door, Site

Set = Literal["lockdown", "free_passage"]
"""What staff may set."""


@dataclass(frozen=True, slots=True)
class DoorMode:
    """Doors of a site (none named: all) in a mode in [starts_at, ends_at), UTC; None: until it is lifted.

    A lockdown always begins at once, and ends when somebody lifts it. `gathering` is what it belongs to.
    """

    id: str
    site: str
    mode: Set
    doors: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime | None
    reason: str
    gathering: str | None = None

    def concerns(self, door: str) -> bool:
        return not self.doors or door in self.doors

    def lasts_at(self, moment: datetime) -> bool:
        return self.starts_at <= moment and (self.ends_at is None or moment < self.ends_at)


def full_spaces(site: Site, states: Mapping[str, SpaceState]) -> frozenset[str]:
    """Return the spaces whose counters say that as many are inside as there is room for."""
    limited = [space for space in site.spaces if space.when_full != "ignore"]
    people = {space.id: states[space.id].people or 0 for space in limited if space.id in states}
    return frozenset(space.id for space in limited if people.get(space.id, 0) >= space.capacity)


def mode_windows(
    site: Site, node: str, span: Interval, now: datetime, modes: Iterable[DoorMode], full: frozenset[str]
) -> dict[str, tuple[ModeWindow, ...]]:
    """Return the modes of each door at `node` that is in any during `span`, as its access list has them."""
    known = [mode for mode in modes if mode.site == site.id]
    refusing = {space.id for space in site.spaces if space.when_full == "refuse" and space.id in full}
    found: dict[str, tuple[ModeWindow, ...]] = {}
    for door in site.doors:
        if door.node == node:
            windows = tuple(_windows(site, door, span, now, known, closed=door.space in refusing))
            if windows:
                found[door.id] = windows
    return found


def _windows(
    site: Site, door: Door, span: Interval, now: datetime, modes: Iterable[DoorMode], *, closed: bool
) -> Iterator[ModeWindow]:
    for each in modes:
        if not each.concerns(door.id):
            continue
        if each.mode == "lockdown" and each.lasts_at(now):
            yield ModeWindow(mode="lockdown", start=each.starts_at)
        elif each.mode == "free_passage" and each.ends_at is not None:
            interval = Interval(each.starts_at, each.ends_at).within(span)
            if not interval.empty:
                yield ModeWindow(mode="free_passage", start=interval.start, end=interval.end)
    yield from _of_the_week(site, door, span)
    if closed:
        yield ModeWindow(mode="full", start=span.start, end=span.end)


def _of_the_week(site: Site, door: Door, span: Interval) -> Iterator[ModeWindow]:
    """Yield what returns each week: when a key is expected, and when the first card opens to everybody."""
    for day in days_of(span.start, span.end, site.zone):
        hours = door.key_expected.get(weekday_of(day))
        if hours is not None:
            start, end = at_local(day, hours.opens, site.zone), at_local(day, hours.closes, site.zone)
            yield ModeWindow(mode="key_expected", start=start, end=end)
        opening = open_to(site, day, "nomad") if door.first_card else None
        if opening is not None:
            yield ModeWindow(mode="first_card", start=opening.start, end=opening.end)
