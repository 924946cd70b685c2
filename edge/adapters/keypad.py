"""A matrix keypad through gpiozero: a key joins its row's wire to its column's.

At rest every row is high and every column, pulled down, is low. A column that rises calls for a scan: one row
high after the other tells which key it is. Several keys at once are none; each row needs 1 kΩ in its wire,
or two keys of one column would join two outputs.
"""

import asyncio
from typing import Any, Final

from gpiozero import InputDevice, OutputDevice

from edge.ports import Post, Pressed
from protocol.site import Keypad

_KEYS: Final = ("123A", "456B", "789C", "*0#D")
_LOOK_EVERY_S: Final = 0.02
"""A key counts once two looks running found it: contacts bounce for some 5 ms, a finger stays for 80."""


class GpioKeypad:
    """See `edge.ports.KeypadDevice`."""

    def __init__(self, keypad: Keypad, factory: Any) -> None:
        self._id = keypad.id
        self._rows = [OutputDevice(pin, initial_value=True, pin_factory=factory) for pin in keypad.rows]
        self._columns = [InputDevice(pin, pull_up=False, pin_factory=factory) for pin in keypad.columns]

    async def run(self, post: Post) -> None:
        """Look fifty times a second, and post each key once."""
        held = seen = self.key()
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            before, seen = seen, self.key()
            if seen == before != held:
                held = seen
                if seen is not None:
                    post(Pressed(self._id, seen))

    def key(self) -> str | None:
        """Return the one key that is down; None where there is none, or more than one."""
        if not any(column.is_active for column in self._columns):
            return None
        found: list[str] = []
        for row in self._rows:
            row.off()
        for row, keys in zip(self._rows, _KEYS, strict=True):
            row.on()
            found += [key for column, key in zip(self._columns, keys, strict=False) if column.is_active]
            row.off()
        for row in self._rows:
            row.on()
        return found[0] if len(found) == 1 else None

    def close(self) -> None:
        """Let the pins go."""
        for device in (*self._rows, *self._columns):
            device.close()
