"""The pins of a Raspberry Pi's first bank, and the building wired to them.

Two sides meet on each line: the device (mode, pull, level, PWM) and the building (`drive`, `watch`, `trace`).
Levels are electrical: a contact that closes to ground under a pull-up reads 0.
"""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

PINS = 32
_TRACE_LENGTH = 1000
_MODES = range(8)
_DUTY_RANGES = range(25, 40_001)

Watcher = Callable[[int, int], None]


class Mode(IntEnum):
    """What a pin does for the device; numbers up to 7 are functions of the chip, which do nothing here."""

    INPUT = 0
    OUTPUT = 1


class Pull(IntEnum):
    """The resistor that a pin puts on its line."""

    NONE = 0
    DOWN = 1
    UP = 2


class Refusal(IntEnum):
    """Why a request cannot be met, by pigpio's error numbers."""

    BAD_PIN = -2
    BAD_MODE = -4
    BAD_LEVEL = -5
    BAD_PULL = -6
    BAD_DUTY = -8
    BAD_DUTY_RANGE = -21
    NO_HANDLE = -24
    BAD_HANDLE = -25
    UNKNOWN_COMMAND = -88
    NO_PWM = -92
    BAD_FILTER = -125


class GpioError(ValueError):
    """A request that pigpio refuses, and why."""

    def __init__(self, refusal: Refusal, why: str) -> None:
        super().__init__(why)
        self.refusal = refusal


class Change(NamedTuple):
    """A line went to `level` (0 or 1) at `at_ns` of the clock given to `Pins`."""

    level: int
    at_ns: int


class Pulses(NamedTuple):
    """Pulse-width modulation on an output; `duty` from 0 to 1."""

    frequency_hz: int
    duty: float


@dataclass(slots=True)
class _Line:
    mode: int = Mode.INPUT
    pull: int = Pull.NONE
    driven: int | None = None
    written: int = 0
    duty: int | None = None
    duty_range: int = 255
    frequency_hz: int = 800
    level: int = 0
    changes: int = 0
    trace: deque[Change] = field(default_factory=lambda: deque(maxlen=_TRACE_LENGTH))
    watchers: list[Watcher] = field(default_factory=list)

    def electrical_level(self) -> int:
        """Let an output win over the building, and the building over the pull; a floating line is 0."""
        if self.mode == Mode.OUTPUT:
            return self.written if self.duty is None else int(self.duty > 0)
        if self.driven is not None:
            return self.driven
        return int(self.pull == Pull.UP)


class Pins:
    """All lines of one device. Both sides call from the same thread; `clock_ns` says when a change was.

    Raises GpioError, a ValueError, for a pin or a value that does not exist.
    """

    def __init__(self, clock_ns: Callable[[], int]) -> None:
        self._clock_ns = clock_ns
        self._lines: defaultdict[int, _Line] = defaultdict(_Line)

    def drive(self, pin: int, level: int | None) -> None:
        """Hold an input at a level (contact, button, PIR, beam); None lets go, and its pull decides."""
        if level is not None and level not in {0, 1}:
            raise GpioError(Refusal.BAD_LEVEL, f"pin {pin} is driven to 0, 1 or None, not to {level}")
        self._line(pin).driven = level
        self._settle(pin)

    def level(self, pin: int) -> int:
        """Return 0 or 1; an output under PWM is 1 while it pulses at all."""
        return self._line(pin).level

    def pulses(self, pin: int) -> Pulses | None:
        """Return the PWM that a device makes on an output (a dimmed LED, a tone), or None."""
        line = self._line(pin)
        if line.duty is None or line.mode != Mode.OUTPUT:
            return None
        return Pulses(line.frequency_hz, line.duty / line.duty_range)

    def watch(self, pin: int, callback: Watcher) -> Callable[[], None]:
        """Call `callback(level, at_ns)` at each change of a line (strike, LED, buzzer); returns the stop."""
        watchers = self._line(pin).watchers
        watchers.append(callback)
        return lambda: watchers.remove(callback)

    def changes(self, pin: int) -> int:
        """Return how many times a line has changed its level."""
        return self._line(pin).changes

    def trace(self, pin: int) -> tuple[Change, ...]:
        """Return a line's changes in order, the last thousand of them."""
        return tuple(self._line(pin).trace)

    def levels(self) -> int:
        """Return all levels at once, pin 0 in the lowest bit."""
        return sum(line.level << pin for pin, line in self._lines.items())

    def set_mode(self, pin: int, mode: int) -> None:
        """Make a pin an input, an output, or give it to a function of the chip."""
        if mode not in _MODES:
            raise GpioError(Refusal.BAD_MODE, f"mode {mode} of pin {pin} is not from 0 to 7")
        self._line(pin).mode = mode
        self._settle(pin)

    def mode(self, pin: int) -> int:
        """Return a pin's mode."""
        return self._line(pin).mode

    def set_pull(self, pin: int, pull: int) -> None:
        """Choose a pin's resistor."""
        if pull not in set(Pull):
            raise GpioError(Refusal.BAD_PULL, f"pull {pull} of pin {pin} is not from 0 to 2")
        self._line(pin).pull = pull
        self._settle(pin)

    def write(self, pin: int, level: int) -> None:
        """Make a pin an output at a level; its PWM ends."""
        if level not in {0, 1}:
            raise GpioError(Refusal.BAD_LEVEL, f"pin {pin} is written 0 or 1, not {level}")
        line = self._line(pin)
        line.mode, line.written, line.duty = Mode.OUTPUT, level, None
        self._settle(pin)

    def set_duty(self, pin: int, duty: int) -> None:
        """Start PWM on an output: `duty` out of the pin's range."""
        line = self._line(pin)
        if duty not in range(line.duty_range + 1):
            raise GpioError(Refusal.BAD_DUTY, f"duty {duty} of pin {pin} is not from 0 to {line.duty_range}")
        line.mode, line.duty = Mode.OUTPUT, duty
        self._settle(pin)

    def duty(self, pin: int) -> int:
        """Return the duty out of the pin's range; refused where there is no PWM."""
        duty = self._line(pin).duty
        if duty is None:
            raise GpioError(Refusal.NO_PWM, f"pin {pin} has no PWM")
        return duty

    def set_duty_range(self, pin: int, duty_range: int) -> None:
        """Set the duty that means "always on", 25 to 40,000; a running PWM keeps its share of it."""
        if duty_range not in _DUTY_RANGES:
            raise GpioError(Refusal.BAD_DUTY_RANGE, f"PWM range {duty_range} of pin {pin} is not 25 to 40000")
        line = self._line(pin)
        if line.duty is not None:
            line.duty = line.duty * duty_range // line.duty_range
        line.duty_range = duty_range

    def duty_range(self, pin: int) -> int:
        """Return the duty that means "always on"."""
        return self._line(pin).duty_range

    def set_frequency(self, pin: int, frequency_hz: int) -> None:
        """Set a PWM's frequency; any is met exactly, where a real daemon takes the nearest of 18."""
        self._line(pin).frequency_hz = frequency_hz

    def frequency(self, pin: int) -> int:
        """Return the frequency of a pin's PWM."""
        return self._line(pin).frequency_hz

    def _line(self, pin: int) -> _Line:
        if pin not in range(PINS):
            raise GpioError(Refusal.BAD_PIN, f"there is no pin {pin}: they are numbered from 0 to {PINS - 1}")
        return self._lines[pin]

    def _settle(self, pin: int) -> None:
        """Follow a line to the level that its two sides now give it."""
        line = self._lines[pin]
        level = line.electrical_level()
        if level == line.level:
            return
        line.level = level
        line.changes += 1
        change = Change(level, self._clock_ns())
        line.trace.append(change)
        self._moved(pin)
        for callback in tuple(line.watchers):
            callback(*change)

    def _moved(self, pin: int) -> None:
        """Tell the device that a line changed; pins alone have nobody to tell."""
