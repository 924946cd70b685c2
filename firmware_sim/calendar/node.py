"""A node without its process: the machines, the decisions and the checks of a real one, in simulated time."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from edge.commands import CommandDeclined, CommandDesk
from edge.core.effects import Effect, Energise, Release, Report, WakeAt
from edge.core.facts import Contact, Fact, Tick, Unlock
from edge.core.tap import Proof, Tap, Verdict, at_bank, at_door
from edge.core.wiring import Equipment
from edge.identity import Identity
from edge.premises import Premises
from firmware_sim.calendar.timeline import Timeline
from protocol.access import AccessList, AccessPatch, PatchRefused
from protocol.codec import MessageRefused
from protocol.events import (
    AccessListRefused,
    ClockQuality,
    CommandExecuted,
    CommandRefused,
    Event,
    NodeStarted,
    Record,
)
from protocol.messages import Command, NodeStatus, OpenCompartment, UnlockDoor
from protocol.signing import SignatureRefused

SOFTWARE: Final = "calendar"

_A_LITTLE_LATER_S: Final = 0.001  # moments are whole microseconds: never wake a hair too early


class SimulatedClock:
    """A node's clocks, in step with the timeline since `booted_at`."""

    def __init__(self, timeline: Timeline, boot: str) -> None:
        self.boot = boot
        self._timeline = timeline
        self._booted_at = timeline.now

    def now(self) -> datetime:
        return self._timeline.now

    def uptime_s(self) -> float:
        return (self._timeline.now - self._booted_at).total_seconds()

    def quality(self) -> ClockQuality:
        return "synchronised"


class SimulatedNode:
    """One node. `recorded` is given each event as it is numbered; `access` is the list it decides by."""

    def __init__(
        self,
        equipment: Equipment,
        identity: Identity,
        timeline: Timeline,
        boot: str,
        recorded: Callable[[Record], None],
    ) -> None:
        self.equipment = equipment
        self.identity = identity
        self.clock = SimulatedClock(timeline, boot)
        self.access: AccessList | None = None
        self._timeline = timeline
        self._recorded = recorded
        self._seq = 0
        self._premises = Premises(equipment)
        self._readers = {reader.id: reader for reader in equipment.readers}
        self._released: set[str] = set()
        self._desk = CommandDesk(identity.trust, identity.start, self.clock)
        self._record(NodeStarted(software=SOFTWARE))
        for point in equipment.lock_pins():
            self.sense(point, Contact(is_open=False))

    @property
    def revision(self) -> int:
        """The revision of the list held, 0 for none."""
        return self.access.revision if self.access else 0

    def tap(self, reader: str, credential: str) -> tuple[str, ...]:
        """Hold a card to a reader. Returns the locks that this releases."""
        verdicts = self._decide(reader, credential)
        for verdict in verdicts:
            seq = self._record(verdict.event)
            if verdict.lock is not None:
                self.sense(verdict.lock, Unlock("grant", seq))
        return tuple(verdict.lock for verdict in verdicts if verdict.lock is not None)

    def sense(self, of: str, fact: Fact) -> None:
        """Let a door, compartment or sensor feel something."""
        for effect in self._premises.step(of, fact, self.clock.uptime_s()):
            self._perform(of, effect)

    def is_released(self, lock: str) -> bool:
        """Whether the lock has current, and what it holds can be opened."""
        return lock in self._released

    def knows(self, why: str) -> bool:
        """Whether the list held gives anyone the right of this name."""
        sets = self.access.sets.values() if self.access else ()
        return any(window.why == why for windows in sets for window in windows)

    def take_list(self, payload: bytes) -> bool:
        """Hold this list from now on. Returns False where it is none to take."""
        try:
            access = self.identity.trust.open(AccessList, payload, "access_list")
        except (MessageRefused, SignatureRefused) as refusal:
            return self._refuse_list(None, refusal)
        if access.revision <= self.revision:
            return False
        self.access = access
        return True

    def take_patch(self, payload: bytes) -> bool:
        """Change the list held. Returns False where this is no patch to take."""
        try:
            patch = self.identity.trust.open(AccessPatch, payload, "access_patch")
        except (MessageRefused, SignatureRefused) as refusal:
            return self._refuse_list(None, refusal)
        if self.access is None or patch.revision <= self.revision:
            return False
        try:
            self.access = self.access.apply(patch)
        except PatchRefused as refusal:
            return self._refuse_list(patch.revision, refusal)
        return True

    def obey(self, payload: bytes) -> str | None:
        """Carry a command out, or report why not. Returns the lock that it releases."""
        try:
            command = self._desk.accept(payload, retained=False)
        except CommandDeclined as refusal:
            self._record(CommandRefused(command=refusal.command, reason=refusal.reason))
            return None
        point = _point_of(command)
        if point not in self.equipment.lock_pins():
            self._record(CommandRefused(command=command.id, reason="unknown_point"))
            return None
        self.sense(point, Unlock("command"))
        self._record(CommandExecuted(command=command.id, point=point))
        return point

    def status(self, *, online: bool, pending: int) -> NodeStatus:
        """Say how the node stands."""
        return self.identity.status(self.clock, online=online, revision=self.revision, pending=pending)

    def _refuse_list(self, revision: int | None, refusal: Exception) -> bool:
        self._record(AccessListRefused(revision=revision, reason=str(refusal)))
        return False

    def _decide(self, reader_id: str, credential: str) -> tuple[Verdict, ...]:
        reader = self._readers[reader_id]
        proof = self._proof_of(credential)
        tap = Tap(credential, reader.direction, self.clock.now(), clock_trusted=True, proof=proof)
        if reader.door is not None:
            return (at_door(tap, self.access, reader.door),)
        bank = reader.bank or ""
        return at_bank(tap, self.access, bank, self.equipment.compartments_of(bank))

    def _proof_of(self, credential: str) -> Proof:
        """Say how a card is known: all are true ones here, and prove themselves where they are asked to."""
        rights = self.access.credentials.get(credential) if self.access and self.access.sealed_to else None
        return "aes" if rights is not None and rights.aes else "uid"

    def _perform(self, of: str, effect: Effect) -> None:
        match effect:
            case Energise(lock):
                self._released.add(lock)
            case Release(lock):
                self._released.discard(lock)
            case Report(event):
                self._record(event)
            case WakeAt(at_s):
                wait_s = at_s - self.clock.uptime_s() + _A_LITTLE_LATER_S
                self._timeline.after(wait_s, lambda: self.sense(of, Tick()))

    def _record(self, event: Event) -> int:
        self._seq += 1
        record = Record(
            seq=self._seq,
            at=self.clock.now(),
            boot=self.clock.boot,
            uptime_s=self.clock.uptime_s(),
            clock=self.clock.quality(),
            event=event,
        )
        self._recorded(record)
        return self._seq


def _point_of(command: Command) -> str:
    match command.action:
        case UnlockDoor(door=door):
            return door
        case OpenCompartment(compartment=compartment):
            return compartment
        case _:
            return ""
