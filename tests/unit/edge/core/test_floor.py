"""When a wall clock cannot be right."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge.core.floor import TOLERANCE, TimeFloor

THIS_BOOT, NEXT_BOOT = "a" * 16, "b" * 16
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
FLOOR = TimeFloor(NINE, THIS_BOOT, since_s=1000.0)


def test_a_clock_at_the_gateways_time_can_be_right() -> None:
    assert FLOOR.allows(NINE, THIS_BOOT, uptime_s=1000.0)


def test_a_clock_that_lags_a_little_can_be_right() -> None:
    assert FLOOR.allows(NINE - timedelta(seconds=59), THIS_BOOT, uptime_s=1000.0)


def test_a_clock_that_was_set_back_cannot_be_right() -> None:
    assert not FLOOR.allows(NINE - timedelta(seconds=61), THIS_BOOT, uptime_s=1000.0)


def test_the_floor_rises_with_uptime() -> None:
    an_hour_on = NINE + timedelta(hours=1)
    assert FLOOR.allows(an_hour_on, THIS_BOOT, uptime_s=4600.0)
    assert not FLOOR.allows(NINE, THIS_BOOT, uptime_s=4600.0)


def test_the_floor_rises_on_in_the_next_boot() -> None:
    assert not FLOOR.allows(NINE + timedelta(seconds=30), NEXT_BOOT, uptime_s=100.0)
    assert FLOOR.allows(NINE + timedelta(seconds=100), NEXT_BOOT, uptime_s=100.0)


def test_an_uptime_that_runs_fast_by_500_ppm_for_a_month_discredits_no_clock() -> None:
    a_month_s = 30 * 86_400
    honest = NINE + timedelta(seconds=a_month_s / 1.0005)
    assert FLOOR.allows(honest, THIS_BOOT, 1000.0 + a_month_s)


@given(st.lists(st.tuples(st.floats(0, 1e6), st.booleans()), max_size=10))
def test_a_floor_that_is_kept_and_taken_up_never_falls(moments: list[tuple[float, bool]]) -> None:
    kept, boots, up_s = replace(FLOOR, boot=f"{0:016x}"), 0, 1000.0
    for passed_s, reboots in moments:
        before = kept.time(f"{boots:016x}", up_s)
        boots, up_s = (boots + 1, passed_s) if reboots else (boots, up_s + passed_s)
        kept = kept.raised(f"{boots:016x}", up_s)
        assert kept.at >= before
        assert not kept.allows(before - TOLERANCE - timedelta(seconds=1), f"{boots:016x}", up_s)
