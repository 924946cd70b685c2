from datetime import date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.civil import day_bounds
from gateway.domain.journal import Content, Entry
from gateway.domain.people import Holders
from gateway.domain.visits import Visit, visits_of_day
from protocol.events import DoorOpened, Event
from tests.unit.gateway.domain.building import (
    LONG_NIGHT,
    NEIGHBOUR,
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
    opened,
    paris,
    taken_back,
)

HOLDERS = Holders([credential(number) for number in range(1, 6)])
EVENING = paris("23:59")
INSTANT = timedelta(microseconds=1)


def happened(*events: tuple[str, Content], day: date = TUESDAY) -> list[Entry]:
    """Number events from 1, at Paris times."""
    return [entry(paris(clock, day), event, seq) for seq, (clock, event) in enumerate(events, 1)]


def visits(
    *events: tuple[str, Content],
    day: date = TUESDAY,
    as_of: datetime | None = None,
    holders: Holders = HOLDERS,
) -> list[Visit]:
    return visits_of_day(SITE, day, happened(*events, day=day), holders, as_of or day_bounds(day, PARIS)[1])


ARRIVAL = (("09:00", badge(1)), ("09:00:01", opened(1)), ("09:00:03", closed()))
"""Person 1 comes in at nine: seq 1 to 3."""
SECOND = (("09:10", badge(2)), ("09:10:01", opened(4)), ("09:10:03", closed()))
"""Person 2, right after: seq 4 to 6."""


def test_a_granted_badge_whose_door_opens_begins_a_measured_visit() -> None:
    (visit,) = visits(*ARRIVAL, as_of=paris("12:00"))
    assert visit == Visit(
        SITE.id, "m-1", paris("09:00"), None, "measured", f"{NODE}/0000000000000000/1", None
    )


def test_in_free_passage_a_badge_alone_begins_an_estimated_visit() -> None:
    free = badge(1).model_copy(update={"free_passage": True})
    (visit,) = visits(("09:00", free), as_of=paris("12:00"))
    assert (visit.member, visit.quality) == ("m-1", "estimated")


def test_a_granted_badge_whose_door_never_opens_begins_no_visit() -> None:
    assert visits(("09:00", badge(1))) == []


def test_a_door_that_opened_for_someone_elses_badge_begins_no_visit() -> None:
    assert visits(("09:00", badge(1)), ("09:00:01", badge(2)), ("09:00:02", opened(2)))[0].member == "m-2"


def test_a_door_opened_by_the_same_seq_of_another_epoch_begins_no_visit() -> None:
    start = entry(paris("09:00"), badge(1), 1)
    other = entry(paris("09:00:01"), opened(1), 2, epoch="f" * 16)
    assert visits_of_day(SITE, TUESDAY, [start, other], HOLDERS, EVENING) == []


def test_an_opening_that_a_badge_did_not_cause_begins_no_visit() -> None:
    by_command = DoorOpened(door="entrance", cause="command", grant=1)
    assert visits(("09:00", badge(1)), ("09:00:01", by_command)) == []


def test_a_badge_at_a_door_that_stands_open_begins_an_estimated_visit() -> None:
    (visit,) = visits(("08:59", opened(None)), ("09:00", badge(1)))
    assert (visit.begun_at, visit.quality) == (paris("09:00"), "closed-by-rule")
    (still_open,) = visits(("08:59", opened(None)), ("09:00", badge(1)), as_of=paris("10:00"))
    assert still_open.quality == "estimated"


@pytest.mark.parametrize(
    "before",
    [
        (("08:58", opened(None)), ("08:59", closed())),
        (("08:59", opened(None, "garden")),),
    ],
    ids=["closed again", "another door"],
)
def test_a_door_that_does_not_stand_open_begins_no_visit(before: tuple[tuple[str, Event], ...]) -> None:
    assert visits(*before, ("09:00", badge(1))) == []


def test_a_refused_badge_begins_no_visit() -> None:
    assert visits(("09:00", badge(1, why=None)), ("09:00:01", opened(1))) == []


def test_a_badge_at_a_locker_begins_no_visit() -> None:
    assert visits(("09:00", badge(1, point="loan-1", why="loan:l-1")), ("09:00:01", opened(1))) == []


def test_an_unknown_badge_begins_no_visit() -> None:
    assert visits(("09:00", badge(99)), ("09:00:01", opened(1))) == []


def test_a_badge_counts_for_who_held_it_then() -> None:
    revoked = Holders([credential(1, revoked_at=paris("09:00"))])
    later = Holders([credential(1, revoked_at=paris("09:00") + INSTANT)])
    assert visits(*ARRIVAL, holders=revoked) == []
    assert len(visits(*ARRIVAL, holders=later)) == 1


def test_an_exit_badge_ends_the_visit() -> None:
    (visit,) = visits(*ARRIVAL, ("11:30", badge(1, "out", why="exit")))
    assert (visit.ended_at, visit.quality) == (paris("11:30"), "measured")
    assert visit.ended_by == f"{NODE}/0000000000000000/4"
    assert visit.duration == timedelta(hours=2.5)


def test_a_refused_exit_badge_ends_nothing() -> None:
    (visit,) = visits(*ARRIVAL, ("11:30", badge(1, "out", why=None)), as_of=paris("12:00"))
    assert visit.ended_at is None


def test_a_second_entry_badge_changes_nothing() -> None:
    once = visits(*ARRIVAL)
    assert visits(*ARRIVAL, ("10:00", badge(1)), ("10:00:01", opened(4))) == once


def test_who_comes_back_has_two_visits() -> None:
    both = visits(*ARRIVAL, ("12:00", badge(1, "out")), ("13:00", badge(1)), ("13:00:01", opened(5)))
    assert [visit.begun_at for visit in both] == [paris("09:00"), paris("13:00")]


def test_a_crossing_outward_ends_the_only_open_visit_as_estimated() -> None:
    (visit,) = visits(*ARRIVAL, ("10:00", crossed("out")))
    assert (visit.ended_at, visit.quality) == (paris("10:00"), "estimated")


def test_a_crossing_outward_ends_nothing_where_two_are_in() -> None:
    both = visits(*ARRIVAL, *SECOND, ("10:00", crossed("out")), as_of=paris("12:00"))
    assert [visit.ended_at for visit in both] == [None, None]


@pytest.mark.parametrize(
    "crossing",
    [crossed("in"), crossed("out", "kitchen-beams", "kitchen")],
    ids=["inward", "inside the place"],
)
def test_other_crossings_end_nothing(crossing: Event) -> None:
    (visit,) = visits(*ARRIVAL, ("10:00", crossing), as_of=paris("12:00"))
    assert visit.ended_at is None


def test_a_crossing_ten_seconds_after_an_exit_badge_is_explained_by_it() -> None:
    _, stays = visits(
        *ARRIVAL, *SECOND, ("10:00", badge(1, "out")), ("10:00:10", crossed("out")), as_of=paris("12:00")
    )
    assert stays.ended_at is None


def test_a_crossing_later_than_ten_seconds_after_an_exit_badge_is_someone_else() -> None:
    _, left = visits(*ARRIVAL, *SECOND, ("10:00", badge(1, "out")), ("10:00:10.000001", crossed("out")))
    assert (left.ended_at, left.quality) == (paris("10:00:10.000001"), "estimated")


def test_an_exit_badge_explains_one_crossing_only() -> None:
    leaves = ("10:00", badge(1, "out"))
    _, left = visits(*ARRIVAL, *SECOND, leaves, ("10:00:02", crossed("out")), ("10:00:04", crossed("out")))
    assert left.ended_at == paris("10:00:04")


def test_two_exit_badges_explain_two_crossings() -> None:
    third = (("09:20", badge(3)), ("09:20:01", opened(7)))
    leaving = (("10:00", badge(1, "out")), ("10:00:01", badge(2, "out")))
    crossings = (("10:00:02", crossed("out")), ("10:00:03", crossed("out")))
    *_, stays = visits(*ARRIVAL, *SECOND, *third, *leaving, *crossings, as_of=paris("12:00"))
    assert (stays.member, stays.ended_at) == ("m-3", None)


def test_an_exit_badge_of_nobody_known_still_explains_its_crossing() -> None:
    (visit,) = visits(
        *ARRIVAL, ("10:00", badge(99, "out")), ("10:00:02", crossed("out")), as_of=paris("12:00")
    )
    assert visit.ended_at is None


def test_a_forgotten_exit_ends_by_rule_at_closing_time_and_not_before() -> None:
    (waiting,) = visits(*ARRIVAL, as_of=paris("20:00") - INSTANT)
    (ended,) = visits(*ARRIVAL, as_of=paris("20:00"))
    assert waiting.ended_at is None
    assert (ended.ended_at, ended.quality, ended.ended_by) == (paris("20:00"), "closed-by-rule", None)


def test_an_exit_badge_after_closing_time_ends_the_visit_when_it_happened() -> None:
    (visit,) = visits(*ARRIVAL, ("21:15", badge(1, "out")))
    assert (visit.ended_at, visit.quality) == (paris("21:15"), "measured")


@pytest.mark.parametrize("clock", ["20:00", "22:30"])
def test_a_visit_begun_after_closing_time_ends_by_rule_at_midnight(clock: str) -> None:
    late = ((clock, badge(1)), (clock, opened(1)))
    midnight = day_bounds(TUESDAY, PARIS)[1]
    assert visits(*late, as_of=midnight - INSTANT)[0].ended_at is None
    assert visits(*late, as_of=midnight)[0].ended_at == midnight


def test_a_visit_on_a_closed_day_ends_by_rule_at_midnight() -> None:
    (visit,) = visits(("10:00", badge(1)), ("10:00:01", opened(1)), day=SUNDAY)
    assert (visit.ended_at, visit.quality) == (day_bounds(SUNDAY, PARIS)[1], "closed-by-rule")


@pytest.mark.parametrize(("day", "hours"), [(SHORT_NIGHT, 23), (LONG_NIGHT, 25)])
def test_a_visit_of_a_whole_day_is_as_long_as_the_day(day: date, hours: int) -> None:
    (visit,) = visits(("00:00", badge(1)), ("00:00:01", opened(1)), day=day)
    assert visit.duration == timedelta(hours=hours)


def test_the_hour_that_comes_twice_is_counted_twice() -> None:
    inside = [
        entry(paris("02:30", LONG_NIGHT), badge(1), 1),
        entry(paris("02:30:01", LONG_NIGHT), opened(1), 2),
        entry(paris("02:30", LONG_NIGHT, fold=1), badge(1, "out"), 3),
    ]
    (visit,) = visits_of_day(SITE, LONG_NIGHT, inside, HOLDERS, EVENING)
    assert visit.duration == timedelta(hours=1)


def test_what_happens_at_midnight_belongs_to_the_day_that_begins() -> None:
    midnight = day_bounds(TUESDAY, PARIS)[1]
    arrival = [entry(midnight, badge(1), 1), entry(midnight, opened(1), 2)]
    assert visits_of_day(SITE, TUESDAY, arrival, HOLDERS, midnight) == []
    assert len(visits_of_day(SITE, date(2026, 11, 25), arrival, HOLDERS, midnight)) == 1


def test_entries_of_other_days_and_sites_are_passed_over() -> None:
    elsewhere = [entry(paris("09:00"), badge(1), 1, site=NEIGHBOUR.id)]
    elsewhere += [entry(paris("09:00:01"), opened(1), 2, site=NEIGHBOUR.id)]
    yesterday = happened(("23:00", badge(2)), ("23:00:01", opened(1)), day=date(2026, 11, 23))
    assert visits_of_day(SITE, TUESDAY, elsewhere + yesterday, HOLDERS, EVENING) == []


def test_a_crossing_right_after_someone_was_checked_out_by_hand_is_theirs() -> None:
    _, stays = visits(
        *ARRIVAL,
        *SECOND,
        ("10:00", by_hand(1, "check_out")),
        ("10:00:05", crossed("out")),
        as_of=paris("12:00"),
    )
    assert stays.ended_at is None


def test_a_hand_entry_that_is_taken_back_explains_no_crossing() -> None:
    _, left = visits(
        *ARRIVAL, *SECOND, ("09:30", badge(1, "out")), ("10:00", by_hand(1, "check_out")),
        ("10:00", taken_back(8)), ("10:00:05", crossed("out")), as_of=paris("12:00"),
    )  # fmt: skip
    assert left.ended_at == paris("10:00:05")


_EVENTS = st.one_of(
    st.builds(
        badge, st.integers(1, 6), st.sampled_from(["in", "out"]), why=st.sampled_from(["member", None])
    ),
    st.builds(opened, st.none() | st.integers(1, 30), st.sampled_from(["entrance", "garden"])),
    st.builds(closed, st.sampled_from(["entrance", "garden"])),
    st.builds(crossed, st.sampled_from(["in", "out"]), st.sampled_from(["entrance-beams", "kitchen-beams"])),
    st.builds(by_hand, st.integers(1, 6), st.sampled_from(["check_in", "check_out"])),
    st.builds(taken_back, st.integers(1, 30)),
)


@st.composite
def _days(draw: st.DrawFn) -> tuple[date, list[Entry]]:
    """Draw a day, DST nights above all, and what two nodes saw on it, often at the same second."""
    day = draw(st.sampled_from([SHORT_NIGHT, LONG_NIGHT, TUESDAY]))
    start, end = day_bounds(day, PARIS)
    seconds = st.one_of(st.integers(0, 90), st.integers(0, int((end - start).total_seconds()) - 1))
    seen = draw(st.lists(st.tuples(seconds, _EVENTS, st.sampled_from(["a", "b"])), max_size=30))
    return day, [
        entry(start + timedelta(seconds=s), event, seq, node=node)
        for seq, (s, event, node) in enumerate(seen, 1)
    ]


@given(_days(), st.integers(0, 25 * 3600), st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_the_order_of_arrival_changes_nothing(
    drawn: tuple[date, list[Entry]], as_of_s: int, order: Random
) -> None:
    day, entries = drawn
    as_of = day_bounds(day, PARIS)[0] + timedelta(seconds=as_of_s)
    shuffled = order.sample(entries, len(entries))
    assert visits_of_day(SITE, day, shuffled, HOLDERS, as_of) == visits_of_day(
        SITE, day, entries, HOLDERS, as_of
    )


@given(_days())
@settings(max_examples=300)
def test_visits_of_a_finished_day_end_and_those_of_one_person_do_not_overlap(
    drawn: tuple[date, list[Entry]],
) -> None:
    day, entries = drawn
    start, end = day_bounds(day, PARIS)
    last_end: dict[str, datetime] = {}
    for visit in visits_of_day(SITE, day, entries, HOLDERS, end):
        assert visit.ended_at is not None
        assert start <= last_end.get(visit.member, start) <= visit.begun_at <= visit.ended_at <= end
        last_end[visit.member] = visit.ended_at
