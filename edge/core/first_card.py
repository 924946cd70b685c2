"""First-card unlock: from the first that comes in on a day, a door lets anybody in until its hours end."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from protocol.access import FREE_PASSAGE
from protocol.events import BadgePresented, DoorOpened, Event
from protocol.modes import ModeWindow
from protocol.site import Door


@dataclass(frozen=True, slots=True)
class FirstCard:
    """When somebody last came in by a right of their own, at the doors that ask for it."""

    doors: frozenset[str]
    came_at: Mapping[str, datetime] = field(default_factory=dict)
    pending: Mapping[int, tuple[str, datetime]] = field(default_factory=dict)

    @classmethod
    def of(cls, doors: Iterable[Door]) -> "FirstCard":
        return cls(frozenset(door.id for door in doors if door.first_card))

    def heard(self, event: Event, seq: int, at: datetime) -> "FirstCard":
        """Take in what the node has recorded as `seq`."""
        match event:
            case BadgePresented(granted=True, direction="in") as badge if badge.point in self.doors:
                if badge.why == FREE_PASSAGE:
                    return self
                return replace(self, pending={seq: (badge.point, at)})
            case DoorOpened(cause="grant", grant=int(grant)) if grant in self.pending:
                door, came_at = self.pending[grant]
                return replace(self, came_at={**self.came_at, door: came_at}, pending={})
            case _:
                return self

    def has_come(self, door: str, windows: Iterable[ModeWindow], now: datetime) -> bool:
        """Whether the first card of the hours that `windows` tell of was there already."""
        came_at = self.came_at.get(door)
        return came_at is not None and any(
            window.mode == "first_card" and window.lasts_at(now) and window.lasts_at(came_at)
            for window in windows
        )
