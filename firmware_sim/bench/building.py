"""Doors to walk through and cabinets to open: what people do with the hardware, whoever they are."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Final, Literal

from firmware_sim.bench.surroundings import Surroundings
from firmware_sim.rf.type_a import Card
from protocol.events import Direction
from protocol.site import Bank, Counter, Door, Site

Answer = Literal["unread", "refused", "granted"]
"""What a person at a reader sees: no light at all, the red one, or the lock that opens."""

_TO_THE_HANDLE_S: Final = 0.12
_SWING_S: Final = 0.15
_UNTIL_IT_RELEASES_S: Final = 1.5


class Doorway:
    """One door. People queue at it: who holds `queue` stands before it, alone."""

    def __init__(self, site: Site, door: Door, around: Surroundings) -> None:
        self.site = site
        self.door = door
        self.queue = asyncio.Lock()
        self._around = around
        self._readers = {reader.direction: reader.id for reader in site.readers if reader.door == door.id}
        self._counter = next((c for c in site.counters if _is_at(c, door)), None)

    @property
    def node(self) -> str:
        """The node that the door hangs on."""
        return self.door.node

    def reader(self, direction: Direction) -> str:
        """Return the reader's id. Raises KeyError where there is none on that side."""
        return self._readers[direction]

    async def badge(self, card: Card, direction: Direction) -> Answer:
        """Hold a card to the reader on one side."""
        released = await self._around.present(self._readers[direction], card)
        if released is None:
            return "unread"
        return "granted" if released else "refused"

    async def press_exit(self) -> bool:
        """Press the exit button; whether the strike released."""
        released = asyncio.ensure_future(
            self._around.until_released(self.door.id, within_s=_UNTIL_IT_RELEASES_S)
        )
        await self._around.press_exit(self.door.id)
        return await released

    async def walk_through(self, direction: Direction) -> None:
        """Open the door, go through, past the beams where there are any, and let it close."""
        await asyncio.sleep(_TO_THE_HANDLE_S)
        self._around.set_open(self.door.id)
        try:
            await asyncio.sleep(_SWING_S)
            if self._counter is not None:
                await self._around.cross(self._counter.id, direction)
            await asyncio.sleep(_SWING_S)
        finally:
            self._around.set_closed(self.door.id)


class Cabinet:
    """One bank of lockers."""

    def __init__(self, site: Site, bank: Bank, around: Surroundings) -> None:
        self.site = site
        self.bank = bank
        self.queue = asyncio.Lock()
        self.reader = next(reader.id for reader in site.readers if reader.bank == bank.id)
        self._around = around
        self._sensed = {c.id for c in site.compartments if c.item_sensor is not None}

    async def badge(self, card: Card) -> tuple[str, ...] | None:
        """Hold a card to the reader: the compartments that open, none if refused; None: nothing answered."""
        return await self._around.present(self.reader, card)

    async def until_released(self, compartment: str) -> bool:
        """Wait for a compartment that is opened from afar; whether it was in time."""
        return await self._around.until_released(compartment, within_s=_UNTIL_IT_RELEASES_S)

    async def use(self, compartment: str, *, leave_item: bool) -> None:
        """Open a released compartment, take what is in it or lay it in, and close it."""
        await asyncio.sleep(_TO_THE_HANDLE_S)
        self._around.set_open(compartment)
        try:
            await asyncio.sleep(_SWING_S)
            self.lay(compartment, present=leave_item)
            await asyncio.sleep(_SWING_S)
        finally:
            self._around.set_closed(compartment)

    def lay(self, compartment: str, *, present: bool) -> None:
        """Let an item lie in a compartment or not, as far as a sensor looks at it."""
        if compartment in self._sensed:
            self._around.put_item(compartment, present=present)


class Building:
    """All sites and everything in them. Its methods belong to the event loop's thread."""

    def __init__(self, sites: Iterable[Site], nodes: dict[str, Surroundings]) -> None:
        self.nodes = nodes
        self._doorways: dict[tuple[str, str], Doorway] = {}
        self._cabinets: dict[tuple[str, str], Cabinet] = {}
        for site in sites:
            for door in site.doors:
                self._doorways[site.id, door.id] = Doorway(site, door, nodes[door.node])
            for bank in site.banks:
                self._cabinets[site.id, bank.id] = Cabinet(site, bank, nodes[bank.node])

    @classmethod
    @asynccontextmanager
    async def open(cls, sites: Iterable[Site]) -> AsyncIterator["Building"]:
        """Put up every node's surroundings until the block ends."""
        sites = tuple(sites)
        async with AsyncExitStack() as stack:
            nodes = {
                node.id: await stack.enter_async_context(Surroundings.open(site, node.id))
                for site in sites
                for node in site.nodes
            }
            yield cls(sites, nodes)

    def doorway(self, site: str, door: str) -> Doorway:
        """Return one door."""
        return self._doorways[site, door]

    def cabinet(self, site: str, bank: str) -> Cabinet:
        """Return one bank of lockers."""
        return self._cabinets[site, bank]

    async def pass_beams(self, site: Site, space: str, direction: Direction) -> None:
        """Go into a space that is not behind a door, or out of it, past its counters if it has any."""
        for counter in site.counters:
            if counter.space == space and not counter.perimeter:
                await self.nodes[counter.node].cross(counter.id, direction)

    @contextmanager
    def movement(self, site: Site, space: str) -> Iterator[None]:
        """Move about in a space while the block runs."""
        sensors = [sensor for sensor in site.presence_sensors if sensor.space == space]
        for sensor in sensors:
            self.nodes[sensor.node].move(sensor.id, moving=True)
        try:
            yield
        finally:
            for sensor in sensors:
                self.nodes[sensor.node].move(sensor.id, moving=False)


def _is_at(counter: Counter, door: Door) -> bool:
    return (counter.node, counter.space) == (door.node, door.space)
