"""Simulated time: what is to happen, in order, as fast as it goes."""

import heapq
from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from itertools import count

Life = Generator[float, None, None]
"""Something that goes on by itself: it yields how many seconds it waits until its next step."""


class Timeline:
    """Stands at `now`, and moves only in `run`."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._numbers = count()
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []

    def at(self, moment: datetime, act: Callable[[], None]) -> None:
        """Let `act` happen at `moment`, or now if that has passed. What is due together keeps its order."""
        heapq.heappush(self._agenda, (max(moment, self.now), next(self._numbers), act))

    def after(self, wait_s: float, act: Callable[[], None]) -> None:
        """Let `act` happen in `wait_s` seconds."""
        self.at(self.now + timedelta(seconds=wait_s), act)

    def live(self, life: Life, begins_at: datetime) -> None:
        """Let `life` go on from `begins_at`, until it ends by itself."""

        def go_on() -> None:
            wait_s = next(life, None)
            if wait_s is not None:
                self.after(wait_s, go_on)

        self.at(begins_at, go_on)

    def run(self, until: datetime) -> None:
        """Let happen all that is due before `until`, and stand there."""
        while self._agenda and self._agenda[0][0] < until:
            self.now, _, act = heapq.heappop(self._agenda)
            act()
        self.now = max(self.now, until)
