"""The other messages of the wire: cursor, snapshot, status and commands."""

from typing import Annotated, Literal

from pydantic import Field

from protocol.base import VERSION, Id, Instant, Message, UptimeSeconds
from protocol.events import Boot, Epoch, Seq


class Renew(Message):
    """Asks one run of a node's process (`start`) for a new epoch: from `first` on its numbers are taken."""

    start: Boot
    first: Seq


class Ack(Message):
    """The gateway's cursor: ledger `ledger` has all of `epoch` up to `seq`, committed. 0 means none yet.

    It answers the run `start`; another of the same node, if there is one, has sent other events.
    `renew` is set where the sender's events are not those that the ledger has under the same numbers.
    """

    v: Literal[1] = VERSION
    ledger: Id
    node: Id
    epoch: Epoch
    seq: Annotated[int, Field(ge=0)]
    start: Boot | None = None
    renew: Renew | None = None


class DoorState(Message):
    """How a door stands."""

    position: Literal["open", "closed"]
    strike: Literal["locked", "released"]
    alarm: Literal["none", "forced", "held_open"]


class CompartmentState(Message):
    """How a compartment stands; `item_present` is null where it has no item sensor."""

    position: Literal["open", "closed"]
    item_present: bool | None


class StateSnapshot(Message):
    """All that a node sees, retained, so that a newcomer to the topic is at once up to date."""

    v: Literal[1] = VERSION
    site: Id
    node: Id
    at: Instant
    doors: dict[Id, DoorState]
    compartments: dict[Id, CompartmentState]
    presence: dict[Id, bool]
    readers: dict[Id, Literal["working", "lost"]]


SpoolHealth = Literal["working", "failing"]
"""Whether the node's disk takes what it writes. While it fails, events wait in memory."""


class NodeStatus(Message):
    """Heartbeat and last will, retained. `start` names one run of the process: two at once are twins.

    Who has heard nothing of the node for `silent_after_s` may take it for dead.
    `dropped` counts the events that it could not keep until they were delivered.
    """

    v: Literal[1] = VERSION
    site: Id
    node: Id
    online: bool
    start: Boot
    boot: Boot
    uptime_s: UptimeSeconds
    at: Instant
    software: str
    list_revision: int
    pending: int
    silent_after_s: Annotated[float, Field(gt=0, le=86_400)] = 90
    spool: SpoolHealth = "working"
    dropped: Annotated[int, Field(ge=0)] = 0

    def said_before(self, other: "NodeStatus") -> bool:
        """Whether the same run said this before `other`: uptime goes on, whatever becomes of the clock."""
        return (self.start, self.boot) == (other.start, other.boot) and self.uptime_s < other.uptime_s


class GatewayStatus(Message):
    """The gateway's heartbeat and last will, retained. A new `start` asks every node to send again."""

    v: Literal[1] = VERSION
    online: bool
    start: Boot
    at: Instant


class UnlockDoor(Message):
    """Release a door now, for its usual relock time."""

    do: Literal["UnlockDoor"] = "UnlockDoor"
    door: Id


class OpenCompartment(Message):
    """Release a compartment now."""

    do: Literal["OpenCompartment"] = "OpenCompartment"
    compartment: Id


class Identify(Message):
    """Blink and beep, so that a person finds the node."""

    do: Literal["Identify"] = "Identify"


Action = Annotated[UnlockDoor | OpenCompartment | Identify, Field(discriminator="do")]


class Command(Message):
    """A momentary act, signed. Its deadline is in the node's own uptime: no wall clock can be wrong.

    `id` is its nonce: the run `start` of the node's process carries it out at most once, no other run does.
    """

    v: Literal[1] = VERSION
    id: Id
    site: Id
    node: Id
    start: Boot
    not_after_uptime_s: UptimeSeconds
    action: Action
