"""What a node relies on in its clock, asked of the one set by hand and of the kernel's."""

from datetime import UTC, timedelta

import pytest

from edge.adapters.clock import AssumedClock, KernelClock
from edge.ports import Clock
from tests.unit.edge.fakes import HandClock


@pytest.fixture(params=[HandClock, KernelClock, AssumedClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


def test_wall_time_is_in_utc(clock: Clock) -> None:
    assert clock.now().tzinfo is UTC
    assert clock.now().utcoffset() == timedelta(0)


def test_uptime_counts_on_and_never_back(clock: Clock) -> None:
    readings = [clock.uptime_s() for _ in range(100)]
    assert readings == sorted(readings)
    assert readings[0] > 0


def test_a_boot_has_a_name_that_stays(clock: Clock) -> None:
    assert len(bytes.fromhex(clock.boot)) == 8
    assert type(clock)().boot == clock.boot


def test_the_quality_is_one_of_two_words(clock: Clock) -> None:
    assert clock.quality() in {"synchronised", "unsynchronised"}


def test_the_operators_word_counts_where_it_is_given() -> None:
    assert AssumedClock().quality() == "synchronised"
