"""What a node needs from the world, one role each, and the facts that come in through them.

Every adapter hands its facts to a `Post`, from whatever thread it runs on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from edge.core.delivery import Held
from edge.core.floor import TimeFloor
from edge.core.tap import Proof
from edge.core.wiring import Wire
from protocol.enrolment import Renewal
from protocol.events import ClockQuality, Event, Record

SignalKind = Literal["granted", "refused", "identify", "key"]


@dataclass(frozen=True, slots=True)
class Tapped:
    """A card was held to a reader. Its number stayed there: `credential` is the keyed hash."""

    reader: str
    credential: str
    proof: Proof = "uid"


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key of a keypad went down: a digit, `*`, `#`, or a letter from A to D."""

    keypad: str
    key: str


@dataclass(frozen=True, slots=True)
class ReaderWorks:
    """A reader was opened and answers."""

    reader: str


@dataclass(frozen=True, slots=True)
class ReaderFails:
    """A reader does not answer; `error` is the driver's own word."""

    reader: str
    error: str


@dataclass(frozen=True, slots=True)
class Sensed:
    """An input changed, or was read anew."""

    wire: Wire
    active: bool


@dataclass(frozen=True, slots=True)
class LinkUp:
    """The broker is connected, and has confirmed the subscriptions."""


@dataclass(frozen=True, slots=True)
class LinkDown:
    """The broker is gone."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message came down; `retained` if the broker had kept it."""

    topic: str
    payload: bytes
    retained: bool


@dataclass(frozen=True, slots=True)
class RollCall:
    """Asks whether facts are still handled."""


PortFact = Tapped | Pressed | ReaderWorks | ReaderFails | Sensed | LinkUp | LinkDown | Received | RollCall
Post = Callable[[PortFact], None]
"""Takes a fact into the node's queue: callable from any thread, never raises, never waits."""


class Unavailable(Exception):
    """Something that the settings name cannot be had: the node does not start."""


class BadgeReader(Protocol):
    """A reader of cards. It looks after itself: what is lost is opened again."""

    async def run(self, post: Post) -> None:
        """Post taps, losses and returns until cancelled; then let the device go."""
        ...


class KeypadDevice(Protocol):
    """A keypad beside a door."""

    async def run(self, post: Post) -> None:
        """Post each key as it goes down, until cancelled."""
        ...


class SpentCodes(Protocol):
    """Where the node remembers which codes for a single use were used, by reference, the latest last."""

    def load(self) -> Sequence[str]:
        """Return what was saved last. Raises OSError, ValueError where that cannot be read."""
        ...

    async def save(self, refs: Sequence[str]) -> None:
        """Replace what is saved, whole or not at all. Raises OSError."""
        ...


class Lock(Protocol):
    """A strike or a latch, fail-secure: locked without current."""

    def energise(self) -> None: ...

    def release(self) -> None: ...


class Inputs(Protocol):
    """All contacts, buttons, beams and sensors of the node."""

    def watch(self, post: Post) -> None:
        """Post every change from now on."""
        ...

    def read(self) -> Mapping[Wire, bool]:
        """Read every input now: whether it is active. Changes that were missed show here."""
        ...


class Indicator(Protocol):
    """The node's lamp and buzzer."""

    def show(self, signal: SignalKind) -> None: ...


class SpoolFailed(Exception):
    """The spool could not be written or read: a full disk, a failing card."""


class EpochOver(Exception):
    """The spool was damaged and has begun another epoch: what was asked for was not done."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it was stored: `body` is its JSON."""

    seq: int
    body: str


class Spool(Protocol):
    """The node's journal on disk, in order of seq, without holes.

    Events are written in the epoch `writing`. `sending` is the oldest in which something is not acknowledged:
    another one only where a damaged spool left events behind. Both show how it stood after the last call.
    """

    @property
    def writing(self) -> Held: ...

    @property
    def sending(self) -> Held: ...

    @property
    def dropped(self) -> int:
        """How many events it had to drop for want of space before they were acknowledged."""
        ...

    @property
    def failing(self) -> bool:
        """Whether the disk refused the last that was asked of it."""
        ...

    async def append(self, epoch: str, records: Sequence[Record]) -> None:
        """Write records; when this returns they survive a loss of power. Raises SpoolFailed, EpochOver.

        After SpoolFailed nobody knows whether they were written: it must be tried again with the same ones.
        """
        ...

    async def read(self, epoch: str, first: int, last: int, max_bytes: int) -> tuple[Stored, ...]:
        """Return records from `first` to at most `last`: one at least, more while they fit in `max_bytes`.

        Returns none where `first` is no longer there. Raises SpoolFailed, EpochOver.
        """
        ...

    async def acknowledge(self, epoch: str, cursor: int, forget_before: datetime) -> None:
        """Keep the gateway's cursor; forget what is acknowledged, in any epoch, and older than that.

        Raises SpoolFailed, EpochOver.
        """
        ...

    async def set_aside(self, epoch: str, seq: int) -> None:
        """Keep a record in quarantine, and RecordUnreadable in its place. Raises SpoolFailed, EpochOver."""
        ...

    async def renew(self, epoch: str, first: int) -> None:
        """Move what `epoch` has from `first` on into a new epoch, which tells of it; nothing if it has none.

        Raises SpoolFailed, EpochOver.
        """
        ...

    async def close(self) -> None: ...


class ListStore(Protocol):
    """Where the access list, and how late it must be, survive a restart."""

    def load(self) -> Sequence[bytes]:
        """Return the signed messages that were saved last, none if there were none. Raises ListUnreadable."""
        ...

    async def save(self, messages: Sequence[bytes]) -> None:
        """Replace what is saved by a signed list and its patches, whole or not at all. Raises OSError."""
        ...

    def load_floor(self) -> TimeFloor | None:
        """Return the floor that was saved last, None if there was none. Raises ListUnreadable."""
        ...

    async def save_floor(self, floor: TimeFloor) -> None:
        """Replace the saved floor, whole or not at all. Raises OSError."""
        ...


class ListUnreadable(Exception):
    """What was saved is damaged. The gateway sends a list again once it sees that none is held."""


class Uplink(Protocol):
    """The connection to the gateway through a broker."""

    def start(self, post: Post) -> None:
        """Connect, and stay connected; post LinkUp, LinkDown and what is received."""
        ...

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send, without waiting. What is lost here is sent again by whoever needs it delivered."""
        ...

    def reconnect(self) -> None:
        """Connect anew, as a changed certificate asks for."""
        ...

    async def close(self) -> None:
        """Send what is still to be sent, and disconnect."""
        ...


class Certificate(Protocol):
    """What the node shows the broker, and the private key of it, which never leaves.

    All raise CertificateRefused where what is held cannot be read.
    """

    def due(self, now: datetime) -> bool:
        """Whether it is time to ask for the next."""
        ...

    def ask(self, site: str, node: str) -> Renewal:
        """Make a new key, and the request for its certificate; the same key until that is taken."""
        ...

    def take(self, pem: str, now: datetime) -> None:
        """Show this certificate from the next connection on. Raises CertificateRefused, OSError."""
        ...


class ServiceManager(Protocol):
    """Whoever started this program, and starts it again where it stands still."""

    async def attend(self, lives: Callable[[], bool]) -> None:
        """Tell it that the program is ready; then again and again, while `lives()`, until cancelled."""
        ...


class Clock(Protocol):
    """The node's clocks. `boot` names the time since the machine was switched on, 16 hex digits."""

    boot: str

    def now(self) -> datetime:
        """Wall time, in UTC."""
        ...

    def uptime_s(self) -> float:
        """Seconds since boot; never steps."""
        ...

    def quality(self) -> ClockQuality:
        """Whether the wall time is kept synchronised."""
        ...


def record_now(clock: Clock, seq: int, event: Event) -> Record:
    """Write down that an event happens at this moment."""
    return Record(
        seq=seq,
        at=clock.now(),
        boot=clock.boot,
        uptime_s=round(clock.uptime_s(), 6),
        clock=clock.quality(),
        event=event,
    )
