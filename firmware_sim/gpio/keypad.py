"""A matrix keypad on simulated pins: a key that is down carries its row's level to its column."""

import asyncio
from collections.abc import Sequence
from typing import Final

from firmware_sim.gpio.pins import Pins

_KEYS: Final = ("123A", "456B", "789C", "*0#D")
_PRESS_S: Final = 0.08
_PAUSE_S: Final = 0.08


class SimulatedKeypad:
    """The keys of one keypad. Columns float while nothing is pressed: the device's own pull decides."""

    def __init__(self, pins: Pins, rows: Sequence[int], columns: Sequence[int]) -> None:
        self._pins = pins
        self._rows = tuple(rows)
        self._columns = tuple(columns)
        self._down: set[tuple[int, int]] = set()
        for row in self._rows:
            pins.watch(row, lambda *_: self._settle())

    def hold(self, key: str) -> None:
        """Press a key, and keep it down. Raises ValueError for one that this keypad does not have."""
        self._down.add(self._place(key))
        self._settle()

    def let_go(self, key: str) -> None:
        """Let a key come up."""
        self._down.discard(self._place(key))
        self._settle()

    async def type(self, keys: str) -> None:
        """Press one key after the other, as a person in a hurry does."""
        for key in keys:
            self.hold(key)
            await asyncio.sleep(_PRESS_S)
            self.let_go(key)
            await asyncio.sleep(_PAUSE_S)

    def _place(self, key: str) -> tuple[int, int]:
        for row, keys in zip(self._rows, _KEYS, strict=True):
            for column, name in zip(self._columns, keys, strict=False):
                if name == key:
                    return row, column
        raise ValueError(f"this keypad has no key {key!r}")

    def _settle(self) -> None:
        for column in self._columns:
            rows = [row for row, down in self._down if down == column]
            self._pins.drive(column, int(any(self._pins.level(row) for row in rows)) if rows else None)
