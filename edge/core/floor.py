"""Below which wall time a node's clock cannot be right: only signed gateway time and uptime raise it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

TOLERANCE: Final = timedelta(seconds=60)
"""How far a node's synchronised clock may lag behind its gateway's."""


@dataclass(frozen=True, slots=True)
class TimeFloor:
    """At uptime `since_s` the gateway's time was `at`, or later."""

    at: datetime
    since_s: float

    def allows(self, now: datetime, uptime_s: float) -> bool:
        """Whether a wall clock that shows `now` can be right."""
        return now + TOLERANCE >= self.at + timedelta(seconds=uptime_s - self.since_s)
