"""When a wall clock cannot be right."""

from datetime import UTC, datetime, timedelta

from edge.core.floor import TimeFloor

FLOOR = TimeFloor(datetime(2026, 3, 2, 9, tzinfo=UTC), since_s=1000.0)


def test_a_clock_at_the_gateways_time_can_be_right() -> None:
    assert FLOOR.allows(FLOOR.at, uptime_s=1000.0)


def test_a_clock_that_lags_a_little_can_be_right() -> None:
    assert FLOOR.allows(FLOOR.at - timedelta(seconds=59), uptime_s=1000.0)


def test_a_clock_that_was_set_back_cannot_be_right() -> None:
    assert not FLOOR.allows(FLOOR.at - timedelta(seconds=61), uptime_s=1000.0)


def test_the_floor_rises_with_uptime() -> None:
    an_hour_on = FLOOR.at + timedelta(hours=1)
    assert FLOOR.allows(an_hour_on, uptime_s=4600.0)
    assert not FLOOR.allows(FLOOR.at, uptime_s=4600.0)
