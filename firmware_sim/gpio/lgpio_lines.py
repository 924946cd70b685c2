"""A stand-in for the `lgpio` module, by its names, whose chip is a simulated pigpiod.

Only what gpiozero's LGPIOFactory calls is here. PIGPIO_ADDR and PIGPIO_PORT say where the daemon listens.
"""

import os
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import count
from typing import Protocol, cast

import pigpio

SET_PULL_UP, SET_PULL_DOWN, SET_PULL_NONE = 32, 64, 128
RISING_EDGE, FALLING_EDGE, BOTH_EDGES = 1, 2, 3
error = pigpio.error

_IS_OUTPUT = 2
_PULLS = {SET_PULL_UP: pigpio.PUD_UP, SET_PULL_DOWN: pigpio.PUD_DOWN, SET_PULL_NONE: pigpio.PUD_OFF}
_EDGES = {
    RISING_EDGE: pigpio.RISING_EDGE,
    FALLING_EDGE: pigpio.FALLING_EDGE,
    BOTH_EDGES: pigpio.EITHER_EDGE,
}
_FULL_DUTY_PERCENT = 100
_DUTY_STEPS_PER_PERCENT = 100

Handler = Callable[[int, int, int, int], None]


class Subscription(Protocol):
    """What `callback` gives back."""

    def cancel(self) -> None:
        """Be told of no more edges."""
        ...


class _Chip:
    """An open chip: its connection, and what no daemon tells, each line's pull and whether edges are told."""

    def __init__(self) -> None:
        host, port = os.environ.get("PIGPIO_ADDR", "127.0.0.1"), os.environ.get("PIGPIO_PORT", "8888")
        self.pi = pigpio.pi(host, int(port), show_errors=False)
        if not self.pi.connected:
            raise OSError(
                f"no simulated pins at {host}:{port}: is the simulator running, and are PIGPIO_ADDR and "
                "PIGPIO_PORT those of this device?"
            )
        self.pulls: defaultdict[int, int] = defaultdict(lambda: SET_PULL_NONE)
        self.alerting: set[int] = set()


_chips: dict[int, _Chip] = {}
_handles = count()


def gpiochip_open(_chip: int) -> int:
    """Connect to the device's pins. Raises OSError where nobody listens."""
    handle = next(_handles)
    _chips[handle] = _Chip()
    return handle


def gpiochip_close(handle: int) -> None:
    """Disconnect."""
    _chips.pop(handle).pi.stop()


def gpio_claim_input(handle: int, gpio: int, flags: int = 0) -> None:
    """Make a line an input whose edges are not told; without a pull among the flags its pull stays."""
    chip = _chips[handle]
    chip.alerting.discard(gpio)
    chip.pi.set_mode(gpio, pigpio.INPUT)
    for flag, pull in _PULLS.items():
        if flags & flag:
            chip.pi.set_pull_up_down(gpio, pull)
            chip.pulls[gpio] = flag


def gpio_claim_output(handle: int, gpio: int, level: int = 0) -> None:
    """Make a line an output at a level."""
    _chips[handle].alerting.discard(gpio)
    _chips[handle].pi.write(gpio, level)


def gpio_claim_alert(handle: int, gpio: int, _edges: int, flags: int = 0) -> None:
    """Make a line an input whose edges are told; `callback` picks the edges."""
    gpio_claim_input(handle, gpio, flags)
    _chips[handle].alerting.add(gpio)


def gpio_free(handle: int, gpio: int) -> None:
    """Give a line back: it floats."""
    gpio_claim_input(handle, gpio, SET_PULL_NONE)


def gpio_get_mode(handle: int, gpio: int) -> int:
    """Return a line's flags: output, and its pull."""
    chip = _chips[handle]
    return chip.pulls[gpio] | (_IS_OUTPUT if chip.pi.get_mode(gpio) == pigpio.OUTPUT else 0)


def gpio_read(handle: int, gpio: int) -> int:
    """Return a line's level."""
    return int(_chips[handle].pi.read(gpio))


def gpio_write(handle: int, gpio: int, level: int) -> None:
    """Set an output's level."""
    _chips[handle].pi.write(gpio, level)


def gpio_set_debounce_micros(handle: int, gpio: int, micros: int) -> None:
    """Tell a line's edges only once the level has lasted so long."""
    _chips[handle].pi.set_glitch_filter(gpio, micros)


def tx_pwm(handle: int, gpio: int, frequency_hz: float, duty_percent: float) -> None:
    """Pulse an output; a frequency of 0 ends it, low."""
    pi = _chips[handle].pi
    if frequency_hz == 0:
        pi.write(gpio, 0)
        return
    pi.set_PWM_frequency(gpio, int(frequency_hz))
    pi.set_PWM_range(gpio, _FULL_DUTY_PERCENT * _DUTY_STEPS_PER_PERCENT)
    pi.set_PWM_dutycycle(gpio, round(duty_percent * _DUTY_STEPS_PER_PERCENT))


def callback(handle: int, gpio: int, edges: int, handler: Handler) -> Subscription:
    """Call `handler(handle, gpio, level, ns)` at an alerting line's edges until the result's `cancel`."""
    chip = _chips[handle]

    def told(_gpio: int, level: int, _tick_us: int) -> None:
        if gpio in chip.alerting:
            handler(handle, gpio, level, time.monotonic_ns())

    return cast("Subscription", chip.pi.callback(gpio, _EDGES[edges], told))
