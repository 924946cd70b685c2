"""Modes of a door: dated state that stands beside who may pass, and outlives whatever carried it there."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from protocol.base import Instant, Message

Mode = Literal["lockdown", "free_passage", "first_card", "key_expected", "full"]
"""Nobody but staff comes in; anybody does; anybody does once the first card has come; who has a key may open
without a badge; there is no room left."""


class ModeWindow(Message):
    """A door is in `mode` in the half-open interval [start, end); null: until a later list says otherwise.

    A lockdown never has an end of its own: people lift it, no clock does.
    """

    mode: Mode
    start: Instant
    end: Instant | None = None

    def lasts_at(self, at: datetime) -> bool:
        """Whether the door is in this mode at `at`."""
        return self.start <= at and (self.end is None or at < self.end)


def modes_at(windows: Iterable[ModeWindow], at: datetime, *, stale: bool) -> frozenset[Mode]:
    """Return the modes a door is in. On a stale list, or by a clock that is not trusted, only a lockdown."""
    return frozenset(
        window.mode for window in windows if window.mode == "lockdown" or (not stale and window.lasts_at(at))
    )
