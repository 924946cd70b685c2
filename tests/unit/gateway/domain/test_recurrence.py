from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.domain.bookings import AmbiguousHour, MissingHour
from gateway.domain.interval import Interval
from gateway.domain.recurrence import RuleRefused, occurrences
from tests.unit.gateway.domain.building import PARIS

TUESDAY = datetime.fromisoformat("2026-10-13T10:00")
HOUR = timedelta(hours=1)


def days(rule: str, *exceptions: str) -> list[str]:
    found = occurrences(rule, TUESDAY, TUESDAY + HOUR, PARIS, [date.fromisoformat(day) for day in exceptions])
    return [f"{each.start.astimezone(PARIS):%m-%d}" for each in found]


def test_a_weekly_meeting_shows_the_same_hours_on_either_side_of_a_change_of_clocks() -> None:
    found = occurrences("FREQ=WEEKLY;COUNT=3", TUESDAY, TUESDAY + HOUR, PARIS)
    assert found == [
        Interval(datetime(2026, 10, 13, 8, tzinfo=UTC), datetime(2026, 10, 13, 9, tzinfo=UTC)),
        Interval(datetime(2026, 10, 20, 8, tzinfo=UTC), datetime(2026, 10, 20, 9, tzinfo=UTC)),
        Interval(datetime(2026, 10, 27, 9, tzinfo=UTC), datetime(2026, 10, 27, 10, tzinfo=UTC)),
    ]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=4", ["10-13", "10-15", "10-20", "10-22"]),
        ("FREQ=MONTHLY;BYDAY=2TU;COUNT=3", ["10-13", "11-10", "12-08"]),
        ("FREQ=DAILY;INTERVAL=2;UNTIL=20261017", ["10-13", "10-15", "10-17"]),
        ("FREQ=DAILY;UNTIL=20261015T100000", ["10-13", "10-14", "10-15"]),
        ("FREQ=DAILY;UNTIL=20261015T080000Z", ["10-13", "10-14", "10-15"]),
        ("FREQ=DAILY;UNTIL=20261015T075959Z", ["10-13", "10-14"]),
        ("RRULE:freq=daily;count=1", ["10-13"]),
    ],
)
def test_rules_are_those_of_icalendar(rule: str, expected: list[str]) -> None:
    assert days(rule) == expected


def test_a_day_that_is_excepted_is_left_out_and_not_made_up_for() -> None:
    assert days("FREQ=WEEKLY;COUNT=3", "2026-10-20") == ["10-13", "10-27"]


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("FREQ=WEEKLY", "needs an end"),
        ("FREQ=WEEKLY;COUNT=2;UNTIL=20271231", "needs an end"),
        ("FREQ=HOURLY;COUNT=2", "FREQ is one of DAILY"),
        ("COUNT=2", "FREQ is one of DAILY"),
        ("FREQ=DAILY;COUNT=367", "366 bookings at most"),
        ("FREQ=DAILY;UNTIL=20361231", "366 bookings at most"),
        ("FREQ=DAILY;COUNT=-1", "COUNT is a number"),
        ("FREQ=DAILY;UNTIL=20261341", "no such time"),
        ("FREQ=DAILY;UNTIL=SOON", "UNTIL is such as"),
        ("FREQ=DAILY;BYMONTH=13;COUNT=1", "no day fits"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5", "no day fits"),
        ("FREQ=DAILY;SPAM=1;COUNT=1", "cannot be read"),
        ("FREQ=DAILY;COUNT=1\nEXRULE:FREQ=DAILY", "is no rule such as"),
        ("every Tuesday", "is no rule such as"),
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused_with_the_reason(rule: str, why: str) -> None:
    with pytest.raises(RuleRefused, match=why):
        days(rule)


def test_an_hour_that_comes_twice_or_never_is_no_hour_for_a_series() -> None:
    night = datetime.fromisoformat("2026-10-24T02:30")
    with pytest.raises(AmbiguousHour):
        occurrences("FREQ=DAILY;COUNT=2", night, night + HOUR, PARIS)
    spring = datetime.fromisoformat("2027-03-27T02:30")
    with pytest.raises(MissingHour):
        occurrences("FREQ=DAILY;COUNT=2", spring, spring + HOUR, PARIS)
    around = occurrences("FREQ=DAILY;COUNT=2", night, night + HOUR, PARIS, [date(2026, 10, 25)])
    assert len(around) == 1
