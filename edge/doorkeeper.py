"""Decides on taps, keeps the machines of doors, lockers and sensors going, and works the locks."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from edge.commands import CommandDeclined
from edge.core.door_rules import DoorRules
from edge.core.effects import Effect, Energise, Release, Report, WakeAt
from edge.core.facts import Fact, Modes, Tick, Unlock
from edge.core.tap import Proof, Tap, Verdict, at_bank, at_door, let_in, turn_away
from edge.core.wiring import Equipment
from edge.lists import AccessKeeper
from edge.ports import Clock, Indicator, Lock
from edge.premises import Premises
from protocol.access import FREE_PASSAGE
from protocol.events import BadgePresented, CommandExecuted, DuressSignalled, Event, PassedBack, Record
from protocol.messages import Command, Identify, OpenCompartment, UnlockDoor
from protocol.modes import Mode

_log = logging.getLogger(__name__)

_SOON_S: Final = 0.001  # a timer that fires a hair too early is not set again for nothing


class Doorkeeper:
    """Front of house. `report` takes an event in and returns its seq; `changed` hears of every step."""

    def __init__(
        self,
        equipment: Equipment,
        clock: Clock,
        locks: Mapping[str, Lock],
        indicator: Indicator,
        keeper: AccessKeeper,
        *,
        report: Callable[[Event], int],
        changed: Callable[[], None],
    ) -> None:
        self.premises = Premises(equipment)
        self._equipment = equipment
        self._doors = frozenset(door.id for door in equipment.doors)
        self._readers = {reader.id: reader for reader in equipment.readers}
        self._clock = clock
        self._locks = locks
        self._indicator = indicator
        self._keeper = keeper
        self._report = report
        self._changed = changed
        self._secured = False
        self._rules = DoorRules.of(equipment)
        self._anti_passback = {door.id: door.anti_passback for door in equipment.doors}

    @property
    def remembers(self) -> bool:
        """Whether what happened before a restart bears on what its doors decide."""
        return self._rules.remember

    def recall(self, records: Iterable[Record]) -> None:
        """Take up what this node recorded before it started."""
        for record in records:
            self._rules, _ = self._rules.heard(record.event, record.seq, record.at)

    def tapped(self, reader: str, credential: str, proof: Proof) -> None:
        """Decide, and open what may be opened; nothing here waits for disk or network."""
        verdicts = self._decide(reader, credential, proof)
        for verdict in verdicts:
            seq = self._record(verdict.event)
            if verdict.lock is not None:
                self.step(verdict.lock, Unlock("grant", seq, verdict.at_least_s))
            _log_decision(verdict, seq)
        self._indicator.show("granted" if any(v.lock for v in verdicts) else "refused")

    def execute(self, command: Command) -> None:
        """Carry a command out. Raises CommandDeclined where it names what does not hang here."""
        match command.action:
            case UnlockDoor(door=door) if door in self.premises.doors():
                if self.premises.interlocked(door) and not self.premises.fire:
                    raise CommandDeclined("interlocked", command.id)
                point = door
                self.step(door, Unlock("command"))
            case OpenCompartment(compartment=compartment) if compartment in self.premises.compartments():
                point = compartment
                self.step(compartment, Unlock("command"))
            case Identify():
                point = self._equipment.node.id
                self._indicator.show("identify")
            case _:
                raise CommandDeclined("unknown_point", command.id)
        self._record(CommandExecuted(command=command.id, point=point))

    def step(self, of: str, fact: Fact) -> None:
        """Tell a machine a fact, and do what it asks for; a door first hears in which modes it is."""
        if of in self._doors:
            self.premises.step(of, Modes(self._modes_of(of)), self._clock.uptime_s())
        for effect in self.premises.step(of, fact, self._clock.uptime_s()):
            self._perform(of, effect)
        self._changed()

    def secure(self) -> None:
        """Lock everything, at once and for good."""
        self._secured = True
        for name, lock in self._locks.items():
            try:
                lock.release()
            except Exception:  # noqa: BLE001 - the other locks must not stay open for one
                _log.exception("event=lock_failed lock=%s", name)

    def _decide(self, reader_id: str, credential: str, proof: Proof) -> tuple[Verdict, ...]:
        reader = self._readers[reader_id]
        trusted = self._keeper.clock_trusted()
        tap = Tap(credential, reader.direction, self._clock.now(), clock_trusted=trusted, proof=proof)
        if reader.bank is not None:
            compartments = self._equipment.compartments_of(reader.bank)
            return at_bank(tap, self._keeper.held, reader.bank, compartments)
        return (self._at_door(tap, reader.door or ""),)  # a reader without bank has a door

    def _at_door(self, tap: Tap, door: str) -> Verdict:
        """Decide by the list, then by what this node has seen; nothing of that keeps anybody in."""
        verdict = at_door(tap, self._keeper.held, door)
        if self.premises.fire:
            return verdict if verdict.lock else let_in(verdict, "fire")
        if tap.direction == "out":
            return verdict
        if verdict.event.reason != "lockdown" and self._first_card_came(door):
            return let_in(verdict, verdict.event.why or FREE_PASSAGE)
        if verdict.lock is None or verdict.event.free_passage:
            return verdict
        if self._anti_passback[door] == "hard" and self._is_inside(tap, door):
            return turn_away(verdict, "passed_back")
        return turn_away(verdict, "interlocked") if self.premises.interlocked(door) else verdict

    def _is_inside(self, tap: Tap, door: str) -> bool:
        return self._rules.passback.is_inside(tap.credential, door, tap.at)

    def _first_card_came(self, door: str) -> bool:
        windows = self._keeper.windows_of(door)
        return self._rules.first_card.has_come(door, windows, self._clock.now())

    def _modes_of(self, door: str) -> frozenset[Mode]:
        free = self.premises.fire or self._first_card_came(door)
        return self._keeper.modes_of(door) | ({"free_passage"} if free else frozenset())

    def _record(self, event: Event) -> int:
        """Report an event, and what else is to be told because of it."""
        comes_twice = isinstance(event, BadgePresented) and self._comes_twice(event)
        seq = self._report(event)
        self._rules, told = self._rules.heard(event, seq, self._clock.now())
        for more in told:
            self._report(more)
        if comes_twice and isinstance(event, BadgePresented):
            self._report(PassedBack(door=event.point, grant=seq))
        if isinstance(event, BadgePresented) and self._keeper.asks_for_help(event.credential):
            self._report(DuressSignalled(point=event.point, badge=seq))
        return seq

    def _comes_twice(self, badge: BadgePresented) -> bool:
        soft = self._anti_passback.get(badge.point) == "soft" and badge.granted and badge.direction == "in"
        inside = self._rules.passback.is_inside(badge.credential, badge.point, self._clock.now())
        return soft and not badge.free_passage and inside

    def _perform(self, of: str, effect: Effect) -> None:
        match effect:
            case Energise(lock) if not self._secured:
                self._locks[lock].energise()
            case Energise():
                pass
            case Release(lock):
                self._locks[lock].release()
            case Report(event):
                self._record(event)
            case WakeAt(at_s):
                self._wake_at(of, at_s)

    def _wake_at(self, of: str, at_s: float) -> None:
        wait_s = max(_SOON_S, at_s - self._clock.uptime_s())
        asyncio.get_running_loop().call_later(wait_s, self._wake, of, at_s)

    def _wake(self, of: str, at_s: float) -> None:
        """Tick, never a hair too early: the loop has a clock of its own, and no strike may stay on for it."""
        if self._clock.uptime_s() < at_s:
            self._wake_at(of, at_s)
        else:
            self.step(of, Tick())


def _log_decision(verdict: Verdict, seq: int) -> None:
    event = verdict.event
    _log.info(
        "event=decision seq=%d point=%s direction=%s assurance=%s granted=%s reason=%s why=%s stale=%s"
        " revision=%d",
        seq, event.point, event.direction, event.assurance, event.granted, event.reason, event.why,
        event.stale, event.list_revision,
    )  # fmt: skip
