"""Modes that come of the week's plan and of how full a space is."""

from datetime import date, timedelta
from typing import Any, Literal

import pytest

from gateway.domain.door_modes import DoorMode, full_spaces, mode_windows
from gateway.domain.gatherings import Gathering, head_count
from gateway.domain.interval import Interval
from gateway.domain.occupancy import SpaceState
from protocol.modes import ModeWindow
from protocol.site import Site
from tests.unit.gateway.domain.building import SITE, TUESDAY, crossed, entry, paris

SHORT_NIGHT = date(2026, 3, 29)


def changed(part: Literal["doors", "spaces"], of: str, **what: Any) -> Site:
    """Return the site with one door or space changed."""
    kept = tuple(x.model_copy(update=what) if x.id == of else x for x in getattr(SITE, part))
    return SITE.model_copy(update={part: kept})


def with_keys(day: str) -> Site:
    door = next(door for door in SITE.doors if door.id == "entrance")
    hours = type(door).model_validate({**door.model_dump(), "key_expected": {day: CLEANERS}}).key_expected
    return changed("doors", "entrance", key_expected=hours)


CLEANERS = {"opens": "05:30:00", "closes": "07:30:00"}
NODE = next(door.node for door in SITE.doors if door.id == "entrance")


def test_a_key_is_expected_at_its_hours_of_its_weekday() -> None:
    span = Interval(paris("00:00"), paris("00:00", TUESDAY + timedelta(days=2)))
    found = mode_windows(with_keys("tue"), NODE, span, paris("12:00"), (), frozenset())
    assert found["entrance"] == (ModeWindow(mode="key_expected", start=paris("05:30"), end=paris("07:30")),)


def test_a_key_is_expected_by_the_clocks_on_the_wall_in_the_night_when_they_change() -> None:
    span = Interval(paris("00:00", SHORT_NIGHT), paris("23:00", SHORT_NIGHT))
    (window,) = mode_windows(with_keys("sun"), NODE, span, paris("12:00"), (), frozenset())["entrance"]
    assert (window.start, window.end) == (paris("05:30", SHORT_NIGHT), paris("07:30", SHORT_NIGHT))


DAY = Interval(paris("00:00"), paris("23:59"))


@pytest.mark.parametrize(("when_full", "closed"), [("ignore", False), ("report", False), ("refuse", True)])
def test_a_full_space_closes_its_doors_where_it_is_to_refuse(when_full: str, *, closed: bool) -> None:
    capacity = next(space.capacity for space in SITE.spaces if space.id == "meeting-1")
    site = changed("spaces", "meeting-1", when_full=when_full)
    door = next(door for door in site.doors if door.space == "meeting-1")
    full = full_spaces(site, {"meeting-1": SpaceState(capacity, None, paris("09:00"))})
    assert (door.id in mode_windows(site, door.node, DAY, paris("12:00"), (), full)) == closed


def test_a_space_with_one_place_left_is_not_full() -> None:
    capacity = next(space.capacity for space in SITE.spaces if space.id == "meeting-1")
    site = changed("spaces", "meeting-1", when_full="report")
    assert full_spaces(site, {"meeting-1": SpaceState(capacity, None, paris("09:00"))}) == {"meeting-1"}
    assert full_spaces(site, {"meeting-1": SpaceState(capacity - 1, None, paris("09:00"))}) == frozenset()


def test_a_lifted_lockdown_and_a_free_passage_outside_the_span_are_in_no_list() -> None:
    lifted = DoorMode("l", SITE.id, "lockdown", (), paris("08:00"), paris("09:00"), "")
    tomorrow = TUESDAY + timedelta(days=1)
    later = DoorMode("f", SITE.id, "free_passage", (), paris("08:00", tomorrow), paris("09:00", tomorrow), "")
    assert mode_windows(SITE, NODE, DAY, paris("12:00"), (lifted, later), frozenset()) == {}


def test_a_head_count_never_goes_below_nobody() -> None:
    event = Gathering("event-1", SITE.id, "Fête", paris("18:00"), paris("23:00"), 100)
    steps = [entry(paris(f"18:0{n}"), crossed("out" if n < 3 else "in"), n) for n in range(1, 6)]
    count = head_count(event, SITE, steps, before=1)
    assert (count.inside, count.entered, count.peak) == (3, 3, 3)
