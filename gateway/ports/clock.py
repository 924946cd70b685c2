"""What time it is, and who may move it."""

from datetime import datetime
from typing import Protocol, runtime_checkable


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime: ...


@runtime_checkable
class MovableClock(Clock, Protocol):
    """A clock that a simulation moves, and lets go of when it has come to the present."""

    def move(self, to: datetime) -> None: ...
    def release(self) -> None: ...
