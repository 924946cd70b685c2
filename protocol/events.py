"""What a node saw or did: events, in past tense, and the record that carries each of them for ever.

An event's identity is (node, epoch, seq): `epoch` is made when a spool is born, `seq` counts from 1.
"""

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from protocol.base import VERSION, CredentialRef, Id, Instant, Message, UptimeSeconds

MOST_RECORDS: Final = 1000
"""A batch holds at most so many: more would be a burden that its sender should have divided."""

Epoch = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
Boot = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
Seq = Annotated[int, Field(ge=1, le=2**53)]  # beyond 2^53 other languages' JSON numbers lose their unit
ClockQuality = Literal["synchronised", "unsynchronised"]
Direction = Literal["in", "out"]
Assurance = Literal["uid", "aes"]
"""How a card was known: by its number, which can be copied, or by the proof that it has its own key."""


class BadgePresented(Message):
    """A credential was read at an access point, and the node decided.

    `point` is the door, or the compartment that was granted, or the bank where nothing was.
    `why` names the right that granted (`member`, `booking:b-12`, `loan:l-3`); `reason` says why not. One that
    is `not_genuine` has a card's number and not its key: a copy. `free_passage`: the door let anybody in.
    """

    type: Literal["BadgePresented"] = "BadgePresented"
    point: Id
    direction: Direction
    credential: CredentialRef
    assurance: Assurance
    granted: bool
    reason: str
    why: str | None
    list_revision: int
    list_age_s: int
    stale: bool
    free_passage: bool = False


class CodeEntered(Message):
    """A visitor's code was entered at the keypad of a door, and the node decided. The code is not told.

    `why` names the pass that granted (`pass:v-1f2e`); `reason` says why not. It makes no visit.
    """

    type: Literal["CodeEntered"] = "CodeEntered"
    point: Id
    granted: bool
    reason: str
    why: str | None
    list_revision: int
    list_age_s: int
    stale: bool


class DoorOpened(Message):
    """A door's contact opened. `grant` is the seq of the BadgePresented or CodeEntered that released it.

    It is of this event's epoch, or of `grant_epoch` where the node began another in between. Without any
    release it was a `key`, where one was expected, `free_passage` while anybody may pass, or else `forced`.
    """

    type: Literal["DoorOpened"] = "DoorOpened"
    door: Id
    cause: Literal["grant", "exit_request", "command", "forced", "key", "free_passage"]
    grant: Seq | None
    grant_epoch: Epoch | None = None


class DoorClosed(Message):
    """A door's contact closed after `open_s` seconds."""

    type: Literal["DoorClosed"] = "DoorClosed"
    door: Id
    open_s: UptimeSeconds


class DoorHeldOpen(Message):
    """A door has stayed open longer than its `held_after_s`."""

    type: Literal["DoorHeldOpen"] = "DoorHeldOpen"
    door: Id


class ExitRequested(Message):
    """Someone inside pressed the request-to-exit button: always released."""

    type: Literal["ExitRequested"] = "ExitRequested"
    door: Id


class PresenceChanged(Message):
    """A motion sensor found its space occupied, or empty for its whole hold time."""

    type: Literal["PresenceChanged"] = "PresenceChanged"
    space: Id
    occupied: bool


class Crossed(Message):
    """Someone crossed a two-beam counter, into the space or out of it."""

    type: Literal["Crossed"] = "Crossed"
    counter: Id
    space: Id
    direction: Direction


class PassedBack(Message):
    """A badge was let in that had come in before and not gone out: anti-passback is soft at this door.

    `grant` is the seq of its BadgePresented, in this event's epoch or the one before.
    """

    type: Literal["PassedBack"] = "PassedBack"
    door: Id
    grant: Seq


class Tailgated(Message):
    """Through one opening of a door `crossings` people came in so far, and only `grants` were let in."""

    type: Literal["Tailgated"] = "Tailgated"
    door: Id
    crossings: Annotated[int, Field(ge=1)]
    grants: Annotated[int, Field(ge=0)]


class DuressSignalled(Message):
    """A badge of duress was presented: its holder asks for help, and nothing at the door may show it.

    `badge` is the seq of its BadgePresented, in this event's epoch or the one before.
    """

    type: Literal["DuressSignalled"] = "DuressSignalled"
    point: Id
    badge: Seq


class FireAlarm(Message):
    """The fire input went into alarm, or its wire was cut. What it releases it releases in hardware."""

    type: Literal["FireAlarm"] = "FireAlarm"


class FireAlarmEnded(Message):
    """The fire input is at rest, again or found so at a start."""

    type: Literal["FireAlarmEnded"] = "FireAlarmEnded"


class CompartmentOpened(Message):
    """A compartment's contact opened. `grant` and `grant_epoch` name its badge as a door's do."""

    type: Literal["CompartmentOpened"] = "CompartmentOpened"
    compartment: Id
    cause: Literal["grant", "command", "forced"]
    grant: Seq | None
    grant_epoch: Epoch | None = None


class CompartmentClosed(Message):
    """A compartment closed. `item_present` is what its item sensor reads, null where it has none."""

    type: Literal["CompartmentClosed"] = "CompartmentClosed"
    compartment: Id
    item_present: bool | None


class CommandExecuted(Message):
    """A signed command was carried out."""

    type: Literal["CommandExecuted"] = "CommandExecuted"
    command: Id
    point: Id


class CommandRefused(Message):
    """A command was not carried out.

    `reason` is one of late, replayed, unsigned, unreadable, wrong_node, unknown_point, retained,
    interlocked.
    """

    type: Literal["CommandRefused"] = "CommandRefused"
    command: Id | None
    reason: str


class NodeStarted(Message):
    """The node's process began."""

    type: Literal["NodeStarted"] = "NodeStarted"
    software: str


class ReaderLost(Message):
    """A badge reader stopped answering; `error` is the driver's own word for it."""

    type: Literal["ReaderLost"] = "ReaderLost"
    reader: Id
    error: str


class ReaderRestored(Message):
    """A badge reader answers again."""

    type: Literal["ReaderRestored"] = "ReaderRestored"
    reader: Id


class AccessListRefused(Message):
    """A list or patch was not taken: what was wrong with it. The last good list stays in force."""

    type: Literal["AccessListRefused"] = "AccessListRefused"
    revision: int | None
    reason: str


class EventsDropped(Message):
    """The node had to drop events it had not delivered: how many, the last seq among those that had one.

    On its disk `RecordDropped` then stands in the place of each, or nothing where even that had no space.
    """

    type: Literal["EventsDropped"] = "EventsDropped"
    count: int
    up_to: Seq


class RecordDropped(Message):
    """Stands in the place of an event that the node had to drop for want of space."""

    type: Literal["RecordDropped"] = "RecordDropped"
    reason: str


class RecordUnreadable(Message):
    """Stands in the place of an event that the gateway never answered; the original is quarantined."""

    type: Literal["RecordUnreadable"] = "RecordUnreadable"
    reason: str


class EpochBegun(Message):
    """The node numbers its events anew, in another epoch than `before` (None: it could not be read).

    After `spool_damaged` the old spool lies in quarantine on the node. After `identity_conflict` what the
    ledger did not take under the old numbers follows under new ones.
    """

    type: Literal["EpochBegun"] = "EpochBegun"
    cause: Literal["spool_damaged", "identity_conflict"]
    before: Epoch | None


Event = Annotated[
    BadgePresented
    | CodeEntered
    | DoorOpened
    | DoorClosed
    | DoorHeldOpen
    | ExitRequested
    | PresenceChanged
    | Crossed
    | PassedBack
    | Tailgated
    | DuressSignalled
    | FireAlarm
    | FireAlarmEnded
    | CompartmentOpened
    | CompartmentClosed
    | CommandExecuted
    | CommandRefused
    | NodeStarted
    | ReaderLost
    | ReaderRestored
    | AccessListRefused
    | EventsDropped
    | RecordDropped
    | RecordUnreadable
    | EpochBegun,
    Field(discriminator="type"),
]


_BEARS_ON_BILL: Final = (DoorOpened, DoorClosed, Crossed, EventsDropped, RecordUnreadable, EpochBegun)


def bears_on_bill(event: Event) -> bool:
    """Whether visits, and so the statement, could come out otherwise without this event.

    Visits are read from granted badges, doors and crossings; what was dropped must be told to whoever audits.
    """
    granted = isinstance(event, BadgePresented) and event.granted
    return granted or isinstance(event, _BEARS_ON_BILL)


class Record(Message):
    """One event with its place in its node's order, and the node's clock when it happened.

    `uptime_s` counts from the boot named by `boot` and never steps; `at` is the node's wall time.
    """

    seq: Seq
    at: Instant
    boot: Boot
    uptime_s: UptimeSeconds
    clock: ClockQuality
    event: Event


def unreadable(body: str) -> str:
    """Make the JSON of what stands in the place of a record that the gateway never answered."""
    event = RecordUnreadable(reason="unanswered")
    return Record.model_validate_json(body).model_copy(update={"event": event}).model_dump_json()


class Envelope(Message):
    """What a batch says besides its records: see there."""

    v: Literal[1] = VERSION
    site: Id
    node: Id
    epoch: Epoch
    held_from: Seq
    start: Boot
    boot: Boot
    sent_at: Instant
    sent_uptime_s: UptimeSeconds


class EventBatch(Envelope):
    """Records in order of seq, without holes. `held_from` is the lowest seq that the node still holds.

    `boot`, `sent_at` and `sent_uptime_s` are the node's clocks when it sent, to place unsynchronised times;
    `start` names the run of the process that sent: two at once are twins, of one copied identity.
    """

    records: Annotated[tuple[Record, ...], Field(min_length=1, max_length=MOST_RECORDS)]
