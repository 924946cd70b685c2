"""What to think of events that a gateway does not answer though it is there: one may be poison to it."""

from dataclasses import dataclass, replace
from typing import Final

TRIES: Final = 3
"""So often something is sent in vain before it is doubted."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """At most `at_once` events travel together, None: as many as ever. They were sent `in_vain` so often.

    Where `stands_in`, the one event that is left travels as RecordUnreadable. Nothing is set aside before the
    gateway has answered that: one that answers nothing would poison everything.
    """

    at_once: int | None = None
    in_vain: int = 0
    stands_in: bool = False

    def unanswered(self, travelling: int) -> "Suspicion":
        """Doubt half as many events, down to one; then that one; where that was no help, nothing at all."""
        if self.in_vain + 1 < TRIES:
            return replace(self, in_vain=self.in_vain + 1)
        if self.at_once == 1:
            return Suspicion(1, stands_in=not self.stands_in)
        return Suspicion(max(1, (self.at_once or travelling) // 2))

    def answered(self, most: int) -> "Suspicion":
        """Trust twice as many again, until it is `most`."""
        doubled = 2 * (self.at_once or most)
        return Suspicion(None if doubled > most else doubled)


NONE: Final = Suspicion()
