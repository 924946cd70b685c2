"""The physical side of a site: leaves that swing, beams that break, sensors that see somebody move."""

import random
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from edge.core.facts import Beam, Contact, ExitPressed, ItemSensed, Motion
from firmware_sim.calendar.node import SimulatedNode
from firmware_sim.calendar.timeline import Life, Timeline
from protocol.events import Direction
from protocol.site import Counter, Door, PresenceSensor, Site

_CLOSES_AFTER_S: Final = (1.5, 4.5)
_PROPPED_S: Final = (35, 240)
_PROPPED_P: Final = 0.004
_BEAM_STEP_S: Final = (0.1, 0.3)
_STIRS_S: Final = 1500.0  # on average so long until somebody sits so still that the sensor sees nothing
_STILL_S: Final = (60, 420)


class Leaf:
    """A door's leaf: it closes by itself some seconds after the last person has gone through."""

    def __init__(self, door: Door, node: SimulatedNode, timeline: Timeline, rng: random.Random) -> None:
        self.is_open = False
        self._door = door
        self._node = node
        self._timeline = timeline
        self._rng = rng
        self._hands = 0

    @property
    def gives(self) -> bool:
        """Whether somebody who pushes now gets through."""
        return self.is_open or self._node.is_released(self._door.id)

    def hold(self) -> None:
        """Push it open, or keep it open for oneself."""
        self._hands += 1
        if not self.is_open:
            self.is_open = True
            self._node.sense(self._door.id, Contact(is_open=True))

    def let_go(self) -> None:
        """Let it fall shut; now and then someone props it open for a while."""
        propped = self._rng.random() < _PROPPED_P
        self._timeline.after(self._rng.uniform(*(_PROPPED_S if propped else _CLOSES_AFTER_S)), self._swing)

    def _swing(self) -> None:
        self._hands -= 1
        if self._hands == 0:
            self.is_open = False
            self._node.sense(self._door.id, Contact(is_open=False))


class Building:
    """One site with its simulated nodes. Lives move through it; `rng` draws how long each movement takes."""

    def __init__(
        self, site: Site, nodes: Iterable[SimulatedNode], timeline: Timeline, rng: random.Random
    ) -> None:
        self.site = site
        self.timeline = timeline
        self.rng = rng
        self.nodes = {node.equipment.node.id: node for node in nodes}
        self.doors = {door.id: door for door in site.doors}
        self.entrances = [door for door in site.doors if door.perimeter]
        self.leaves = {d.id: Leaf(d, self.nodes[d.node], timeline, rng) for d in site.doors}
        self._readers = {(r.door or r.bank, r.direction): r for r in site.readers}
        self._sensors = {sensor.space: sensor for sensor in site.presence_sensors}
        self._lockers = {c.id: n for n in self.nodes.values() for c in n.equipment.compartments}
        self._item_sensors = {c.id for c in site.compartments if c.item_sensor is not None}
        self._people: dict[str, int] = defaultdict(int)
        self._gatherings: dict[str, int] = defaultdict(int)  # by space: how often it has filled from empty
        for item in site.items:
            self._lockers[item.compartment].sense(item.compartment, ItemSensed(present=True))

    def door_into(self, space: str) -> Door | None:
        """Find the inner door of a space; None where one just walks in."""
        return next((door for door in self.site.doors if door.space == space and not door.perimeter), None)

    def space_of_kind(self, kind: str) -> str | None:
        """Find a space such as the kitchen."""
        return next((space.id for space in self.site.spaces if space.kind == kind), None)

    def tap(self, point: str, credential: str, direction: Direction = "in") -> tuple[str, ...]:
        """Hold a card to the reader of a door or bank. Returns the locks that it releases."""
        reader = self._readers[point, direction]
        return self.nodes[reader.node].tap(reader.id, credential)

    def press_exit(self, door: Door) -> None:
        """Press the button inside the door."""
        self.nodes[door.node].sense(door.id, ExitPressed())

    def cross(self, door: Door, direction: Direction) -> Life:
        """Walk through the light beams at a door, if there are any."""
        counter = next(
            (
                c
                for c in self.site.counters
                if c.node == door.node and c.perimeter == door.perimeter and c.space == door.space
            ),
            None,
        )
        if counter is not None:
            yield from self._break_beams(counter, direction)

    def enter(self, space: str) -> Life:
        """Walk into a space that has no door, through its beams if there are any."""
        yield from self._cross_into(space, "in")
        self.settle(space)

    def leave(self, space: str) -> Life:
        """Walk out of a space that has no door."""
        self.unsettle(space)
        yield from self._cross_into(space, "out")

    def settle(self, space: str, people: int = 1) -> None:
        """Be in a space from now on; its motion sensor sees it."""
        empty = self._people[space] == 0
        self._people[space] += people
        if empty and space in self._sensors:
            self._gatherings[space] += 1
            self.timeline.live(self._stir(self._sensors[space]), self.timeline.now)

    def unsettle(self, space: str, people: int = 1) -> None:
        """Be gone from a space."""
        self._people[space] -= people
        if self._people[space] == 0 and space in self._sensors:
            sensor = self._sensors[space]
            self.nodes[sensor.node].sense(sensor.id, Motion(detected=False))

    def use_compartments(self, compartments: Iterable[str], *, item_after: bool) -> Life:
        """Open lockers that were released just now, put in or take out, and close them."""
        opened = []
        for compartment in compartments:
            node = self._lockers[compartment]
            if node.is_released(compartment):
                node.sense(compartment, Contact(is_open=True))
                opened.append(compartment)
                yield self.rng.uniform(0.1, 0.4)
        for compartment in opened:
            yield self.rng.uniform(2, 12)
            if compartment in self._item_sensors:
                self._lockers[compartment].sense(compartment, ItemSensed(item_after))
            yield self.rng.uniform(0.5, 3)
            self._lockers[compartment].sense(compartment, Contact(is_open=False))

    def _cross_into(self, space: str, direction: Direction) -> Life:
        for counter in self.site.counters:
            if counter.space == space and not counter.perimeter:
                yield from self._break_beams(counter, direction)

    def _break_beams(self, counter: Counter, direction: Direction) -> Life:
        node = self.nodes[counter.node]
        first, second = ("outer", "inner") if direction == "in" else ("inner", "outer")
        for which, broken in ((first, True), (second, True), (first, False), (second, False)):
            node.sense(counter.id, Beam("outer" if which == "outer" else "inner", broken))
            yield self.rng.uniform(*_BEAM_STEP_S)

    def _stir(self, sensor: PresenceSensor) -> Life:
        """Be seen moving, with still moments in between, until the space is empty."""
        node, space = self.nodes[sensor.node], sensor.space
        gathering = self._gatherings[space]

        def goes_on() -> bool:
            return self._people[space] > 0 and self._gatherings[space] == gathering

        while goes_on():
            node.sense(sensor.id, Motion(detected=True))
            yield self.rng.expovariate(1 / _STIRS_S)
            if goes_on():
                node.sense(sensor.id, Motion(detected=False))
                yield self.rng.uniform(*_STILL_S)
