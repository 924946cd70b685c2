"""A locker compartment: latch, position contact and, where there is one, an item sensor."""

from dataclasses import dataclass, replace

from edge.core.effects import Effects, Energise, Release, Report, WakeAt
from edge.core.facts import Contact, Fact, ItemSensed, Tick, Unlock
from edge.core.passes import Passes, explain, granted
from protocol.events import CompartmentClosed, CompartmentOpened
from protocol.messages import CompartmentState
from protocol.site import Compartment


@dataclass(frozen=True, slots=True)
class CompartmentMachine:
    """How a compartment stands, in seconds of uptime.

    `is_open` and `item_present` are None until read; `locks_at_s` is set while the latch has current.
    """

    compartment: Compartment
    is_open: bool | None = None
    item_present: bool | None = None
    locks_at_s: float | None = None
    passes: Passes = ()

    def step(self, fact: Fact, now_s: float) -> tuple["CompartmentMachine", Effects]:
        """Take one fact in."""
        match fact:
            case Unlock():
                return _unlocked(self, fact, now_s)
            case Contact(is_open) if is_open != self.is_open:
                return _opened(self, now_s) if is_open else _closed(self)
            case ItemSensed(present):
                return replace(self, item_present=present), ()
            case Tick() if self.locks_at_s is not None and now_s >= self.locks_at_s:
                return _locked(self)
            case _:
                return self, ()

    def snapshot(self) -> CompartmentState:
        """Describe the compartment as the wire does."""
        position = "open" if self.is_open else "closed"
        return CompartmentState(position=position, item_present=self.item_present)


def _unlocked(
    machine: CompartmentMachine, unlock: Unlock, now_s: float
) -> tuple[CompartmentMachine, Effects]:
    compartment = machine.compartment
    locks_at_s = now_s + compartment.pulse_s
    after = replace(machine, locks_at_s=locks_at_s, passes=granted(machine.passes, unlock, locks_at_s))
    return after, (WakeAt(locks_at_s), Energise(compartment.id))


def _opened(machine: CompartmentMachine, now_s: float) -> tuple[CompartmentMachine, Effects]:
    opened = replace(machine, is_open=True)
    if machine.is_open is None:  # found open at start
        return opened, ()
    cause, grant, passes = explain(machine.passes, now_s)
    after, locked = _locked(replace(opened, passes=passes))
    known = "forced" if cause == "exit_request" else cause  # nobody requests to leave a locker
    event = CompartmentOpened(compartment=machine.compartment.id, cause=known, grant=grant)
    return after, (Report(event), *locked)


def _closed(machine: CompartmentMachine) -> tuple[CompartmentMachine, Effects]:
    after = replace(machine, is_open=False)
    if machine.is_open is None:
        return after, ()
    event = CompartmentClosed(compartment=machine.compartment.id, item_present=machine.item_present)
    return after, (Report(event),)


def _locked(machine: CompartmentMachine) -> tuple[CompartmentMachine, Effects]:
    if machine.locks_at_s is None:
        return machine, ()
    return replace(machine, locks_at_s=None), (Release(machine.compartment.id),)
