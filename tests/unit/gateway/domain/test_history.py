from datetime import date, datetime, timedelta
from random import Random
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.civil import day_bounds
from gateway.domain.history import Point, day_points, days_ended, event_point, spaces_by_point
from gateway.domain.journal import Content, in_order
from gateway.domain.occupancy import WHOLE_SITE
from gateway.domain.people import Holders
from protocol.events import (
    AccessListRefused,
    CodeEntered,
    CommandExecuted,
    CommandRefused,
    DoorHeldOpen,
    DuressSignalled,
    EpochBegun,
    Event,
    EventsDropped,
    ExitRequested,
    FireAlarm,
    FireAlarmEnded,
    NodeStarted,
    PassedBack,
    ReaderLost,
    ReaderRestored,
    RecordDropped,
    RecordUnreadable,
    Tailgated,
)
from tests.unit.gateway.domain.building import (
    LONG_NIGHT,
    NODE,
    PARIS,
    SHORT_NIGHT,
    SITE,
    SUNDAY,
    TUESDAY,
    badge,
    by_hand,
    closed,
    credential,
    crossed,
    entry,
    locker_closed,
    locker_opened,
    opened,
    paris,
    presence,
    ref,
    taken_back,
)

HOLDERS = Holders([credential(number) for number in range(1, 5)])
SPACES = spaces_by_point(SITE)
ONE_OF_EACH: tuple[Event, ...] = (
    badge(1, why="booking:b-77"),
    opened(1),
    closed(),
    DoorHeldOpen(door="entrance"),
    ExitRequested(door="entrance"),
    PassedBack(door="entrance", grant=3),
    Tailgated(door="entrance", crossings=2, grants=1),
    DuressSignalled(point="entrance", badge=3),
    FireAlarm(),
    FireAlarmEnded(),
    presence("kitchen", occupied=True),
    crossed("in", "kitchen-beams", "kitchen"),
    locker_opened("loan-1", 1),
    locker_closed("loan-1", item_present=None),
    CommandExecuted(command="c-55", point="entrance"),
    CommandRefused(command="c-55", reason="late"),
    NodeStarted(software="1.0"),
    ReaderLost(reader="entrance-in", error="no answer"),
    ReaderRestored(reader="entrance-in"),
    CodeEntered(
        point="entrance",
        granted=False,
        reason="unknown_code",
        why=None,
        list_revision=1,
        list_age_s=1,
        stale=False,
    ),
    AccessListRefused(revision=3, reason="unsigned"),
    EventsDropped(count=12, up_to=40),
    RecordDropped(reason="spool_full"),
    RecordUnreadable(reason="unknown_type"),
    EpochBegun(cause="spool_damaged", before=None),
)


def told(event: Content) -> Point:
    return event_point(entry(paris("09:00"), event, seq=7), SPACES)


def tag(point: Point, name: str) -> str:
    return dict(point.tags)[name]


def key(point: Point) -> tuple[object, ...]:
    return (point.measurement, point.tags, point.time_ns)


def points(*events: tuple[str, Content], day: date = TUESDAY, as_of: datetime | None = None) -> list[Point]:
    entries = [entry(paris(clock, day), event, seq) for seq, (clock, event) in enumerate(events, 1)]
    return day_points(SITE, day, in_order(entries), HOLDERS, as_of or day_bounds(day, PARIS)[1])


def visits(*events: tuple[str, Content], as_of: datetime | None = None) -> list[Point]:
    return [point for point in points(*events, as_of=as_of) if point.measurement == "visit"]


def counts(*events: tuple[str, Content], as_of: datetime | None = None) -> list[Point]:
    return [point for point in points(*events, as_of=as_of) if point.measurement == "occupancy"]


def test_the_samples_here_are_one_of_every_kind() -> None:
    kinds = {event.__name__ for event in get_args(get_args(Event)[0])}
    assert {event.type for event in ONE_OF_EACH} == kinds


@pytest.mark.parametrize("event", ONE_OF_EACH, ids=lambda event: event.type)
def test_every_kind_of_event_becomes_a_point_with_the_same_four_tags(event: Event) -> None:
    point = told(event)
    assert [name for name, _ in point.tags] == ["kind", "node", "site", "space"]
    assert (tag(point, "kind"), tag(point, "node"), tag(point, "site")) == (event.type, NODE, SITE.id)
    assert point.fields["id"] == f"{NODE}/0000000000000000/7"


@pytest.mark.parametrize("event", ONE_OF_EACH, ids=lambda event: event.type)
def test_no_point_tells_of_a_person(event: Event) -> None:
    for personal in (ref(1), "m-1", "b-77", "c-55", "credential", "why", "command"):
        assert personal not in repr(told(event)).replace("CommandExecuted", "").replace("CommandRefused", "")


@pytest.mark.parametrize(
    ("event", "space"),
    [
        (opened(1, door="meeting-1"), "meeting-1"),
        (badge(1), "floor"),
        (badge(1, point="loans"), "lockers"),
        (locker_opened("loan-1", 1), "lockers"),
        (crossed("in", "kitchen-beams", "kitchen"), "kitchen"),
        (presence("office-1", occupied=True), "office-1"),
        (ReaderRestored(reader="entrance-in"), "floor"),
        (NodeStarted(software="1.0"), WHOLE_SITE),
        (opened(1, door="walled-up"), WHOLE_SITE),
    ],
)
def test_an_event_lies_in_the_space_of_what_it_names(event: Event, space: str) -> None:
    assert tag(told(event), "space") == space


def test_a_refusal_says_why() -> None:
    fields = told(badge(1, why=None)).fields
    assert (fields["granted"], fields["reason"], fields["point"]) == (False, "no_right_here", "entrance")


@given(first=st.integers(1, 10**9), epoch=st.integers(0, 2**64 - 1), apart=st.integers(1, 999))
def test_events_of_a_node_in_the_same_microsecond_stay_apart(first: int, epoch: int, apart: int) -> None:
    one, other = (
        event_point(entry(paris("09:00"), opened(1), seq, epoch=f"{epoch:016x}"), SPACES)
        for seq in (first, first + apart)
    )
    assert one.tags == other.tags
    assert one.time_ns != other.time_ns
    assert one.time_ns // 1000 == other.time_ns // 1000 == paris("09:00").timestamp() * 10**6


def test_the_first_event_of_a_new_spool_does_not_replace_the_first_of_the_old_one() -> None:
    start = NodeStarted(software="1.0")
    old, new = (event_point(entry(paris("09:00"), start, 1, epoch=mark * 16), SPACES) for mark in "ab")
    assert key(old) != key(new)


def test_a_visit_that_has_ended_counts_its_minutes_at_the_moment_it_began() -> None:
    (visit,) = visits(("09:00", badge(1)), ("09:00:01", opened(1)), ("10:30", badge(1, "out")))
    assert visit.fields["visits"] == 1
    assert (visit.fields["seconds"], visit.fields["minutes"]) == (5400.0, 90.0)
    assert visit.fields["quality"] == "measured"
    assert visit.time_ns // 1000 == paris("09:00").timestamp() * 10**6


def test_a_visit_still_open_counts_nothing_yet() -> None:
    (visit,) = visits(("09:00", badge(1)), ("09:00:01", opened(1)), as_of=paris("12:00"))
    assert (visit.fields["visits"], visit.fields["minutes"]) == (0, 0.0)


def test_a_badge_that_opens_no_door_counts_nothing() -> None:
    (visit,) = visits(("09:00", badge(1)))
    assert (visit.fields["visits"], visit.fields["quality"]) == (0, "none")


def test_a_stay_said_by_hand_has_a_point_like_any_other_and_none_of_its_minutes_once_taken_back() -> None:
    said = (("09:00", by_hand(1, "check_in")), ("10:30", by_hand(1, "check_out")))
    (visit,) = visits(*said)
    (none,) = visits(*said, ("09:00", taken_back(1)))
    assert (visit.fields["minutes"], visit.fields["quality"]) == (90.0, "by-hand")
    assert (none.fields["minutes"], none.fields["quality"]) == (0.0, "none")
    assert key(visit) == key(none)


def test_a_point_of_what_was_said_by_hand_names_nobody() -> None:
    assert told(by_hand(1, "check_in")).fields.keys() == {"id", "what"}


def test_a_visit_that_gets_another_quality_takes_the_place_of_the_old_one() -> None:
    arrival = (("09:00", badge(1)), ("09:00:01", opened(1)))
    (by_rule,) = visits(*arrival)
    (measured,) = visits(*arrival, ("18:00", badge(1, "out")))
    assert (by_rule.fields["quality"], measured.fields["quality"]) == ("closed-by-rule", "measured")
    assert key(by_rule) == key(measured)


DAY: tuple[tuple[str, Content], ...] = (
    ("08:00", badge(1)),
    ("08:00:01", opened(1)),
    ("08:00:02", crossed("in")),
    ("08:00:03", closed()),
    ("08:30", badge(1)),
    ("08:30:01", opened(5)),
    ("08:30:02", badge(2)),
    ("08:30:03", crossed("in")),
    ("09:00", presence("kitchen", occupied=True)),
    ("09:10", crossed("in", "kitchen-beams", "kitchen")),
    ("11:00", badge(1, "out")),
    ("11:00:01", crossed("out")),
    ("12:00", presence("kitchen", occupied=False)),
    ("17:00", crossed("out")),
    ("17:30", badge(3, why=None)),
)


@given(st.integers(0, 2**32), st.integers(0, len(DAY)), st.integers(0, 24))
def test_whatever_was_written_of_a_day_is_overwritten_when_more_of_it_arrives(
    seed: int, known: int, hour: int
) -> None:
    entries = [entry(paris(clock), event, seq) for seq, (clock, event) in enumerate(DAY, 1)]
    some = in_order(Random(seed).sample(entries, known))
    as_of = day_bounds(TUESDAY, PARIS)[0] + timedelta(hours=hour)
    early = day_points(SITE, TUESDAY, some, HOLDERS, as_of)
    late = day_points(SITE, TUESDAY, entries, HOLDERS, day_bounds(TUESDAY, PARIS)[1])
    final = {key(point): point.fields.keys() for point in late}
    for point in early:
        assert point.fields.keys() <= final[key(point)]


def test_the_keys_of_one_writing_differ() -> None:
    written = points(*DAY)
    assert len({key(point) for point in written}) == len(written)


def test_a_crossing_at_the_perimeter_counts_for_its_space_and_for_the_whole_site() -> None:
    told = counts(("09:00", crossed("in")), as_of=paris("12:00"))
    assert {(tag(point, "space"), point.fields["people"]) for point in told} == {
        ("floor", 1),
        (WHOLE_SITE, 1),
    }


def test_a_motion_sensor_says_occupied_and_no_number_where_nobody_counts() -> None:
    (told,) = counts(("09:00", presence("office-1", occupied=True)), as_of=paris("12:00"))
    assert told.fields == {"occupied": True}


@pytest.mark.parametrize("day", [TUESDAY, SHORT_NIGHT, LONG_NIGHT])
def test_counts_are_zero_again_when_the_civil_day_is_over(day: date) -> None:
    midnight = day_bounds(day, PARIS)[1]
    in_time = points(("09:00", crossed("in")), day=day, as_of=midnight - timedelta(seconds=1))
    after = points(("09:00", crossed("in")), day=day, as_of=midnight)
    new = [point for point in after if key(point) not in {key(point) for point in in_time}]
    assert {tag(point, "space") for point in new} == {"floor", "lounge", "kitchen", "meeting-1", WHOLE_SITE}
    assert {point.fields["people"] for point in new} == {0}
    assert {point.time_ns for point in new} == {int(midnight.timestamp()) * 10**9}


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        ((TUESDAY, "09:00"), (TUESDAY, "12:00"), []),
        ((TUESDAY, "09:00"), (TUESDAY, "23:00"), [TUESDAY]),
        ((TUESDAY, "23:00"), (TUESDAY + timedelta(days=1), "00:00"), [TUESDAY]),
        ((TUESDAY, "00:00"), (TUESDAY, "01:00"), []),
        ((SUNDAY, "09:00"), (SUNDAY, "23:00"), []),
        ((SUNDAY, "09:00"), (TUESDAY, "09:00"), [SUNDAY, SUNDAY + timedelta(days=1)]),
    ],
)
def test_a_day_is_looked_at_again_when_it_closes_and_when_it_is_over(
    since: tuple[date, str], until: tuple[date, str], days: list[date]
) -> None:
    assert days_ended(SITE, paris(since[1], since[0]), paris(until[1], until[0])) == days
