"""Below which wall time a node's clock cannot be right: only signed gateway time and uptime raise it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from protocol.base import Instant, UptimeSeconds
from protocol.events import Boot

TOLERANCE: Final = timedelta(seconds=60)
"""How far a node's synchronised clock may lag behind its gateway's."""

DRIFT: Final = 0.001
"""By which part of the time gone by uptime may run ahead of the wall clock: 1,000 ppm."""


@dataclass(frozen=True, slots=True)
class TimeFloor:
    """At uptime `since_s` of `boot` the gateway's time was `at`, or later."""

    at: Instant
    boot: Boot
    since_s: UptimeSeconds

    def time(self, boot: str, uptime_s: float) -> datetime:
        """Say how late it must be by now. Another boot than the floor's came after it."""
        since_s = self.since_s if boot == self.boot else 0.0
        return self.at + timedelta(seconds=(uptime_s - since_s) * (1 - DRIFT))

    def raised(self, boot: str, uptime_s: float) -> "TimeFloor":
        """Return the same floor, told at this moment: what is kept so survives the end of the boot."""
        return TimeFloor(self.time(boot, uptime_s), boot, uptime_s)

    def allows(self, now: datetime, boot: str, uptime_s: float) -> bool:
        """Whether a wall clock that shows `now` can be right."""
        return now + TOLERANCE >= self.time(boot, uptime_s)
