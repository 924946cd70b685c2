"""Stretches of time."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple


class Interval(NamedTuple):
    """Half-open: [start, end), UTC."""

    start: datetime
    end: datetime

    def within(self, other: "Interval") -> "Interval":
        """Return the common part; it is empty where there is none."""
        return Interval(max(self.start, other.start), min(self.end, other.end))

    def without(self, others: Iterable["Interval"]) -> Iterator["Interval"]:
        """Yield what is left of it when each of `others` is cut out, in order of time."""
        start = self.start
        for other in sorted(others):
            if other.start >= self.end:
                break
            if start < other.start and not other.empty:
                yield Interval(start, other.start)
            start = max(start, other.end) if not other.empty else start
        if start < self.end:
            yield Interval(start, self.end)

    @property
    def empty(self) -> bool:
        return self.start >= self.end
