"""A motion sensor (PIR): occupied at the first movement, empty after `hold_s` without any."""

from dataclasses import dataclass, replace

from edge.core.effects import Effects, Report, WakeAt
from edge.core.facts import Fact, Motion, Tick
from protocol.events import PresenceChanged
from protocol.site import PresenceSensor


@dataclass(frozen=True, slots=True)
class PresenceMachine:
    """Whether a space is occupied. `empty_at_s` is set while nothing moves in an occupied space."""

    sensor: PresenceSensor
    occupied: bool = False
    empty_at_s: float | None = None

    def step(self, fact: Fact, now_s: float) -> tuple["PresenceMachine", Effects]:
        """Take one fact in at uptime `now_s`."""
        match fact:
            case Motion(detected=True):
                moving = replace(self, occupied=True, empty_at_s=None)
                return moving, () if self.occupied else (_report(moving),)
            case Motion() if self.occupied and self.empty_at_s is None:
                empty_at_s = now_s + self.sensor.hold_s
                return replace(self, empty_at_s=empty_at_s), (WakeAt(empty_at_s),)
            case Tick() if self.empty_at_s is not None and now_s >= self.empty_at_s:
                empty = replace(self, occupied=False, empty_at_s=None)
                return empty, (_report(empty),)
            case _:
                return self, ()


def _report(machine: PresenceMachine) -> Report:
    return Report(PresenceChanged(space=machine.sensor.space, occupied=machine.occupied))
