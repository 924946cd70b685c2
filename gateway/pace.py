"""How often what costs much may be done again, while other work waits."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Final, Generic, TypeVar

_REST: Final = 10
_CREDIT_S: Final = 2.0

K = TypeVar("K", bound=Hashable)


class Pace(Generic[K]):
    """Allows each thing a fifth of a second of work at once, and in the long run a tenth of all.

    `stopwatch` counts the seconds that the worker worked. What costs milliseconds is never kept waiting.
    """

    def __init__(self, stopwatch: Callable[[], float]) -> None:
        self._stopwatch = stopwatch
        self._rested_at: dict[K, float] = {}

    def allows(self, thing: K) -> bool:
        return self._rested_at.get(thing, 0.0) <= self._stopwatch() + _CREDIT_S

    @contextmanager
    def timing(self, thing: K) -> Iterator[None]:
        """Charge `thing` with the time that the block takes."""
        began_s = self._stopwatch()
        yield
        rested_at = max(self._rested_at.get(thing, 0.0), began_s)
        self._rested_at = {other: at for other, at in self._rested_at.items() if at > began_s}
        self._rested_at[thing] = rested_at + _REST * (self._stopwatch() - began_s)
