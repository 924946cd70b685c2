"""What surrounds one Raspberry Pi: radio fields of its readers, its pins, the doors and lockers on them."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from edge.core.wiring import Equipment, equipment
from firmware_sim.gpio.keypad import SimulatedKeypad
from firmware_sim.gpio.pigpiod import Pigpiod
from firmware_sim.gpio.pins import Mode
from firmware_sim.gpio.relay import TimerRelay
from firmware_sim.rf.field import Field
from firmware_sim.rf.type_a import Card
from protocol.events import Direction
from protocol.site import Site

_HOLD_S: Final = 0.5
_READ_WITHIN_S: Final = 2.0
_ANSWER_WITHIN_S: Final = 1.5
_SILENCE_S: Final = 0.3
_BEAM_STEP_S: Final = 0.06
_PRESS_S: Final = 0.15

RELAY_MARGIN_S: Final = 0.3
"""How much longer than the node's own pulse each lock's timer relay is set to."""


class Surroundings:
    """The physical side of one node. Its methods belong to the event loop's thread."""

    def __init__(self, equipment: Equipment, fields: dict[str, Field], pins: Pigpiod) -> None:
        self.equipment = equipment
        self.fields = fields
        self.pins = pins
        self._locks = equipment.lock_pins()
        later = asyncio.get_running_loop().call_later
        self.pulses_s = {door.id: door.relock_after_s for door in equipment.doors}
        self.pulses_s |= {each.id: each.pulse_s for each in equipment.compartments}
        self.relays = {
            lock: TimerRelay(pins, self._locks[lock], pulse_s + RELAY_MARGIN_S, later)
            for lock, pulse_s in self.pulses_s.items()
        }
        self.keypads = {pad.id: SimulatedKeypad(pins, pad.rows, pad.columns) for pad in equipment.keypads}
        self._wires = {(wire.role, wire.of): wire.pin for wire in equipment.wires()}
        self._controls = {
            r.id: (r.door,) if r.door else _locks_of(equipment, r.bank) for r in equipment.readers
        }
        self._attention = asyncio.Lock()
        self._passages: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._at_rest()

    @classmethod
    @asynccontextmanager
    async def open(cls, site: Site, node: str) -> AsyncIterator["Surroundings"]:
        """Put fields and pins of `node` on free loopback ports until the block ends."""
        here = equipment(site, node)
        async with AsyncExitStack() as stack:
            fields = {r.id: await stack.enter_async_context(Field.open()) for r in here.readers}
            pins = await stack.enter_async_context(Pigpiod.open())
            yield cls(here, fields, pins)

    @property
    def reader_paths(self) -> dict[str, str]:
        """The nfcpy path of each reader."""
        return {reader: f"udp:127.0.0.1:{field.port}" for reader, field in self.fields.items()}

    @property
    def in_use(self) -> bool:
        """Whether a node has taken its outputs."""
        outputs = (*self._locks.values(), self.equipment.node.status_led, self.equipment.node.buzzer)
        return any(pin is not None and self.pins.mode(pin) == Mode.OUTPUT for pin in outputs)

    async def tap(self, reader: str, card: Card) -> bool:
        """Hold a card to a reader for half a second, or while it is being read; whether it was."""
        return await self.fields[reader].tap(card, for_s=_HOLD_S, and_on_s=_READ_WITHIN_S)

    async def present(self, reader: str, card: Card) -> tuple[str, ...] | None:
        """Hold a card to a reader until the node beeps: the doors or compartments that it released.

        Empty: it refused. None: nothing answered. One person at a time, for a node has one buzzer.
        """
        async with self._attention:
            beeped = asyncio.Event()
            stop = self.pins.watch(self._signal_pin(), lambda level, _: beeped.set() if level else None)
            try:
                read = await self.tap(reader, card)
                if not read or not await _within(_ANSWER_WITHIN_S, beeped):
                    return None
                released = self._released_by(reader)
                while not released and beeped.is_set():  # a refusal beeps on, and is no answer to the next
                    beeped.clear()
                    await _within(_SILENCE_S, beeped)
                    released = self._released_by(reader)  # a lock that had current was off for a moment
            finally:
                stop()
            return released

    def released(self, point: str) -> bool:
        """Whether a door's strike or a compartment's latch is energised now."""
        return self.relays[point].closed

    async def until_released(self, point: str, within_s: float) -> bool:
        """Wait for a lock to be energised; whether it was in time."""
        seen = asyncio.Event()
        stop = self.pins.watch(self._locks[point], lambda level, _: seen.set() if level else None)
        try:
            return self.released(point) or await _within(within_s, seen)
        finally:
            stop()

    def set_open(self, point: str) -> None:
        """Open a door or a compartment, whatever its lock says."""
        self.pins.drive(self._wires["contact", point], 1)

    def set_fire(self, *, alarm: bool) -> None:
        """Let the alarm panel raise an alarm, or end it."""
        self.pins.drive(self._wires["fire", self.equipment.node.id], int(alarm))

    def set_closed(self, point: str) -> None:
        """Close a door or a compartment."""
        self.pins.drive(self._wires["contact", point], 0)

    async def press_exit(self, door: str) -> None:
        """Press the request-to-exit button."""
        pin = self._wires["rex", door]
        self.pins.drive(pin, 0)
        await asyncio.sleep(_PRESS_S)
        self.pins.drive(pin, 1)

    def move(self, sensor: str, *, moving: bool) -> None:
        """Let a motion sensor see movement, or none."""
        self.pins.drive(self._wires["motion", sensor], int(moving))

    async def cross(self, counter: str, direction: Direction, step_s: float = _BEAM_STEP_S) -> None:
        """Walk through the two beams of a counter, one person after the other."""
        beams = [self._wires["outer", counter], self._wires["inner", counter]]
        first, second = beams if direction == "in" else reversed(beams)
        async with self._passages[counter]:
            for pin, level in ((first, 1), (second, 1), (first, 0), (second, 0)):
                self.pins.drive(pin, level)
                await asyncio.sleep(step_s)

    def put_item(self, compartment: str, *, present: bool) -> None:
        """Lay the item into its compartment, or take it out."""
        self.pins.drive(self._wires["item", compartment], 0 if present else 1)

    def _released_by(self, reader: str) -> tuple[str, ...]:
        return tuple(point for point in self._controls[reader] if self.released(point))

    def _signal_pin(self) -> int:
        """Return the pin by which the node shows that it noticed a card. Raises ValueError without any."""
        node = self.equipment.node
        pin = node.status_led if node.buzzer is None else node.buzzer
        if pin is None:
            raise ValueError(f"node {node.id!r} has neither lamp nor buzzer: nobody can tell a refusal")
        return pin

    def _at_rest(self) -> None:
        """Every door closed, nobody about, every item in its place."""
        rest = {"contact": 0, "rex": 1, "motion": 0, "outer": 0, "inner": 0, "item": 0, "fire": 0}
        for (role, _), pin in self._wires.items():
            self.pins.drive(pin, rest[role])


async def _within(seconds: float, event: asyncio.Event) -> bool:
    """Wait for an event; whether it came in time."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


def _locks_of(equipment: Equipment, bank: str | None) -> tuple[str, ...]:
    return equipment.compartments_of(bank) if bank else ()
