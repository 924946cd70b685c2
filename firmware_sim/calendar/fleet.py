"""All simulated nodes together, and their talk with the gateway."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from paho.mqtt.client import MQTTMessageInfo

from edge.core.delivery import Linked
from edge.ports import LinkDown, LinkUp
from firmware_sim.calendar.node import SimulatedNode
from firmware_sim.calendar.outbox import Outbox
from firmware_sim.calendar.wire import Wire
from firmware_sim.gateway_api import Revisions
from protocol.codec import decode, encode
from protocol.messages import Ack, GatewayStatus
from protocol.topics import Down, NodeTopics, gateway_status, parse_down

_HURRY: Final = 4.0
"""Resending is four times as eager as on a real node: here nothing is far away."""

_PATIENCE_S: Final = 30.0
_NUDGE_EVERY_S: Final = 0.02


class CalendarStuck(Exception):
    """The gateway did not do its part in time; the text says what was waited for."""


@dataclass(slots=True)
class Unit:
    """A node with its outbox. `missed_list` is the list that the broker retains while it is cut off."""

    node: SimulatedNode
    outbox: Outbox
    online: bool = False
    missed_list: bytes | None = None

    @property
    def topics(self) -> NodeTopics:
        return self.node.identity.topics


class Fleet:
    """Passes messages between nodes and wire. `released` is called with each lock that a command opens."""

    def __init__(
        self, wire: Wire, units: Iterable[Unit], released: Callable[[SimulatedNode, str], None]
    ) -> None:
        self.commands = 0
        self._wire = wire
        self._released = released
        self._units = {unit.topics.node: unit for unit in units}
        self._by_prefix = {m.topics.all_down.removesuffix("#"): m for m in self._units.values()}
        self._linked = False

    def open(self) -> None:
        """Connect every node. Raises CalendarStuck where no broker answers."""
        self._wire.open()
        self._wait(lambda: self._linked, lambda: "the broker to take the connection")
        self.cut_off(())

    def close(self) -> None:
        """Say goodbye for every node."""
        for unit in self._units.values():
            unit.online = False
            self._tell_status(unit).wait_for_publish(_PATIENCE_S)
        self._wire.close()

    def cut_off(self, nodes: Iterable[str]) -> None:
        """Cut these nodes off, and reconnect all others."""
        cut = set(nodes)
        for name, unit in self._units.items():
            if unit.online != (name not in cut):
                unit.online = name not in cut
                self._link(unit)

    def wait_for_lists(self, ask: Callable[[], Mapping[str, Revisions]]) -> None:
        """Wait until each connected node holds its list, and the gateway knows. Raises CalendarStuck.

        `ask` says which revision the gateway has issued to each node, and which it knows to be held.
        """
        told = ask()

        def behind() -> list[str]:
            return [
                f"{name} holds list {unit.node.revision} of {told[name].issued}"
                for name, unit in self._units.items()
                if unit.online and unit.node.revision < told[name].issued
            ]

        def unconfirmed() -> list[str]:
            now = ask()
            return [n for n, unit in self._units.items() if unit.online and now[n].held < told[n].issued]

        self._wait(lambda: not behind(), lambda: "; ".join(behind()))
        self._wait(
            lambda: not unconfirmed(), lambda: f"word that {', '.join(unconfirmed())} hold their lists"
        )

    def wait_for_rights(self, rights: Iterable[tuple[str, str]]) -> None:
        """Wait until these (compartment, right) are known at the nodes that are connected."""
        awaited = list(rights)

        def missing() -> list[str]:
            return [
                why
                for compartment, why in awaited
                for unit in self._units.values()
                if unit.online and compartment in unit.node.equipment.lock_pins()
                if not unit.node.knows(why)
            ]

        self._wait(lambda: not missing(), lambda: f"lists with {', '.join(missing())}")

    def wait_for_commands(self, count: int) -> None:
        """Wait until the nodes have had `count` commands since the beginning. Raises CalendarStuck."""
        self._wait(lambda: self.commands >= count, lambda: f"command {self.commands + 1} of {count}")

    def deliver(self) -> None:
        """Send all that connected nodes hold, until it is acknowledged. Raises CalendarStuck."""

        def waiting() -> list[Unit]:
            return [m for m in self._units.values() if m.online and m.outbox.pending]

        for unit in waiting():
            self._nudge(unit)
        self._wait(
            lambda: not waiting(),
            lambda: ", ".join(f"{m.outbox.pending} acknowledgements for {m.topics.node}" for m in waiting()),
        )

    def _wait(self, done: Callable[[], bool], what: Callable[[], str]) -> None:
        heard_at_s = perf_counter()
        while not done():
            fact = self._wire.receive(_NUDGE_EVERY_S)
            match fact:
                case None:
                    for unit in self._units.values():
                        self._nudge(unit)
                case LinkUp() | LinkDown():
                    self._linked = isinstance(fact, LinkUp)
                    for unit in self._units.values():
                        self._link(unit)
                case _ if self._sort(fact.topic, fact.payload):
                    heard_at_s = perf_counter()
            if perf_counter() - heard_at_s > _PATIENCE_S:
                raise CalendarStuck(f"no node heard anything for {_PATIENCE_S:.0f} s; awaited: {what()}")

    def _sort(self, topic: str, payload: bytes) -> bool:
        """Give a message to the node that it is for. Returns False where it is for all."""
        unit = self._by_prefix.get(topic[: topic.find("/down/") + len("/down/")])
        if unit is None:
            self._gateway_spoke(topic, payload)
            return False
        kind = parse_down(unit.topics, topic)
        if unit.online:
            self._hear(unit, kind, payload)
        elif kind == "access":
            unit.missed_list = payload
        return True

    def _hear(self, unit: Unit, kind: Down | None, payload: bytes) -> None:
        match kind:
            case "ack":
                unit.outbox.tell(decode(Ack, payload), unit.node.clock, _hurried_s())
            case "access" if unit.node.take_list(payload):
                self._tell_status(unit)
            case "access/patch" if unit.node.take_patch(payload):
                self._tell_status(unit)
            case "command":
                self.commands += 1
                lock = unit.node.obey(payload)
                if lock is not None:
                    self._released(unit.node, lock)
            case _:
                pass

    def _gateway_spoke(self, topic: str, payload: bytes) -> None:
        status = decode(GatewayStatus, payload)
        for unit in self._units.values():
            if topic == gateway_status(unit.topics.site):
                unit.outbox.tell(status, unit.node.clock, _hurried_s())

    def _link(self, unit: Unit) -> None:
        linked = self._linked and unit.online
        if linked and unit.missed_list is not None:
            unit.node.take_list(unit.missed_list)
            unit.missed_list = None
        if self._linked:
            self._tell_status(unit)
        unit.outbox.tell(Linked(linked), unit.node.clock, _hurried_s())

    def _nudge(self, unit: Unit) -> None:
        unit.outbox.nudge(unit.node.clock, _hurried_s())

    def _tell_status(self, unit: Unit) -> MQTTMessageInfo:
        status = unit.node.status(online=unit.online, pending=unit.outbox.pending)
        return self._wire.publish(unit.topics.up("status"), encode(status), retain=True)


def _hurried_s() -> float:
    return perf_counter() * _HURRY
