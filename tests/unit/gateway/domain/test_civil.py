from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.civil import closing_time, day_bounds, day_of, days_of, month_bounds
from tests.unit.gateway.domain.building import LONG_NIGHT, PARIS, SHORT_NIGHT, SITE, SUNDAY, TUESDAY, paris

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(("day", "hours"), [(SHORT_NIGHT, 23), (LONG_NIGHT, 25), (TUESDAY, 24)])
def test_a_civil_day_has_as_many_hours_as_its_clocks_say(day: date, hours: int) -> None:
    start, end = day_bounds(day, PARIS)
    assert end - start == timedelta(hours=hours)


@given(DAYS)
def test_days_follow_one_another_without_gap_or_overlap(day: date) -> None:
    start, end = day_bounds(day, PARIS)
    assert end == day_bounds(day + timedelta(days=1), PARIS)[0]
    assert day_of(start, PARIS) == day
    assert day_of(end - timedelta(microseconds=1), PARIS) == day


def test_a_month_reaches_from_its_first_local_midnight_to_the_next_ones() -> None:
    assert month_bounds("2026-10", PARIS) == (
        datetime(2026, 9, 30, 22, tzinfo=UTC),
        datetime(2026, 10, 31, 23, tzinfo=UTC),
    )


@pytest.mark.parametrize("month", ["2026-12", "2026-02", "2028-02"])
def test_a_month_is_made_of_its_days(month: str) -> None:
    days = days_of(*month_bounds(month, PARIS), PARIS)
    assert {day.strftime("%Y-%m") for day in days} == {month}
    assert (days[0] - timedelta(days=1)).month != days[0].month != (days[-1] + timedelta(days=1)).month
    assert days == sorted(set(days))


@pytest.mark.parametrize("month", ["2026-13", "november", "2026-11-03", ""])
def test_what_is_no_month_is_refused_with_an_example(month: str) -> None:
    with pytest.raises(ValueError, match="such as '2026-11'"):
        month_bounds(month, PARIS)


def test_an_interval_that_ends_at_midnight_does_not_touch_the_next_day() -> None:
    start, end = day_bounds(TUESDAY, PARIS)
    assert days_of(start, end, PARIS) == [TUESDAY]
    assert days_of(start, end + timedelta(microseconds=1), PARIS) == [TUESDAY, date(2026, 11, 25)]
    assert days_of(start, start, PARIS) == []


def test_a_site_closes_by_its_own_clocks_summer_and_winter() -> None:
    assert closing_time(SITE, TUESDAY) == datetime(2026, 11, 24, 19, tzinfo=UTC)
    assert closing_time(SITE, date(2026, 6, 2)) == datetime(2026, 6, 2, 18, tzinfo=UTC)
    assert closing_time(SITE, date(2026, 11, 26)) == paris("22:00", date(2026, 11, 26))


def test_a_site_has_no_closing_time_on_a_day_it_stays_closed() -> None:
    assert closing_time(SITE, SUNDAY) is None
