"""A timer relay between a pin and a lock, which bounds the current of the lock whatever software does."""

from collections.abc import Callable
from typing import NamedTuple

from firmware_sim.gpio.pins import Pins

_NS = 1_000_000_000


class Pulse(NamedTuple):
    """A lock had current from `began_ns` to `ended_ns` of the clock of its `Pins`."""

    began_ns: int
    ended_ns: int


class TimerRelay:
    """A monostable relay: closed from a rise of its pin until the pin falls, for `set_s` seconds at most.

    Only another rise starts it again. Its timer is hardware: where this machine is late to tell of its end,
    the end was in time nevertheless. `later(seconds, callback)` is how it learns that the time is over.
    """

    def __init__(
        self, pins: Pins, pin: int, set_s: float, later: Callable[[float, Callable[[], None]], object]
    ) -> None:
        self.pulses: list[Pulse] = []
        self._set_s = set_s
        self._later = later
        self._began_ns: int | None = None
        pins.watch(pin, self._moved)

    @property
    def closed(self) -> bool:
        """Whether the lock has current."""
        return self._began_ns is not None

    def _moved(self, level: int, at_ns: int) -> None:
        if not level:
            self._open(at_ns)
        elif self._began_ns is None:
            self._began_ns = at_ns
            self._later(self._set_s, lambda: self._time_is_over(at_ns))

    def _time_is_over(self, began_ns: int) -> None:
        if self._began_ns == began_ns:
            self._open(began_ns + round(self._set_s * _NS))

    def _open(self, at_ns: int) -> None:
        if self._began_ns is not None:
            due_ns = self._began_ns + round(self._set_s * _NS)
            self.pulses.append(Pulse(self._began_ns, min(at_ns, due_ns)))
            self._began_ns = None
