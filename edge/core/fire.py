"""The fire input: told, never acted upon. What it releases it releases in hardware."""

from dataclasses import dataclass, replace

from edge.core.effects import Effects, Report
from edge.core.facts import Fact, FireInput
from protocol.events import FireAlarm, FireAlarmEnded


@dataclass(frozen=True, slots=True)
class FireMachine:
    """Whether the panel is in alarm; None until it was read, which is told at once."""

    alarm: bool | None = None

    def step(self, fact: Fact, now_s: float) -> tuple["FireMachine", Effects]:  # noqa: ARG002 - when does not matter
        """Take one fact in."""
        match fact:
            case FireInput(alarm) if alarm != self.alarm:
                return replace(self, alarm=alarm), (Report(FireAlarm() if alarm else FireAlarmEnded()),)
            case _:
                return self, ()
