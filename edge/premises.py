"""The doors, lockers and sensors that hang on this node, each with its state machine."""

from typing import Final, Protocol

from edge.core.compartment import CompartmentMachine
from edge.core.crossings import CounterMachine
from edge.core.door import DoorMachine
from edge.core.effects import Effects
from edge.core.facts import Fact
from edge.core.fire import FireMachine
from edge.core.presence import PresenceMachine
from edge.core.wiring import Equipment
from protocol.messages import CompartmentState, DoorState

_SHUT: Final = DoorState(position="closed", strike="locked", alarm="none")


class Machine(Protocol):
    """A state that becomes another with each fact."""

    def step(self, fact: Fact, now_s: float) -> "tuple[Machine, Effects]": ...


class Premises:
    """The present state of each machine, by the id of its door, compartment or sensor."""

    def __init__(self, equipment: Equipment) -> None:
        self._machines: dict[str, Machine] = {
            **{door.id: DoorMachine(door) for door in equipment.doors},
            **{c.id: CompartmentMachine(c) for c in equipment.compartments},
            **{sensor.id: PresenceMachine(sensor) for sensor in equipment.presence_sensors},
            **{counter.id: CounterMachine(counter) for counter in equipment.counters},
            **({equipment.node.id: FireMachine()} if equipment.node.fire is not None else {}),
        }
        self._interlocks = {door.id: door.interlock for door in equipment.doors}

    def step(self, of: str, fact: Fact, now_s: float) -> Effects:
        """Tell one machine a fact, and return what it asks for."""
        self._machines[of], effects = self._machines[of].step(fact, now_s)
        return effects

    @property
    def fire(self) -> bool:
        """Whether the alarm panel is in alarm."""
        return any(isinstance(m, FireMachine) and bool(m.alarm) for m in self._machines.values())

    def interlocked(self, door: str) -> bool:
        """Whether another door of the same interlock stands open, or is released."""
        group = self._interlocks.get(door)
        if group is None:
            return False
        others = [of for of, name in self._interlocks.items() if name == group and of != door]
        return any(self.doors()[of] != _SHUT for of in others)

    def doors(self) -> dict[str, DoorState]:
        """Return how each door stands."""
        return {of: m.snapshot() for of, m in self._machines.items() if isinstance(m, DoorMachine)}

    def compartments(self) -> dict[str, CompartmentState]:
        """Return how each compartment stands."""
        return {of: m.snapshot() for of, m in self._machines.items() if isinstance(m, CompartmentMachine)}

    def presence(self) -> dict[str, bool]:
        """Return whether each space with a motion sensor is occupied; one of several sensors is enough."""
        found: dict[str, bool] = {}
        for machine in self._machines.values():
            if isinstance(machine, PresenceMachine):
                space = machine.sensor.space
                found[space] = found.get(space, False) or machine.occupied
        return found
