"""What time it is."""

import threading
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251  # this adapter is where time comes from


class SteppedClock:
    """A clock that a simulation moves from day to day, and lets go of when it has come to the present.

    It stands still between moves; once released it is the machine's clock and cannot be moved again.
    """

    def __init__(self, start: datetime) -> None:
        self._lock = threading.Lock()
        self._held_at: datetime | None = start

    def now(self) -> datetime:
        with self._lock:
            return self._held_at or SystemClock().now()

    def move(self, to: datetime) -> None:
        """Stand at `to`. Raises ValueError backwards, or after the release."""
        with self._lock:
            if self._held_at is None:
                raise ValueError("this clock was released: it follows the machine's time now")
            if to < self._held_at:
                raise ValueError(
                    f"time does not go back from {self._held_at.isoformat()} to {to.isoformat()}"
                )
            self._held_at = to

    def release(self) -> None:
        """Follow the machine's time from now on."""
        with self._lock:
            self._held_at = None
