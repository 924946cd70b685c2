"""A whole node in virtual time, with everything around it in memory."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from edge.core.tap import Proof
from edge.core.wiring import Equipment, Role, Wire, equipment
from edge.identity import Identity
from edge.keypads import Keypads
from edge.node import Node, Ports
from edge.ports import Post, ReaderWorks, Received, Sensed, Tapped
from edge.trust import Trust
from protocol.access import AccessList
from protocol.events import Event
from protocol.messages import NodeStatus, StateSnapshot
from protocol.site import Keypad, Site
from protocol.site_file import read_site
from protocol.topics import Down
from tests.unit.edge.fakes import (
    IndicatorInMemory,
    InputsInMemory,
    ListStoreInMemory,
    LockInMemory,
    LoopClock,
    ManagerInMemory,
    SpoolInMemory,
    UplinkInMemory,
)
from tests.unit.edge.gateway_side import KEY, card_keys, kept
from tests.unit.edge.virtual_time import run_virtually

_SITE_FILE = Path(__file__).parents[3] / "deploy" / "sites" / "sceaux-smart.toml"
SETTLE_S = 0.5


def site() -> Site:
    return read_site(_SITE_FILE.read_text(encoding="utf-8"), _SITE_FILE.name)


@dataclass
class ReaderInMemory:
    """Works from the start; `ends` makes its task fail once."""

    reader: str
    starts: int = 0
    fails: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, post: Post) -> None:
        self.starts += 1
        post(ReaderWorks(self.reader))
        await self.fails.wait()
        self.fails.clear()
        raise RuntimeError("a fault that nobody foresaw")


class World:
    """The node `node_id` of `place`: doors closed, nobody about, and what `levels` says otherwise."""

    def __init__(
        self,
        node_id: str,
        store: ListStoreInMemory,
        levels: dict[Wire, bool],
        place: Site,
        spool: SpoolInMemory,
        keypads: Keypads | None = None,
        pads: tuple[Keypad, ...] = (),
    ) -> None:
        self.equipment: Equipment = replace(equipment(place, node_id), keypads=pads)
        self.clock = LoopClock()
        self.locks = {name: LockInMemory() for name in self.equipment.lock_pins()}
        at_rest = {wire: wire.role in {"contact", "item", "fire"} for wire in self.equipment.wires()}
        self.inputs = InputsInMemory(at_rest | levels)
        self.indicator = IndicatorInMemory()
        self.readers = [ReaderInMemory(reader.id) for reader in self.equipment.readers]
        self.spool = spool
        self.store = store
        self.uplink = UplinkInMemory()
        self.manager = ManagerInMemory()
        trust = Trust(KEY.public_key(), "sceaux-smart", node_id)
        self.identity = Identity(trust, ledger="ledger", start="5" * 16, software="1.0")
        ports = Ports(
            clock=self.clock,
            locks=self.locks,
            inputs=self.inputs,
            indicator=self.indicator,
            readers=self.readers,
            spool=self.spool,
            lists=self.store,
            card_keys=card_keys(),
            uplink=self.uplink,
            manager=self.manager,
            keep_acknowledged=timedelta(days=7),
            keypads=keypads,
        )
        self.node = Node(self.equipment, self.identity, ports)

    async def tap(self, credential: str, reader: str = "entrance-in", proof: Proof = "uid") -> None:
        self.node.post(Tapped(reader, credential, proof))
        await self.settle()

    async def sense(self, role: Role, of: str, *, active: bool) -> None:
        """Change an input, as its wire tells it."""
        wire = self.wire(role, of)
        self.inputs.levels[wire] = active
        self.node.post(Sensed(wire, active))
        await self.settle()

    async def receive(self, kind: Down, payload: bytes, *, retained: bool = False) -> None:
        self.node.post(Received(self.identity.topics.down(kind), payload, retained))
        await self.settle()

    async def settle(self) -> None:
        await asyncio.sleep(SETTLE_S)

    def wire(self, role: Role, of: str) -> Wire:
        return next(w for w in self.equipment.wires() if (w.role, w.of) == (role, of))

    def events(self) -> list[Event]:
        """Return what the spool holds after NodeStarted, which is always the first."""
        first, *others = self.spool.events()
        assert first.type == "NodeStarted"
        return others

    def snapshot(self) -> StateSnapshot:
        return self.uplink.last(StateSnapshot, "/up/state")

    def status(self) -> NodeStatus:
        return self.uplink.last(NodeStatus, "/up/status")


def live(
    story: Callable[[World], Coroutine[Any, Any, None]],
    *,
    node: str = "ss-entrance",
    access: AccessList | None = None,
    store: ListStoreInMemory | None = None,
    levels: dict[Wire, bool] | None = None,
    place: Site | None = None,
    spool: SpoolInMemory | None = None,
) -> World:
    """Start a node of Sceaux Smart, or of `place`, let the story happen, stop it; return what is left.

    With the `spool` of an earlier world it goes on where that one ended.
    """

    async def play() -> World:
        keeps = store or ListStoreInMemory(kept(access))
        world = World(node, keeps, levels or {}, place or site(), spool or SpoolInMemory())
        running = asyncio.create_task(world.node.run())
        await world.settle()
        await story(world)
        world.node.stop()
        await running
        return world

    return run_virtually(play())
