"""On each line the device's side and the building's side meet as on a wire."""

from collections.abc import Callable
from itertools import count

import pytest

from firmware_sim.gpio.pins import Change, GpioError, Mode, Pins, Pull, Pulses, Refusal


def pins() -> Pins:
    """Pins whose clock shows 1, 2, 3 ns and so on."""
    return Pins(count(1).__next__)


def test_an_input_reads_what_the_building_drives() -> None:
    line = pins()

    line.drive(4, 1)
    assert line.level(4) == 1
    line.drive(4, 0)
    assert line.level(4) == 0


@pytest.mark.parametrize(("pull", "level"), [(Pull.UP, 1), (Pull.DOWN, 0), (Pull.NONE, 0)])
def test_a_line_that_nobody_drives_follows_its_pull(pull: Pull, level: int) -> None:
    line = pins()
    line.set_pull(4, pull)
    line.drive(4, 1 - level)

    line.drive(4, None)

    assert line.level(4) == level


def test_an_output_wins_over_the_building_until_it_is_an_input_again() -> None:
    line = pins()
    line.drive(17, 1)

    line.write(17, 0)
    assert line.level(17) == 0
    line.set_mode(17, Mode.INPUT)
    assert line.level(17) == 1


def test_an_output_released_to_float_reads_0() -> None:
    line = pins()
    line.write(17, 1)

    line.set_mode(17, Mode.INPUT)

    assert line.level(17) == 0


def test_each_change_is_traced_counted_and_told_with_its_time() -> None:
    line = pins()
    told: list[tuple[int, int]] = []
    line.watch(17, lambda level, at_ns: told.append((level, at_ns)))

    for level in (1, 1, 0, 1):
        line.write(17, level)

    assert line.trace(17) == (Change(1, 1), Change(0, 2), Change(1, 3))
    assert told == [(1, 1), (0, 2), (1, 3)]
    assert line.changes(17) == 3
    assert line.changes(18) == 0


def test_a_watcher_that_stopped_is_told_nothing_more() -> None:
    line = pins()
    told: list[int] = []
    stop = line.watch(17, lambda level, _: told.append(level))
    line.write(17, 1)

    stop()
    line.write(17, 0)

    assert told == [1]


def test_a_long_trace_keeps_its_last_thousand_and_counts_them_all() -> None:
    line = pins()

    for turn in range(1_500):
        line.write(17, 1 - turn % 2)

    assert line.changes(17) == 1_500
    assert [line.trace(17)[0].at_ns, line.trace(17)[-1].at_ns] == [501, 1_500]


def test_an_output_under_pwm_is_high_while_it_pulses() -> None:
    line = pins()
    line.set_frequency(18, 440)
    line.set_duty_range(18, 10_000)

    line.set_duty(18, 2_500)
    assert (line.level(18), line.pulses(18)) == (1, Pulses(440, 0.25))
    line.set_duty(18, 0)
    assert (line.level(18), line.pulses(18)) == (0, Pulses(440, 0.0))
    line.write(18, 1)
    assert (line.level(18), line.pulses(18)) == (1, None)


def test_an_output_made_an_input_pulses_no_more() -> None:
    line = pins()
    line.set_duty(18, 100)

    line.set_mode(18, Mode.INPUT)

    assert (line.level(18), line.pulses(18)) == (0, None)


def test_another_range_keeps_the_share_of_a_running_pwm() -> None:
    line = pins()
    line.set_duty_range(18, 1_000)
    line.set_duty(18, 300)

    line.set_duty_range(18, 100)

    assert line.duty(18) == 30


def test_all_levels_are_read_as_bits() -> None:
    line = pins()
    line.drive(0, 1)
    line.write(27, 1)

    assert line.levels() == 1 | 1 << 27


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        (lambda line: line.drive(32, 1), Refusal.BAD_PIN),
        (lambda line: line.drive(4, 2), Refusal.BAD_LEVEL),
        (lambda line: line.level(-1), Refusal.BAD_PIN),
        (lambda line: line.set_mode(4, 8), Refusal.BAD_MODE),
        (lambda line: line.set_pull(4, 3), Refusal.BAD_PULL),
        (lambda line: line.write(4, 2), Refusal.BAD_LEVEL),
        (lambda line: line.set_duty(4, 256), Refusal.BAD_DUTY),
        (lambda line: line.set_duty_range(4, 24), Refusal.BAD_DUTY_RANGE),
        (lambda line: line.duty(4), Refusal.NO_PWM),
    ],
)
def test_what_no_pin_can_do_is_refused_with_pigpios_reason(
    request_: Callable[[Pins], None], refusal: Refusal
) -> None:
    with pytest.raises(GpioError) as refused:
        request_(pins())

    assert refused.value.refusal == refusal
