"""A door: strike, position contact, request-to-exit button, forced and held-open alarms."""

from dataclasses import dataclass, replace
from typing import Literal

from edge.core.effects import Effects, Energise, Release, Report, WakeAt
from edge.core.facts import Contact, ExitPressed, Fact, Modes, Tick, Unlock
from edge.core.passes import Passes, explain, granted
from protocol.events import DoorClosed, DoorHeldOpen, DoorOpened, ExitRequested
from protocol.messages import DoorState
from protocol.modes import Mode
from protocol.site import Door


@dataclass(frozen=True, slots=True)
class DoorMachine:
    """How a door stands, in seconds of uptime, and in which modes.

    `is_open` is None until the contact was read; `locks_at_s` is set while the strike has current. A release
    that is longer than the door's own time is given in pulses of that time, for a timer relay cuts off any
    that is longer: the next begins at `pulses_at_s`.
    """

    door: Door
    is_open: bool | None = None
    opened_at_s: float = 0.0
    locks_at_s: float | None = None
    pulses_at_s: float = 0.0
    passes: Passes = ()
    forced: bool = False
    held: bool = False
    modes: frozenset[Mode] = frozenset()

    def step(self, fact: Fact, now_s: float) -> tuple["DoorMachine", Effects]:
        """Take one fact in."""
        match fact:
            case Unlock():
                return _unlocked(self, fact, now_s)
            case ExitPressed():
                after, effects = _unlocked(self, Unlock("exit_request"), now_s)
                return after, (Report(ExitRequested(door=self.door.id)), *effects)
            case Contact(is_open) if is_open != self.is_open:
                return _opened(self, now_s) if is_open else _closed(self, now_s)
            case Modes(modes):
                return replace(self, modes=modes), ()
            case Tick():
                return _ticked(self, now_s)
            case _:
                return self, ()

    def snapshot(self) -> DoorState:
        """Describe the door as the wire does."""
        return DoorState(
            position="open" if self.is_open else "closed",
            strike="locked" if self.locks_at_s is None else "released",
            alarm="forced" if self.forced else "held_open" if self.held else "none",
        )


def _unlocked(machine: DoorMachine, unlock: Unlock, now_s: float) -> tuple[DoorMachine, Effects]:
    own_s = machine.door.relock_after_s
    until_s = now_s + max(own_s, unlock.at_least_s)
    passes = granted(machine.passes, unlock, until_s)
    locks_at_s = max(until_s, machine.locks_at_s or 0.0)  # who walks slowly is not cut short by who does not
    return _pulse(replace(machine, locks_at_s=locks_at_s, passes=passes), now_s)


def _pulse(machine: DoorMachine, now_s: float) -> tuple[DoorMachine, Effects]:
    """Give the strike one pulse, of the door's own time at most, and wake when it ends."""
    ends_at_s = min(machine.locks_at_s or now_s, now_s + machine.door.relock_after_s)
    return replace(machine, pulses_at_s=ends_at_s), (WakeAt(ends_at_s), Energise(machine.door.id))


def _opened(machine: DoorMachine, now_s: float) -> tuple[DoorMachine, Effects]:
    door = machine.door
    opened = replace(machine, is_open=True, opened_at_s=now_s)
    held = WakeAt(now_s + door.held_after_s)
    if machine.is_open is None:  # found open at start: since when, and why, nobody saw
        return opened, (held,)
    explained, grant, passes = explain(machine.passes, now_s)
    cause = _unexplained(machine.modes) if explained == "forced" else explained
    after, locked = _locked(replace(opened, passes=passes, forced=cause == "forced"))
    return after, (Report(DoorOpened(door=door.id, cause=cause, grant=grant)), held, *locked)


def _unexplained(modes: frozenset[Mode]) -> Literal["free_passage", "key", "forced"]:
    """Say what an opening comes from that no release explains."""
    if "free_passage" in modes:
        return "free_passage"
    return "key" if "key_expected" in modes else "forced"


def _closed(machine: DoorMachine, now_s: float) -> tuple[DoorMachine, Effects]:
    after = replace(machine, is_open=False, forced=False, held=False)
    if machine.is_open is None:
        return after, ()
    open_s = round(now_s - machine.opened_at_s, 3)
    return after, (Report(DoorClosed(door=machine.door.id, open_s=open_s)),)


def _ticked(machine: DoorMachine, now_s: float) -> tuple[DoorMachine, Effects]:
    after, strike = _strike_ticked(machine, now_s)
    open_s = now_s - machine.opened_at_s if machine.is_open else 0.0
    if machine.held or open_s < machine.door.held_after_s:
        return after, strike
    if "free_passage" in machine.modes:  # it may stand open, and is looked at again in case that has ended
        return after, (WakeAt(now_s + machine.door.held_after_s), *strike)
    return replace(after, held=True), (Report(DoorHeldOpen(door=machine.door.id)), *strike)


def _strike_ticked(machine: DoorMachine, now_s: float) -> tuple[DoorMachine, Effects]:
    if machine.locks_at_s is None or now_s < machine.pulses_at_s:
        return machine, ()
    return _locked(machine) if now_s >= machine.locks_at_s else _pulse(machine, now_s)


def _locked(machine: DoorMachine) -> tuple[DoorMachine, Effects]:
    if machine.locks_at_s is None:
        return machine, ()
    return replace(machine, locks_at_s=None), (Release(machine.door.id),)
