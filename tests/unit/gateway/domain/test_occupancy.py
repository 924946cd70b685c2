from collections.abc import Mapping
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.occupancy import WHOLE_SITE, SpaceState, apply, at
from protocol.events import Event, PresenceChanged
from tests.unit.gateway.domain.building import (
    LONG_NIGHT,
    SITE,
    TUESDAY,
    badge,
    crossed,
    entry,
    paris,
    presence,
)

WEDNESDAY = date(2026, 11, 25)
INTO_MEETING = crossed("in", "meeting-1-beams", "meeting-1")
OUT_OF_MEETING = crossed("out", "meeting-1-beams", "meeting-1")


def states(*events: tuple[str, Event], day: date = TUESDAY) -> Mapping[str, SpaceState]:
    found: Mapping[str, SpaceState] = {}
    for clock, event in events:
        found = apply(found, SITE, entry(paris(clock, day), event))
    return found


def test_a_crossing_at_the_perimeter_counts_for_its_space_and_for_the_whole_site() -> None:
    assert states(("09:00", crossed("in")), ("09:05", crossed("in"))) == {
        "floor": SpaceState(2, None, paris("09:05")),
        WHOLE_SITE: SpaceState(2, None, paris("09:05")),
    }


def test_a_crossing_inside_counts_for_its_space_alone() -> None:
    assert states(("09:00", INTO_MEETING)) == {"meeting-1": SpaceState(1, None, paris("09:00"))}


def test_a_count_never_goes_below_zero() -> None:
    found = states(("09:00", crossed("out")), ("09:01", crossed("out")), ("09:02", crossed("in")))
    assert found["floor"].people == 1


def test_motion_makes_a_space_occupied_and_tells_no_number() -> None:
    assert states(("09:00", presence("office-1", occupied=True))) == {
        "office-1": SpaceState(None, True, paris("09:00"))
    }


def test_a_counted_space_that_motion_finds_empty_is_empty() -> None:
    found = states(
        ("09:00", INTO_MEETING), ("09:00", INTO_MEETING), ("10:00", presence("meeting-1", occupied=False))
    )
    assert found["meeting-1"] == SpaceState(0, False, paris("10:00"))


def test_a_counted_space_that_motion_finds_occupied_keeps_its_count() -> None:
    found = states(("09:00", INTO_MEETING), ("10:00", presence("meeting-1", occupied=True)))
    assert found["meeting-1"] == SpaceState(1, True, paris("10:00"))


def test_an_uncounted_space_that_motion_finds_empty_has_no_count() -> None:
    found = states(
        ("09:00", presence("office-1", occupied=True)), ("10:00", presence("office-1", occupied=False))
    )
    assert found == {"office-1": SpaceState(None, False, paris("10:00"))}


def test_counts_are_zeroed_when_a_civil_day_begins() -> None:
    before = states(("23:59", crossed("in")), ("23:59:30", presence("floor", occupied=True)))
    after = apply(before, SITE, entry(paris("00:01", WEDNESDAY), INTO_MEETING))
    assert after["floor"] == SpaceState(0, True, paris("00:00", WEDNESDAY))
    assert after[WHOLE_SITE].people == 0
    assert after["meeting-1"].people == 1


def test_counts_last_until_midnight_even_where_the_day_is_longer() -> None:
    before = states(("00:30", crossed("in")), day=LONG_NIGHT)
    assert at(before, SITE, paris("23:59:59", LONG_NIGHT)) == before
    assert at(before, SITE, paris("00:00", date(2026, 10, 26)))["floor"].people == 0


def test_other_events_change_nothing() -> None:
    before = states(("09:00", INTO_MEETING))
    assert apply(before, SITE, entry(paris("09:01"), badge(1))) == before


@given(st.lists(st.sampled_from([INTO_MEETING, OUT_OF_MEETING, presence("meeting-1", occupied=False)])))
def test_a_count_is_what_came_in_since_it_was_last_surely_zero(events: list[Event]) -> None:
    expected = 0
    for event in events:
        expected = (
            0
            if isinstance(event, PresenceChanged)
            else max(0, expected + (1 if event == INTO_MEETING else -1))
        )
    found = states(*[("09:00", event) for event in events]).get("meeting-1")
    assert (found.people or 0 if found else 0) == expected
