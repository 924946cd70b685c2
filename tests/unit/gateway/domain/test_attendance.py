"""What became of a booking of a meeting room from ten to noon, held by person 1."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.attendance import NOTHING_YET, Attendance, Mark, Outlook, Sightings, attend
from gateway.domain.bookings import Booking
from gateway.domain.journal import Entry, in_order
from gateway.domain.people import Holders
from protocol.events import Event
from protocol.site import BookingRules, Site
from tests.unit.gateway.domain.building import EPOCH, SITE, badge, booking, credential, entry, paris, presence

MINUTE = timedelta(minutes=1)
ROOM, EVENING = "meeting-1-door", paris("20:00")
BOOKED = booking(7, paris("10:00"), 2)
HOLDERS = Holders([credential(1), credential(2)])

Seen = tuple[str, Event]

INTO_ROOM = badge(1, point=ROOM, why="booking:b-7")
OUT = badge(1, "out", why="exit")


def entries(*seen: Seen) -> list[Entry]:
    return [entry(paris(clock), event, number) for number, (clock, event) in enumerate(seen, start=1)]


def outlook(
    *seen: Seen,
    booked: Booking = BOOKED,
    marks: tuple[Mark, ...] = (),
    known: Attendance = NOTHING_YET,
    told_until: datetime = EVENING,
    as_of: datetime = EVENING,
    site: Site = SITE,
) -> Outlook:
    sightings = Sightings(in_order(entries(*seen)), HOLDERS)
    return attend(booked, site, sightings, marks, known, told_until, as_of)


def by(seq: int) -> str:
    return f"ss-entrance/{EPOCH}/{seq}"


def with_rules(**rules: int | bool | str) -> Site:
    return SITE.model_copy(update={"booking": BookingRules.model_validate(rules)})


NO_SHOW = Attendance(released_at=paris("10:15"), released_for="no_show")
CAME = Attendance(checked_in_at=paris("10:05"), checked_in_by=by(1))


def test_a_booking_that_nobody_came_to_is_given_back_after_a_quarter_of_an_hour() -> None:
    assert outlook(as_of=paris("10:14")) == Outlook(NOTHING_YET, paris("10:15"))
    assert outlook(as_of=paris("10:15")) == Outlook(NO_SHOW, None)


@pytest.mark.parametrize("clock", ["09:50", "10:05", "10:14", "11:59"])
def test_a_badge_at_the_rooms_door_checks_in(clock: str) -> None:
    (found, _) = outlook((clock, INTO_ROOM))
    assert found == Attendance(checked_in_at=paris(clock), checked_in_by=by(1))


def test_who_is_let_in_for_the_booking_keeps_it_though_the_holder_stays_away() -> None:
    (found, _) = outlook(("10:05", badge(2, point=ROOM, why="booking:b-7")))
    assert found == Attendance(checked_in_at=paris("10:05"), checked_in_by=by(1))


@pytest.mark.parametrize(
    ("clock", "event"),
    [
        ("09:49", INTO_ROOM),
        ("12:00", INTO_ROOM),
        ("10:05", badge(2, point=ROOM, why="staff")),
        ("10:05", badge(1, point=ROOM, why=None)),
        ("10:05", badge(1, point="meeting-2-door")),
        ("10:05", badge(1)),
    ],
    ids=["too early", "when it is over", "someone else", "refused", "at another room", "at the entrance"],
)
def test_what_is_no_check_in_does_not_keep_the_room(clock: str, event: Event) -> None:
    assert outlook((clock, event)).attendance == NO_SHOW


def test_nothing_is_given_back_before_the_nodes_have_told_all_that_they_saw() -> None:
    silent = outlook(told_until=paris("10:14"), as_of=paris("11:00"))
    assert silent == Outlook(NOTHING_YET, paris("10:15"))
    assert outlook(told_until=paris("10:15"), as_of=paris("11:00")).attendance == NO_SHOW


def test_what_was_given_back_stays_so_while_a_node_is_silent_until_it_tells_otherwise() -> None:
    assert outlook(known=NO_SHOW, told_until=paris("09:00")).attendance == NO_SHOW
    assert outlook(("10:05", INTO_ROOM), known=NO_SHOW, told_until=paris("09:00")).attendance == CAME


def test_a_room_in_which_something_moves_is_given_back_once_it_is_empty() -> None:
    seen: tuple[Seen, ...] = (
        ("10:01", presence("meeting-1", occupied=True)),
        ("10:40", presence("meeting-1", occupied=False)),
    )
    assert outlook(*seen).attendance == replace(NO_SHOW, released_at=paris("10:40"))
    assert outlook(seen[0]).attendance == NOTHING_YET


def test_who_books_after_the_beginning_has_as_long_to_come() -> None:
    late = replace(BOOKED, made_at=paris("10:30"))
    assert outlook(booked=late).attendance.released_at == paris("10:45")
    assert outlook(booked=replace(BOOKED, made_at=paris("09:00"))).attendance == NO_SHOW


def test_short_bookings_and_spaces_without_a_door_are_not_given_back() -> None:
    assert outlook(booked=booking(7, paris("10:00"), 0.25)).attendance == NOTHING_YET
    assert outlook(booked=booking(7, paris("10:00"), 2, space="cosy")).attendance == NOTHING_YET


def test_a_site_may_give_nothing_back_and_ask_nothing_for_a_no_show() -> None:
    never = with_rules(no_show_after_min="never", left_after_min="never")
    assert outlook(site=never).attendance == NOTHING_YET
    assert outlook(("10:05", INTO_ROOM), ("10:30", OUT), site=never).attendance == CAME
    assert NO_SHOW.billable(SITE.booking)
    assert not NO_SHOW.billable(with_rules(no_show_billable=False).booking)
    assert CAME.billable(with_rules(no_show_billable=False).booking)


def test_who_leaves_the_site_and_does_not_come_back_leaves_the_room_free() -> None:
    seen: tuple[Seen, ...] = (("10:05", INTO_ROOM), ("10:30", OUT))
    left = replace(CAME, left_at=paris("10:30"), left_by=by(2))
    given_back = replace(left, released_at=paris("10:40"), released_for="left_early")
    assert outlook(*seen, as_of=paris("10:39")) == Outlook(CAME, paris("10:40"))
    assert outlook(*seen) == Outlook(given_back, None)
    assert outlook(*seen, ("10:39", badge(1))).attendance == CAME, "back from a coffee"
    assert outlook(*seen, ("10:41", badge(1))).attendance == given_back, "the room may be somebody else's"


def test_guests_whom_the_holder_left_in_the_room_keep_it() -> None:
    seen: tuple[Seen, ...] = (
        ("10:05", INTO_ROOM),
        ("10:06", presence("meeting-1", occupied=True)),
        ("10:30", OUT),
    )
    assert outlook(*seen).attendance == CAME
    empty: Seen = ("11:10", presence("meeting-1", occupied=False))
    assert outlook(*seen, empty).attendance.released_at == paris("11:10")


def test_who_leaves_as_the_booking_ends_gives_nothing_back() -> None:
    assert outlook(("10:05", INTO_ROOM), ("11:51", OUT)).attendance == CAME


def test_staff_check_in_and_out_by_hand_under_their_name() -> None:
    here = Mark("b-7", "check_in", paris("10:20"), "session:abc")
    gone = Mark("b-7", "check_out", paris("11:00"), "session:def")
    checked_in = Attendance(checked_in_at=paris("10:20"), checked_in_by="session:abc")
    assert outlook(marks=(here,), known=NO_SHOW).attendance == checked_in
    assert outlook(marks=(here, gone)).attendance == replace(
        checked_in,
        left_at=paris("11:00"),
        left_by="session:def",
        released_at=paris("11:00"),
        released_for="left_early",
    )


def test_whom_staff_saw_leave_was_there_without_a_badge_too() -> None:
    gone = Mark("b-7", "check_out", paris("10:10"), "session:abc")
    assert outlook(marks=(gone,)).attendance == Attendance(
        left_at=paris("10:10"),
        left_by="session:abc",
        released_at=paris("10:10"),
        released_for="left_early",
    )


def test_who_is_checked_in_again_by_hand_has_the_room_again() -> None:
    seen: tuple[Seen, ...] = (("10:05", INTO_ROOM), ("10:30", OUT))
    again = Mark("b-7", "check_in", paris("10:50"), "session:abc")
    assert outlook(*seen, marks=(again,)).attendance == CAME


_CLOCKS = st.integers(0, 150).map(lambda minute: f"{9 + (45 + minute) // 60:02}:{(45 + minute) % 60:02}")
_SEEN = st.sampled_from(
    [
        INTO_ROOM,
        OUT,
        badge(1),
        badge(2, point=ROOM),
        presence("meeting-1", occupied=True),
        presence("meeting-1", occupied=False),
    ]
)


@given(st.lists(st.tuples(_CLOCKS, _SEEN), max_size=8, unique_by=lambda seen: seen[0]), st.randoms())
def test_whatever_the_order_in_which_events_come_the_end_is_the_same(
    seen: list[Seen], shuffler: random.Random
) -> None:
    """Told one by one as they are, or late and in any order: what was known on the way leaves no trace."""
    whole = outlook(*seen).attendance
    order = entries(*seen)
    shuffler.shuffle(order)
    known = NOTHING_YET
    for arrived in range(len(order) + 1):
        told = EVENING if arrived == len(order) else shuffler.choice((paris("09:00"), EVENING))
        sightings = Sightings(in_order(order[:arrived]), HOLDERS)
        known = attend(BOOKED, SITE, sightings, (), known, told, EVENING).attendance
    assert known == whole


@given(st.lists(st.tuples(_CLOCKS, _SEEN), max_size=8), st.integers(0, 180))
def test_time_that_passes_changes_nothing_before_the_moment_that_was_told(
    seen: list[Seen], minutes: int
) -> None:
    now = paris("09:45") + minutes * MINUTE
    so_far = [each for each in seen if paris(each[0]) <= now]
    before = outlook(*so_far, as_of=now, told_until=now)
    until = (before.look_again_at or EVENING) - timedelta(microseconds=1)
    assert before.look_again_at is None or before.look_again_at > now
    later = max(now, until)
    assert outlook(*so_far, as_of=later, told_until=later, known=before.attendance) == before
