"""The loop of a node: one fact after the other, from the ports through the cores to their effects."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from edge.bulletin import Bulletin
from edge.card_keys import CardKeys
from edge.commands import CommandDesk
from edge.core.delivery import Linked
from edge.core.facts import ExitPressed
from edge.core.wiring import Equipment, Wire
from edge.courier import Courier
from edge.doorkeeper import Doorkeeper
from edge.downlink import Downlink
from edge.identity import Identity
from edge.journal import Journal
from edge.keypads import KeypadDesk, Keypads
from edge.lists import AccessKeeper, ListRefused
from edge.ports import (
    BadgeReader,
    Certificate,
    Clock,
    EpochOver,
    Indicator,
    Inputs,
    KeypadDevice,
    LinkDown,
    LinkUp,
    ListStore,
    Lock,
    PortFact,
    Pressed,
    ReaderFails,
    ReaderWorks,
    Received,
    RollCall,
    Sensed,
    ServiceManager,
    Spool,
    SpoolFailed,
    Tapped,
    Uplink,
)  # fmt: skip
from edge.renewal import Renewal
from protocol.events import AccessListRefused, NodeStarted, ReaderLost, ReaderRestored, Record
from protocol.messages import NodeStatus, StateSnapshot

_log = logging.getLogger(__name__)

_QUEUED_FACTS: Final = 10_000
_READ_INPUTS_EVERY_S: Final = 1.0
_TIDY_EVERY_S: Final = 30.0
_LOOK_AT_SPOOL_EVERY_S: Final = 1.0
_RESTART_AFTER_S: Final = 1.0
_FLUSH_S: Final = 2.0
_RECALLED: Final = 5000
"""So many of the latest events are read again at a start, where doors ask who is inside."""
_CHUNK_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Ports:
    """What a node is built on; `locks` by the id of their door or compartment.

    What the gateway has acknowledged stays in the spool for `keep_acknowledged`, as space allows.
    """

    clock: Clock
    locks: Mapping[str, Lock]
    inputs: Inputs
    indicator: Indicator
    readers: Sequence[BadgeReader]
    spool: Spool
    lists: ListStore
    card_keys: CardKeys
    uplink: Uplink
    manager: ServiceManager
    keep_acknowledged: timedelta
    certificate: Certificate | None = None
    keypads: Keypads | None = None


class Node:
    """One node at work, made in a running event loop."""

    def __init__(self, equipment: Equipment, identity: Identity, ports: Ports) -> None:
        self._identity = identity
        self._ports = ports
        self._loop = asyncio.get_running_loop()
        self._facts: asyncio.Queue[PortFact | None] = asyncio.Queue()
        self._reader_ids = tuple(reader.id for reader in equipment.readers)
        self._working: dict[str, bool] = {}
        self._levels: dict[Wire, bool] = {}
        self._answered = True
        clock, topics = ports.clock, identity.topics
        self._keeper = AccessKeeper(identity.trust, ports.lists, ports.card_keys, clock)
        self._courier = Courier(identity, ports.spool, ports.uplink, clock)
        self._journal = Journal(ports.spool, clock, self._courier.look)
        self._bulletin = Bulletin(ports.uplink, topics, self._status, self._snapshot)
        self._doorkeeper = Doorkeeper(
            equipment,
            clock,
            ports.locks,
            ports.indicator,
            self._keeper,
            report=self._journal.record,
            changed=self._bulletin.changed,
        )
        self._keypads = (
            KeypadDesk(
                equipment,
                ports.keypads,
                clock,
                self._keeper,
                ports.indicator,
                report=self._journal.record,
                unlock=self._doorkeeper.step,
            )
            if ports.keypads
            else None
        )
        self._renewal = (
            Renewal(identity.trust, ports.certificate, ports.uplink, clock) if ports.certificate else None
        )
        self._downlink = Downlink(
            topics,
            identity.start,
            self._courier,
            self._keeper,
            CommandDesk(identity.trust, identity.start, clock),
            report=self._journal.record,
            list_changed=self._bulletin.publish_status,
            execute=self._doorkeeper.execute,
            renewed=self._renewal.take if self._renewal else None,
        )

    def post(self, fact: PortFact) -> None:
        """Take a fact into the queue: from any thread, and never raising, as drivers' threads need it."""
        try:
            self._loop.call_soon_threadsafe(self._enqueue, fact)
        except RuntimeError:  # the loop has ended, and with it all interest
            _log.debug("event=fact_after_end fact=%r", type(fact).__name__)

    def stop(self) -> None:
        """Lock everything at once, and let `run` come to its end."""
        self._doorkeeper.secure()
        self._facts.put_nowait(None)

    async def run(self) -> None:
        """Work until stopped."""
        await self._recall()
        self._begin()
        duties: list[Callable[[], Awaitable[None]]] = [
            self._journal.run, self._courier.run, self._beat, self._keep_tidy, self._watch_spool,
            self._reread, self._be_watched,
            *([self._renewal.run] if self._renewal else []),
            *(lambda device=device: device.run(self.post) for device in self._devices()),
        ]  # fmt: skip
        tasks = [self._loop.create_task(_for_ever(duty)) for duty in duties]
        try:
            while (fact := await self._facts.get()) is not None:
                self._handle_safely(fact)
            await self._finish()
        finally:
            self._doorkeeper.secure()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _recall(self) -> None:
        """Let the doors know who was inside before this start. Without a spool that tells it, nobody was."""
        if not self._doorkeeper.remembers:
            return
        spool, held = self._ports.spool, self._ports.spool.writing
        first = max(held.held_from, held.last - _RECALLED)
        try:
            while first <= held.last and (
                some := await spool.read(held.epoch, first, held.last, _CHUNK_BYTES)
            ):
                self._doorkeeper.recall(Record.model_validate_json(stored.body) for stored in some)
                first = some[-1].seq + 1
        except (SpoolFailed, EpochOver, ValueError) as error:
            _log.error("event=recall_failed error=%r", str(error))

    def _devices(self) -> Sequence[BadgeReader | KeypadDevice]:
        keypads = self._ports.keypads
        return (*self._ports.readers, *(keypads.devices.values() if keypads else ()))

    def _begin(self) -> None:
        self._journal.record(NodeStarted(software=self._identity.software))
        try:
            self._keeper.load()
        except ListRefused as refusal:
            self._journal.record(AccessListRefused(revision=refusal.revision, reason=refusal.reason))
        self._ports.inputs.watch(self.post)
        for wire, active in self._ports.inputs.read().items():
            self._handle_safely(Sensed(wire, active))
        self._ports.uplink.start(self.post)

    async def _finish(self) -> None:
        """Write down what happened last, and say goodbye."""
        try:
            await asyncio.wait_for(self._journal.flushed(), _FLUSH_S)
        except TimeoutError:
            _log.error("event=unrecorded_at_exit")
        await self._keeper.saved()
        await self._tidy()
        self._bulletin.farewell(self._identity.status(self._ports.clock, online=False))

    def _enqueue(self, fact: PortFact) -> None:
        if self._facts.qsize() < _QUEUED_FACTS:
            self._facts.put_nowait(fact)
        else:
            _log.error("event=fact_dropped fact=%s", type(fact).__name__)

    def _handle_safely(self, fact: PortFact) -> None:
        try:
            self._handle(fact)
        except Exception:  # noqa: BLE001 - one bad fact must not take the doors with it
            _log.exception("event=fact_failed fact=%s", type(fact).__name__)

    def _handle(self, fact: PortFact) -> None:
        match fact:
            case Tapped(reader, credential, proof):
                self._doorkeeper.tapped(reader, credential, proof)
            case Pressed(keypad, key) if self._keypads:
                self._keypads.pressed(keypad, key)
            case Sensed(wire, active):
                self._sensed(wire, active=active)
            case ReaderWorks(reader):
                self._reader_works(reader)
            case ReaderFails(reader, error):
                self._reader_fails(reader, error)
            case LinkUp() | LinkDown():
                self._courier.tell(Linked(isinstance(fact, LinkUp)))
                self._bulletin.link(up=isinstance(fact, LinkUp))
            case Received():
                self._downlink.received(fact)
            case RollCall():
                self._answered = True

    def _sensed(self, wire: Wire, *, active: bool) -> None:
        seen_before = wire in self._levels
        self._levels[wire] = active
        fact = wire.fact(active)
        if isinstance(fact, ExitPressed) and not seen_before:
            return  # a button found pressed at start was not pressed now: a restart opens no door
        if fact is not None:
            self._doorkeeper.step(wire.of, fact)

    def _reader_works(self, reader: str) -> None:
        if self._working.get(reader) is False:
            self._journal.record(ReaderRestored(reader=reader))
        self._working[reader] = True
        self._bulletin.changed()

    def _reader_fails(self, reader: str, error: str) -> None:
        if self._working.get(reader) is not False:
            self._journal.record(ReaderLost(reader=reader, error=error))
        self._working[reader] = False
        self._bulletin.changed()

    async def _beat(self) -> None:
        """Show that the node lives, so often that one word may be lost before it is taken for dead."""
        while True:
            await asyncio.sleep(self._identity.keep_alive_s / 2)
            self._bulletin.publish_status()

    async def _keep_tidy(self) -> None:
        """Tidy the spool and note how late it is: seldom, for the card's sake."""
        while True:
            await asyncio.sleep(_TIDY_EVERY_S)
            await self._tidy()

    async def _be_watched(self) -> None:
        await self._ports.manager.attend(self._lives)

    def _lives(self) -> bool:
        """Whether facts were handled, and events on their way to the disk, since this was last asked."""
        answered, self._answered = self._answered, False
        self.post(RollCall())
        return answered and self._journal.moves()

    async def _tidy(self) -> None:
        await self._keeper.keep_floor()
        try:
            await self._courier.tidy(self._ports.clock.now() - self._ports.keep_acknowledged)
        except SpoolFailed:
            _log.exception("event=spool_failed")

    async def _watch_spool(self) -> None:
        """Show soon that the spool fails, or works again."""
        shown = False
        while True:
            await asyncio.sleep(_LOOK_AT_SPOOL_EVERY_S)
            if self._ports.spool.failing != shown:
                shown = not shown
                self._bulletin.publish_status()

    async def _reread(self) -> None:
        """Look at every input once a second: a level that differs twice running is a missed edge."""
        suspects: set[Wire] = set()
        while True:
            await asyncio.sleep(_READ_INPUTS_EVERY_S)
            levels = self._ports.inputs.read()
            differing = {wire for wire, active in levels.items() if self._levels.get(wire) != active}
            for wire in differing & suspects:
                _log.warning("event=edge_missed role=%s of=%s", wire.role, wire.of)
                self.post(Sensed(wire, levels[wire]))
            suspects = differing - suspects

    def _status(self) -> NodeStatus:
        return self._identity.status(
            self._ports.clock,
            online=True,
            revision=self._keeper.revision,
            pending=self._courier.pending,
            spool="failing" if self._ports.spool.failing else "working",
            dropped=self._journal.dropped + self._ports.spool.dropped,
        )

    def _snapshot(self) -> StateSnapshot:
        premises = self._doorkeeper.premises
        return StateSnapshot(
            site=self._identity.trust.site,
            node=self._identity.trust.node,
            at=self._ports.clock.now(),
            doors=premises.doors(),
            compartments=premises.compartments(),
            presence=premises.presence(),
            readers={
                reader: "working" if self._working.get(reader) else "lost" for reader in self._reader_ids
            },
        )


async def _for_ever(duty: Callable[[], Awaitable[None]]) -> None:
    """Start a duty anew whenever it fails; how it failed is logged."""
    while True:
        try:
            await duty()
        except Exception:  # noqa: BLE001 - whatever it was, the duty must go on
            _log.exception("event=duty_failed duty=%s", getattr(duty, "__qualname__", duty))
        await asyncio.sleep(_RESTART_AFTER_S)
