"""Which pin is what: the locks and inputs of one node, as its site file says."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from edge.core.facts import Beam, Contact, ExitPressed, Fact, FireInput, ItemSensed, Motion
from protocol.site import Bank, Compartment, Counter, Door, Keypad, Node, PresenceSensor, Reader, Site

Role = Literal["contact", "rex", "motion", "outer", "inner", "item", "fire"]


@dataclass(frozen=True, slots=True)
class Wire:
    """An input: what it tells (`role`), of which door, compartment or sensor, on which BCM pin."""

    role: Role
    of: str
    pin: int

    def fact(self, active: bool) -> Fact | None:  # noqa: FBT001 - a wire is active or not
        """Say what a level means.

        Active is: closed (a contact, a panel at rest), pressed, moving, broken, present.
        """
        match self.role:
            case "contact":
                return Contact(is_open=not active)
            case "rex":
                return ExitPressed() if active else None
            case "motion":
                return Motion(active)
            case "item":
                return ItemSensed(active)
            case "fire":
                return FireInput(alarm=not active)
            case "outer" | "inner":
                return Beam(self.role, active)


@dataclass(frozen=True, slots=True)
class Equipment:
    """Everything of a site (its id) that hangs on one node."""

    site: str
    node: Node
    doors: tuple[Door, ...]
    readers: tuple[Reader, ...]
    banks: tuple[Bank, ...]
    compartments: tuple[Compartment, ...]
    presence_sensors: tuple[PresenceSensor, ...]
    counters: tuple[Counter, ...]
    keypads: tuple[Keypad, ...] = ()

    def lock_pins(self) -> dict[str, int]:
        """Return the pin of each door's strike and each compartment's latch."""
        return {d.id: d.strike for d in self.doors} | {c.id: c.lock for c in self.compartments}

    def wires(self) -> tuple[Wire, ...]:
        """Return all inputs."""
        return tuple(self._wires())

    def compartments_of(self, bank: str) -> tuple[str, ...]:
        """Return the ids of a bank's compartments."""
        return tuple(c.id for c in self.compartments if c.bank == bank)

    def _wires(self) -> Iterator[Wire]:
        if self.node.fire is not None:
            yield Wire("fire", self.node.id, self.node.fire)
        for door in self.doors:
            yield Wire("contact", door.id, door.contact)
            if door.rex is not None:
                yield Wire("rex", door.id, door.rex)
        for compartment in self.compartments:
            yield Wire("contact", compartment.id, compartment.contact)
            if compartment.item_sensor is not None:
                yield Wire("item", compartment.id, compartment.item_sensor)
        for sensor in self.presence_sensors:
            yield Wire("motion", sensor.id, sensor.pin)
        for counter in self.counters:
            yield Wire("outer", counter.id, counter.outer)
            yield Wire("inner", counter.id, counter.inner)


def equipment(site: Site, node_id: str) -> Equipment:
    """Pick out what hangs on a node. Raises KeyError for a node that the site does not have."""
    nodes = {node.id: node for node in site.nodes}
    banks = tuple(bank for bank in site.banks if bank.node == node_id)
    bank_ids = {bank.id for bank in banks}
    return Equipment(
        site=site.id,
        node=nodes[node_id],
        doors=tuple(door for door in site.doors if door.node == node_id),
        readers=tuple(reader for reader in site.readers if reader.node == node_id),
        banks=banks,
        compartments=tuple(c for c in site.compartments if c.bank in bank_ids),
        presence_sensors=tuple(s for s in site.presence_sensors if s.node == node_id),
        counters=tuple(c for c in site.counters if c.node == node_id),
        keypads=tuple(k for k in site.keypads if k.node == node_id),
    )
