"""What the gateway needs from the world, one role each. Adapters fill them; `bootstrap` chooses which."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from gateway.domain.bookings import Booking
from gateway.domain.history import Point
from gateway.domain.journal import Entry, Identity
from gateway.domain.loans import Loan
from gateway.domain.occupancy import SpaceState
from gateway.domain.parcels import Parcel
from gateway.domain.people import Credential, Member
from gateway.domain.runs import Runs
from gateway.domain.visits import Visit
from protocol.access import AccessList, AccessPatch
from protocol.messages import Command, NodeStatus, StateSnapshot
from protocol.signing import Signed

Role = Literal["admin", "staff", "billing", "viewer"]


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime: ...


@runtime_checkable
class MovableClock(Clock, Protocol):
    """A clock that a simulation moves, and lets go of when it has come to the present."""

    def move(self, to: datetime) -> None: ...
    def release(self) -> None: ...


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A payload that could not be taken, kept raw with the reason. The same one again only counts up."""

    topic: str
    reason: str
    detail: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Buried:
    """A dead letter as the ledger keeps it: under a number, `times` times since `first_at`."""

    number: int
    letter: DeadLetter
    first_at: datetime
    last_at: datetime
    times: int


@dataclass(frozen=True, slots=True)
class LetterCount:
    """How many dead letters came under one topic for one reason, and since when."""

    topic: str
    reason: str
    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """Seqs `first` to `last` of an epoch, which its node no longer had when the ledger asked for them."""

    node: str
    epoch: str
    first: int
    last: int
    noticed_at: datetime


@dataclass(frozen=True, slots=True)
class Cursor:
    """The ledger holds everything of (node, epoch) up to `seq`."""

    node: str
    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the run `start` of a node is told: the ledger has its events up to `cursor`, committed.

    `renew` asks it to begin a new epoch: from that seq on its events are not those that the ledger has.
    """

    site: str
    start: str
    cursor: Cursor
    renew: int | None = None


@dataclass(frozen=True, slots=True)
class Numbered:
    """A journal entry and its place in the ledger, which only grows."""

    number: int
    entry: Entry


class EntryUnreadable(Exception):
    """A row of the journal that this software cannot read; the text names it."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What can be said of a journal entry without reading its event."""

    number: int
    site: str
    kind: str
    occurred_at: datetime


class Journal(Protocol):
    """Node events, each once, for ever. Reading entries raises EntryUnreadable."""

    def cursor(self, node: str, epoch: str) -> int: ...
    def cursors(self, node: str) -> list[Cursor]: ...
    def append(self, entries: Sequence[Entry], cursors: Iterable[Cursor]) -> None: ...
    def note_gap(self, node: str, epoch: str, first: int, last: int, at: datetime) -> None: ...
    def bury(self, letter: DeadLetter, at: datetime) -> None: ...
    def dead_letters(self, limit: int) -> list[DeadLetter]:
        """Return the latest, latest first."""
        ...

    def buried(self) -> list[Buried]:
        """Return all dead letters, the first first."""
        ...

    def unbury(self, number: int) -> None: ...
    def letters_since(self, since: datetime) -> list[LetterCount]:
        """Count the dead letters that came, or came again, since `since`."""
        ...

    def troubles(self, site: str, since: datetime) -> list[Entry]:
        """Return what nodes said of events lost: EpochBegun, EventsDropped and RecordUnreadable."""
        ...

    def gaps(self, since: datetime) -> list[Gap]: ...
    def around(self, identity: Identity) -> tuple[Entry | None, Entry | None]:
        """Return what is kept next before and next after `identity`, in its epoch."""
        ...

    def between(self, site: str, start: datetime, end: datetime, kinds: Iterable[str]) -> list[Entry]: ...
    def latest(self, site: str, since: datetime, kinds: Iterable[str], limit: int) -> list[Entry]:
        """Return the last `limit` entries of `kinds` since `since`, the latest first."""
        ...

    def after(self, number: int, limit: int) -> list[Numbered]: ...
    def headings(self, number: int, limit: int) -> list[Heading]:
        """Return what can be said of entries after `number`, whether or not they can be read."""
        ...

    def next_moment(self, site: str, since: datetime) -> datetime | None:
        """Return when the first entry of `site` at or after `since` occurred."""
        ...

    def last_number(self) -> int: ...
    def get(self, identity: Identity) -> Entry | None: ...
    def span(self, node: str, epoch: str, first: int, last: int) -> list[Entry]:
        """Return what is kept of seqs `first` to `last`, both included."""
        ...

    def counts(self) -> dict[str, int]:
        """How many `events`, `gaps` and `dead_letters` (with repeats) the ledger holds."""
        ...


class People(Protocol):
    """Members and the credentials they hold."""

    def add(self, members: Iterable[Member]) -> None: ...
    def members(self, site: str | None = None) -> list[Member]: ...
    def member(self, member: str) -> Member | None: ...
    def give(self, credentials: Iterable[Credential]) -> None: ...
    def credentials(self, member: str | None = None) -> list[Credential]: ...
    def holding(self, ref: str, at: datetime) -> Credential | None: ...
    def revoke(self, ref: str, at: datetime) -> bool: ...


class Bookings(Protocol):
    """Who booked which space, when."""

    def add(self, booking: Booking) -> None: ...
    def get(self, booking: str) -> Booking | None: ...
    def cancel(self, booking: str) -> None: ...
    def between(self, site: str | None, start: datetime, end: datetime) -> list[Booking]: ...


class Lockers(Protocol):
    """Loans of equipment, and parcels."""

    def put_loan(self, loan: Loan) -> None: ...
    def loan(self, loan: str) -> Loan | None: ...
    def loans(self, site: str | None = None, *, live: bool = True) -> list[Loan]: ...
    def loans_during(self, site: str, compartment: str, first: datetime, last: datetime) -> list[Loan]:
        """Return the loans asked for by `last` that had not ended before `first`."""
        ...

    def put_parcel(self, parcel: Parcel) -> None: ...
    def parcel(self, parcel: str) -> Parcel | None: ...
    def parcels(self, site: str | None = None, *, live: bool = True) -> list[Parcel]: ...
    def parcels_during(self, site: str, compartment: str, first: datetime, last: datetime) -> list[Parcel]:
        """Return the parcels dropped by `last` that had not been collected before `first`."""
        ...


class Part(NamedTuple):
    """What is worked out at once or not at all.

    `subject` is the civil day of visits, "today" for spaces, the id of a loan or parcel.
    """

    site: str
    projection: Literal["visits", "spaces", "loan", "parcel"]
    subject: str


@dataclass(frozen=True, slots=True)
class Standstill:
    """A part that could not be worked out since then, and why: it tells what it told before."""

    part: Part
    since: datetime
    reason: str


class Projections(Protocol):
    """What is worked out from the journal, and can be worked out again."""

    def replace_visits(self, site: str, day: date, visits: Iterable[Visit]) -> bool:
        """Put `visits` in the place of that day's. False where nothing changed."""
        ...

    def visits(self, start: date, end: date, site: str | None = None) -> list[Visit]:
        """Visits of the civil days in [start, end)."""
        ...

    def days(self, site: str, *, unended: bool = False) -> list[date]:
        """Return the civil days that have visits, or those that have visits without an end."""
        ...

    def replace_spaces(self, site: str, states: Mapping[str, SpaceState]) -> bool: ...
    def spaces(self, site: str) -> dict[str, SpaceState]: ...
    def stand_still(self, standstill: Standstill) -> None: ...
    def go_on(self, part: Part) -> None: ...
    def standstills(self) -> list[Standstill]:
        """Return the parts that stand still, the longest first."""
        ...


@dataclass(frozen=True, slots=True)
class NodeReport:
    """The last word of a node."""

    node: str
    site: str
    heard_at: datetime
    status: NodeStatus | None
    state: StateSnapshot | None


@dataclass(frozen=True, slots=True)
class Issue:
    """Which list a node was issued, and until when it holds."""

    revision: int
    issued_at: datetime
    expires_at: datetime


class Nodes(Protocol):
    """What each node last said, and the list that was issued to it."""

    def heard(self, node: str, site: str, at: datetime, word: NodeStatus | StateSnapshot) -> None: ...
    def reports(self) -> list[NodeReport]: ...
    def runs(self) -> dict[str, Runs]: ...
    def put_runs(self, node: str, spoken: Runs) -> None: ...
    def issued(self, node: str) -> AccessList | None: ...
    def issues(self) -> dict[str, Issue]: ...
    def issue(self, access_list: AccessList) -> None: ...


@dataclass(frozen=True, slots=True)
class Key:
    """A bearer's secret, kept as its SHA-256: an API key, a login link or a session."""

    hash: str
    kind: Literal["api", "link", "session"]
    name: str
    role: Role
    expires_at: datetime
    used_at: datetime | None


class Keys(Protocol):
    """Who may come in by which secret."""

    def add(self, key: Key) -> None: ...
    def all(self) -> list[Key]: ...
    def find(self, secret_hash: str) -> Key | None: ...
    def use(self, secret_hash: str, at: datetime) -> None: ...
    def end(self, secret_hash: str, at: datetime) -> None:
        """Let a key hold no longer than `at`."""
        ...


class Books(Protocol):
    """Everything the ledger holds, within one transaction."""

    @property
    def journal(self) -> Journal: ...
    @property
    def people(self) -> People: ...
    @property
    def bookings(self) -> Bookings: ...
    @property
    def lockers(self) -> Lockers: ...
    @property
    def projections(self) -> Projections: ...
    @property
    def nodes(self) -> Nodes: ...
    @property
    def keys(self) -> Keys: ...

    def note(self, key: str) -> str | None:
        """Read a remembered word, such as how far a cursor has come."""
        ...

    def remember(self, key: str, value: str) -> None: ...


class LedgerFailed(Exception):
    """The ledger could not be read or written, whatever was asked of it: its disk is full, locked, broken."""


class Ledger(Protocol):
    """The truth. Its `id` is fixed when it is born: nodes ignore the acknowledgements of another.

    Both ways to it raise LedgerFailed where the ledger itself fails; nothing has changed then.
    """

    id: str

    def writing(self) -> AbstractContextManager[Books]:
        """One transaction, on the disk when it ends; undone where the body raises."""
        ...

    def reading(self) -> AbstractContextManager[Books]: ...


class Downlink(Protocol):
    """The way to the nodes. Sending never waits for a broker."""

    def acknowledge(self, answer: Answer) -> None: ...
    def send_list(self, site: str, node: str, signed: Signed) -> None: ...
    def send_patch(self, site: str, node: str, signed: Signed) -> None: ...
    def send_command(self, site: str, node: str, signed: Signed) -> None: ...


class Signer(Protocol):
    """The gateway's signature."""

    def access_list(self, body: AccessList) -> Signed: ...
    def access_patch(self, body: AccessPatch) -> Signed: ...
    def command(self, body: Command) -> Signed: ...


class Notifier(Protocol):
    """Telling a member something."""

    def parcel_arrived(self, member: Member, parcel: Parcel, code: str) -> None: ...


class NotWritten(Exception):
    """History did not take the points. They are in the ledger, and can be written later."""


class History(Protocol):
    """Usage for dashboards and queries, written from the ledger and rebuildable from it."""

    def write(self, points: Sequence[Point]) -> None:
        """Write all of `points`, each in the place of one with the same key. Raises NotWritten."""
        ...
