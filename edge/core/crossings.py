"""Two light beams in a passage, close enough for a person to break both: the order tells the direction."""

from dataclasses import dataclass, field, replace
from typing import Literal

from edge.core.effects import Effects, Report
from edge.core.facts import Beam, Fact
from protocol.events import Crossed
from protocol.site import Counter

Which = Literal["outer", "inner"]


@dataclass(frozen=True, slots=True)
class CounterMachine:
    """Which beams are broken, which broke first, and whether both were broken at once since.

    Whoever turns back ends where they began and is not counted. Two people so close that a beam stays
    broken between them count as one.
    """

    counter: Counter
    broken: frozenset[Which] = field(default=frozenset())
    first: Which | None = None
    both: bool = False

    def step(self, fact: Fact, now_s: float) -> tuple["CounterMachine", Effects]:  # noqa: ARG002 - only the order counts
        """Take one fact in."""
        match fact:
            case Beam(which, broken=True) if which not in self.broken:
                broken = self.broken | {which}
                return replace(
                    self, broken=broken, first=self.first or which, both=self.both or len(broken) > 1
                ), ()
            case Beam(which, broken=False) if which in self.broken:
                return self._restored(which)
            case _:
                return self, ()

    def _restored(self, which: Which) -> tuple["CounterMachine", Effects]:
        broken = self.broken - {which}
        if broken:
            return replace(self, broken=broken), ()
        through = self.both and which != self.first
        clear = CounterMachine(self.counter)
        if not through:
            return clear, ()
        event = Crossed(
            counter=self.counter.id,
            space=self.counter.space,
            direction="in" if self.first == "outer" else "out",
        )
        return clear, (Report(event),)
