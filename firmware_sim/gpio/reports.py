"""How a pigpio daemon tells its clients of changed levels: handles, chosen pins and glitch filters."""

import asyncio
from typing import Protocol

from firmware_sim.gpio.pins import PINS, GpioError, Pins, Refusal

_HANDLES = 32
_LONGEST_FILTER_US = 300_000


class Listener(Protocol):
    """A client that wants to be told."""

    def report(self, levels: int) -> None:
        """Send all levels as of now, pin 0 in the lowest bit."""
        ...


class Reports:
    """Who listens to which pins. A change is reported once it has lasted as long as its pin's filter asks."""

    def __init__(self, pins: Pins) -> None:
        self._pins = pins
        self._reported = 0
        self._steady_us: dict[int, int] = {}
        self._unsteady: dict[int, asyncio.TimerHandle] = {}
        self._listeners: dict[int, Listener] = {}
        self._monitored: dict[int, int] = {}

    def listen(self, listener: Listener) -> int:
        """Take a handle for a listener, which hears nothing until it monitors pins."""
        handle = next((free for free in range(_HANDLES) if free not in self._listeners), None)
        if handle is None:
            raise GpioError(Refusal.NO_HANDLE, f"all {_HANDLES} handles for reports are taken")
        self._listeners[handle] = listener
        return handle

    def monitor(self, handle: int, pins: int) -> None:
        """Choose the pins of a handle, by bits, and report at once.

        Without that report the first edge is lost: the client compares with the levels of when it connected.
        """
        listener = self._listener(handle)
        self._monitored[handle] = pins
        if pins:
            listener.report(self._reported)

    def close(self, handle: int) -> None:
        """Give a handle back."""
        self._listener(handle)
        del self._listeners[handle]
        self._monitored.pop(handle, None)

    def forget(self, listener: Listener) -> None:
        """Give back all handles of a listener that is gone."""
        for handle in [handle for handle, each in self._listeners.items() if each is listener]:
            self.close(handle)

    def set_filter(self, pin: int, steady_us: int) -> None:
        """Report a pin's changes only once they have lasted `steady_us` microseconds."""
        if pin not in range(PINS):
            raise GpioError(Refusal.BAD_PIN, f"there is no pin {pin} to filter")
        if steady_us not in range(_LONGEST_FILTER_US + 1):
            raise GpioError(Refusal.BAD_FILTER, f"a filter of {steady_us} µs is longer than 300 ms")
        self._steady_us[pin] = steady_us

    def moved(self, pin: int) -> None:
        """Take note that a pin's level has changed."""
        self._stop_waiting(pin)
        steady_us = self._steady_us.get(pin, 0)
        if steady_us == 0:
            self._report(pin)
        elif self._pins.level(pin) != self._reported >> pin & 1:
            loop = asyncio.get_running_loop()
            self._unsteady[pin] = loop.call_later(steady_us / 1_000_000, self._report, pin)

    def stop(self) -> None:
        """Report nothing more."""
        for pin in tuple(self._unsteady):
            self._stop_waiting(pin)

    def _report(self, pin: int) -> None:
        self._stop_waiting(pin)
        self._reported = self._reported & ~(1 << pin) | self._pins.level(pin) << pin
        for handle, pins in self._monitored.items():
            if pins >> pin & 1:
                self._listeners[handle].report(self._reported)

    def _stop_waiting(self, pin: int) -> None:
        timer = self._unsteady.pop(pin, None)
        if timer is not None:
            timer.cancel()

    def _listener(self, handle: int) -> Listener:
        listener = self._listeners.get(handle)
        if listener is None:
            raise GpioError(Refusal.BAD_HANDLE, f"nobody listens with handle {handle}")
        return listener
