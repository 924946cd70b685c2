"""The timer relay before a lock, with a clock in the hands of the test."""

from collections.abc import Callable
from dataclasses import dataclass, field

from firmware_sim.gpio.pins import Pins
from firmware_sim.gpio.relay import Pulse, TimerRelay

_S = 10**9


@dataclass
class Bench:
    """A pin, a relay set to 5 s behind it, and the time."""

    now_s: float = 100.0
    timers: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pins = Pins(lambda: round(self.now_s * _S))
        self.relay = TimerRelay(self.pins, 17, 5.0, self._later)

    def pin(self, level: int, at_s: float) -> None:
        self.until(at_s)
        self.pins.write(17, level)

    def until(self, at_s: float, late_s: float = 0.0) -> None:
        """Let time pass; timers are told of it `late_s` late."""
        for due_s, callback in sorted(self.timers, key=lambda timer: timer[0]):
            if due_s + late_s <= at_s:
                self.now_s = due_s + late_s
                self.timers.remove((due_s, callback))
                callback()
        self.now_s = at_s

    def pulses_s(self) -> list[tuple[float, float]]:
        return [(began / _S, ended / _S) for began, ended in self.relay.pulses]

    def _later(self, wait_s: float, callback: Callable[[], None]) -> None:
        self.timers.append((self.now_s + wait_s, callback))


def test_a_relay_falls_with_its_pin() -> None:
    bench = Bench()
    bench.pin(1, at_s=100)
    assert bench.relay.closed
    bench.pin(0, at_s=103)
    assert not bench.relay.closed
    assert bench.pulses_s() == [(100, 103)]


def test_a_relay_falls_by_itself_however_long_its_pin_is_up() -> None:
    bench = Bench()
    bench.pin(1, at_s=100)
    bench.until(200)
    assert not bench.relay.closed
    bench.pin(0, at_s=300)
    assert bench.pulses_s() == [(100, 105)]


def test_a_relay_starts_again_only_with_another_rise() -> None:
    bench = Bench()
    bench.pin(1, at_s=100)
    bench.pin(1, at_s=104)
    bench.pin(0, at_s=110)
    bench.pin(1, at_s=111)
    bench.until(120)
    assert bench.pulses_s() == [(100, 105), (111, 116)]


def test_the_timer_of_an_earlier_pulse_does_not_cut_a_later_one_short() -> None:
    bench = Bench()
    bench.pin(1, at_s=100)
    bench.pin(0, at_s=103)
    bench.pin(1, at_s=104)
    bench.until(106)
    assert bench.relay.closed


def test_a_relay_was_in_time_where_the_machine_that_simulates_it_is_not() -> None:
    bench = Bench()
    bench.pin(1, at_s=100)
    bench.until(110, late_s=3)
    assert bench.relay.pulses == [Pulse(100 * _S, 105 * _S)]
