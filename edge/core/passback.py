"""Anti-passback: who went in through a door and has not come out cannot go in again by the same badge.

Lenient wherever it is not sure: a badge counts as inside only once its door has opened, any exit badge takes
it out, and after `forget_after_h` nobody is inside any more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from protocol.events import BadgePresented, DoorOpened, Event, FireAlarm
from protocol.site import Door

Inside = tuple[str, str]
"""A space, and a credential that went into it."""


@dataclass(frozen=True, slots=True)
class Passback:
    """Since when each credential is inside, and the grants (by seq) whose door has not opened yet."""

    doors: Mapping[str, Door]
    inside: Mapping[Inside, datetime] = field(default_factory=dict)
    pending: Mapping[int, tuple[Inside, datetime]] = field(default_factory=dict)

    @classmethod
    def of(cls, doors: Iterable[Door]) -> "Passback":
        """Watch those of `doors` that ask for it."""
        return cls({door.id: door for door in doors if door.anti_passback != "off"})

    def heard(self, event: Event, seq: int, at: datetime) -> "Passback":
        """Take in what the node has recorded as `seq`."""
        match event:
            case BadgePresented(granted=True) as badge if badge.point in self.doors:
                who = (self.doors[badge.point].space, badge.credential)
                if badge.direction == "out":
                    return replace(self, inside={key: at for key, at in self.inside.items() if key != who})
                return replace(self, pending={**self._recent(at), seq: (who, at)})
            case DoorOpened(cause="grant", grant=int(grant)) if grant in self.pending:
                who, since = self.pending[grant]
                rest = {number: waiting for number, waiting in self.pending.items() if number != grant}
                return replace(self, inside={**self.inside, who: since}, pending=rest)
            case FireAlarm():
                return replace(self, inside={})  # people leave by every door there is
            case _:
                return self

    def is_inside(self, credential: str, door: str, now: datetime) -> bool:
        """Whether this badge went in behind `door` and did not come out since, as far as anybody knows."""
        watched = self.doors.get(door)
        if watched is None:
            return False
        since = self.inside.get((watched.space, credential))
        # A clock that was set back proves nothing.
        return since is not None and timedelta() <= now - since < timedelta(hours=watched.forget_after_h)

    def _recent(self, at: datetime) -> dict[int, tuple[Inside, datetime]]:
        """Leave out the grants whose door will not open for them any more."""
        longest_s = max(door.opens_within_s + door.relock_after_s for door in self.doors.values())
        soon = timedelta(seconds=longest_s)
        return {number: waiting for number, waiting in self.pending.items() if abs(at - waiting[1]) <= soon}
