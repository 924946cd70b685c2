from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.bookings import (
    AmbiguousHour,
    Booking,
    Hold,
    MissingHour,
    WrongOffset,
    clash,
    hold_for,
    local_to_utc,
    refusal,
    refusal_to_move,
)
from protocol.site import Site
from tests.unit.gateway.domain.building import NEIGHBOUR, PARIS, SITE, booking, member, paris

TEN = paris("10:00")
ADA = member(1)
WINTER, SUMMER = timedelta(hours=1), timedelta(hours=2)
TAKEN = booking(1, TEN, 2)


def held(wanted: Booking, site: Site = SITE) -> Hold:
    return hold_for(wanted, site)


def test_a_booking_of_a_bookable_space_is_not_refused() -> None:
    assert refusal(booking(2, TEN), SITE, ADA) == []


@pytest.mark.parametrize(
    ("start_h", "hours"), [(-1, 1), (2, 1)], ids=["ends as it begins", "begins as it ends"]
)
def test_bookings_may_follow_one_another(start_h: float, hours: float) -> None:
    assert clash(held(booking(2, TEN + timedelta(hours=start_h), hours)), [held(TAKEN)]) is None


@pytest.mark.parametrize(("start_h", "hours"), [(-1, 1.01), (1.99, 1), (0.5, 0.5), (-1, 9), (0, 2)])
def test_an_overlap_clashes(start_h: float, hours: float) -> None:
    assert clash(held(booking(2, TEN + timedelta(hours=start_h), hours)), [held(TAKEN)]) == held(TAKEN)


@pytest.mark.parametrize(
    "other",
    [
        replace(TAKEN, space="meeting-2"),
        replace(TAKEN, id="b-2"),
    ],
    ids=["another space", "the booking itself"],
)
def test_a_booking_that_takes_nothing_away_does_not_clash(other: Booking) -> None:
    assert clash(held(booking(2, TEN)), [held(other)]) is None


def test_a_room_of_the_same_name_at_another_site_does_not_clash() -> None:
    assert clash(held(booking(2, TEN)), [replace(held(TAKEN), site=NEIGHBOUR.id)]) is None


def test_the_earliest_of_several_clashes_is_named() -> None:
    later = booking(3, TEN + timedelta(hours=3))
    assert clash(held(booking(2, TEN, 8)), [held(later), held(TAKEN)]) == held(TAKEN)


def test_a_space_is_kept_free_to_be_set_up_before_and_cleaned_after() -> None:
    spaces = tuple(s.model_copy(update={"setup_min": 10, "cleaning_min": 20}) for s in SITE.spaces)
    site = SITE.model_copy(update={"spaces": spaces})
    assert held(TAKEN, site) == replace(held(TAKEN), starts_at=paris("09:50"), ends_at=paris("12:20"))
    half_past = held(booking(2, paris("12:30")), site)
    assert clash(half_past, [held(TAKEN, site)]) is None
    assert clash(held(booking(2, paris("12:29")), site), [held(TAKEN, site)]) == held(TAKEN, site)


def test_a_booking_is_moved_until_it_has_begun_and_extended_until_it_is_over() -> None:
    later, longer = replace(TAKEN, starts_at=paris("11:00")), replace(TAKEN, ends_at=paris("13:00"))
    elsewhere = replace(TAKEN, space="meeting-2")
    assert refusal_to_move(TAKEN, later, paris("09:59")) == []
    assert refusal_to_move(TAKEN, elsewhere, paris("09:59")) == []
    assert refusal_to_move(TAKEN, later, TEN) == [("/starts_at", "begun")]
    assert refusal_to_move(TAKEN, elsewhere, TEN) == [("/starts_at", "begun")]
    assert refusal_to_move(TAKEN, longer, TEN) == []
    assert refusal_to_move(TAKEN, longer, paris("12:00")) == [("/booking", "over")]
    assert refusal_to_move(TAKEN, replace(TAKEN, ends_at=paris("10:59")), paris("11:00")) == [
        ("/ends_at", "ends_in_the_past")
    ]
    assert refusal_to_move(replace(TAKEN, status="cancelled"), longer, TEN) == [("/booking", "cancelled")]


def test_a_space_that_does_not_exist_or_cannot_be_booked_is_refused() -> None:
    assert refusal(booking(2, TEN, space="attic"), SITE, ADA) == [("/space", "unknown_space")]
    assert refusal(booking(2, TEN, space="kitchen"), SITE, ADA) == [("/space", "not_bookable")]


def test_a_booking_lasts_more_than_nothing_and_at_most_a_day() -> None:
    assert refusal(booking(2, TEN, 0), SITE, ADA) == [("/ends_at", "ends_before_start")]
    assert refusal(booking(2, TEN, 24), SITE, ADA) == []
    assert refusal(booking(2, TEN, 24.01), SITE, ADA) == [("/ends_at", "too_long")]


def test_a_booking_lies_within_the_membership() -> None:
    hour = timedelta(hours=1)
    assert refusal(booking(2, TEN), SITE, member(1, since=TEN, until=TEN + hour)) == []
    assert refusal(booking(2, TEN), SITE, member(1, since=TEN + hour)) == [
        ("/member", "membership_not_begun")
    ]
    assert refusal(booking(2, TEN), SITE, member(1, until=TEN)) == [("/member", "membership_ended")]


def test_everything_wrong_is_told_at_once() -> None:
    assert refusal(booking(2, TEN, -1, space="attic"), SITE, member(1, since=TEN + SUMMER)) == [
        ("/space", "unknown_space"),
        ("/ends_at", "ends_before_start"),
        ("/member", "membership_not_begun"),
    ]


_WANTED = st.tuples(
    st.integers(0, 40), st.integers(1, 12), st.sampled_from(["meeting-1", "meeting-2"]), st.booleans()
)


@given(st.lists(_WANTED, max_size=25))
def test_no_quarter_of_an_hour_is_ever_given_twice(wishes: list[tuple[int, int, str, bool]]) -> None:
    accepted: list[Hold] = []
    for number, (start, quarters, space, given_back) in enumerate(wishes):
        wanted = held(booking(number, TEN + timedelta(minutes=15 * start), quarters / 4, space=space))
        if clash(wanted, accepted) is None and not given_back:
            accepted.append(wanted)
    given_away = [
        (hold.space, hold.starts_at + timedelta(minutes=15 * quarter))
        for hold in accepted
        for quarter in range((hold.ends_at - hold.starts_at) // timedelta(minutes=15))
    ]
    assert len(given_away) == len(set(given_away))


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31)))  # noqa: DTZ001  # wall-clock times
def test_a_wall_clock_time_becomes_the_moment_when_clocks_show_it(local: datetime) -> None:
    try:
        moment = local_to_utc(local, PARIS, None)
    except (AmbiguousHour, MissingHour):
        return
    assert moment.tzinfo is UTC
    assert moment.astimezone(PARIS).replace(tzinfo=None, fold=0) == local


def test_an_hour_that_comes_twice_asks_which() -> None:
    local = datetime.fromisoformat("2026-10-25T02:30")
    with pytest.raises(AmbiguousHour, match=r"\+02:00, \+01:00") as caught:
        local_to_utc(local, PARIS, None)
    assert caught.value.offsets == (SUMMER, WINTER)
    assert local_to_utc(local, PARIS, SUMMER) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert local_to_utc(local, PARIS, WINTER) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_an_hour_that_does_not_come_asks_what_is_meant() -> None:
    local = datetime.fromisoformat("2026-03-29T02:30")
    with pytest.raises(MissingHour, match="does not exist in Europe/Paris"):
        local_to_utc(local, PARIS, None)
    assert local_to_utc(local, PARIS, WINTER) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert local_to_utc(local, PARIS, SUMMER) == datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "local", ["2026-10-25T01:59:59", "2026-10-25T03:00", "2026-03-29T01:59:59", "2026-03-29T03:00"]
)
def test_hours_beside_a_change_of_clocks_are_clear(local: str) -> None:
    moment = local_to_utc(datetime.fromisoformat(local), PARIS, None)
    assert (
        moment.astimezone(PARIS).replace(tzinfo=None).isoformat() == datetime.fromisoformat(local).isoformat()
    )


def test_an_offset_that_the_zone_does_not_have_then_is_refused() -> None:
    with pytest.raises(WrongOffset, match=r"\+02:00 is not one of \+01:00"):
        local_to_utc(datetime.fromisoformat("2026-11-24T10:00"), PARIS, SUMMER)
