"""What doors ask beyond the access list, from what their node has seen: who may leave is none of it."""

from dataclasses import dataclass, replace
from datetime import datetime

from edge.core.first_card import FirstCard
from edge.core.passback import Passback
from edge.core.tailgating import Tailgating
from edge.core.wiring import Equipment
from protocol.events import Event


@dataclass(frozen=True, slots=True)
class DoorRules:
    """Who is inside, who came first, and how many came through each opening."""

    passback: Passback
    tailgating: Tailgating
    first_card: FirstCard

    @classmethod
    def of(cls, equipment: Equipment) -> "DoorRules":
        """Know nothing yet of the doors and counters of a node."""
        return cls(
            Passback.of(equipment.doors),
            Tailgating.of(equipment.counters),
            FirstCard.of(equipment.doors),
        )

    @property
    def remember(self) -> bool:
        """Whether it matters what happened before a restart."""
        return bool(self.passback.doors or self.first_card.doors)

    def heard(self, event: Event, seq: int, at: datetime) -> tuple["DoorRules", tuple[Event, ...]]:
        """Take in what the node has recorded as `seq`, and say what is to be told besides."""
        tailgating, told = self.tailgating.heard(event)
        after = replace(
            self,
            passback=self.passback.heard(event, seq, at),
            first_card=self.first_card.heard(event, seq, at),
            tailgating=tailgating,
        )
        return after, told
