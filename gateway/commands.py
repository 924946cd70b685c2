"""What people can ask of the gateway, in the imperative, and how it says no."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from gateway.domain.authority import Role, Scope
from gateway.domain.by_hand import Way
from gateway.domain.calendars import Meeting
from gateway.domain.journal import Identity
from gateway.domain.people import Card, Member
from gateway.ports import Fetched


@dataclass(frozen=True, slots=True)
class NewMember:
    """A member to be, with the cards already in hand."""

    member: Member
    cards: tuple[Card, ...] = ()


@dataclass(frozen=True, slots=True)
class AddMembers:
    """Take up members: all of them, or none where one cannot be."""

    members: tuple[NewMember, ...]


@dataclass(frozen=True, slots=True)
class SetMail:
    """Write to a member at another address from now on; None: no more."""

    member: str
    mail: str | None


@dataclass(frozen=True, slots=True)
class GiveCredential:
    """Hand a card to a member."""

    member: str
    card: Card


@dataclass(frozen=True, slots=True)
class RevokeCredential:
    """Take a card out of every door."""

    ref: str


@dataclass(frozen=True, slots=True)
class SetRelock:
    """Let doors stay released for so many seconds at least for a card in use; None: no longer than usual."""

    ref: str
    relock_after_s: float | None


@dataclass(frozen=True, slots=True)
class SuspendMember:
    """Let a member's cards open nothing in [since, until); None: until it is lifted."""

    member: str
    since: datetime
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class LiftSuspension:
    """End what suspends a member."""

    member: str


@dataclass(frozen=True, slots=True)
class InviteGuest:
    """Let a member have a guest for one civil day of a site, with a card where one is at hand."""

    host: str
    name: str
    site: str
    day: date
    card: Card | None


@dataclass(frozen=True, slots=True)
class ExportMember:
    """Give all that is kept of a member (GDPR, art. 15 and 20)."""

    member: str


@dataclass(frozen=True, slots=True)
class EraseMember:
    """Forget a member now (GDPR, art. 17): their cards open nothing, their records name nobody."""

    member: str


@dataclass(frozen=True, slots=True)
class BookSpace:
    """Book a space for a member over [starts_at, ends_at); by default it is charged by the member's plan.

    Where it is taken, `or_wait` puts the booking on the waiting list.
    """

    site: str
    space: str
    member: str
    starts_at: datetime
    ends_at: datetime
    title: str | None
    price_category: str | None = None
    or_wait: bool = False


@dataclass(frozen=True, slots=True)
class BookSpaces:
    """Make bookings, in this order: all of them, or none where one cannot be."""

    bookings: tuple[BookSpace, ...]


@dataclass(frozen=True, slots=True)
class BookSeries:
    """Make bookings that belong together: all of them, or none where one cannot be."""

    bookings: tuple[BookSpace, ...]


@dataclass(frozen=True, slots=True)
class CancelSeries:
    """Give back all of a series that has not begun."""

    series: str


@dataclass(frozen=True, slots=True)
class MoveBooking:
    """Change where or when a booking is; what is None stays. A later end alone extends it."""

    booking: str
    space: str | None
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class CheckInOrOut:
    """Note by hand that a booking's holder is there, or has left. `by` is who says so, as in logs."""

    booking: str
    what: Literal["check_in", "check_out"]
    by: str


@dataclass(frozen=True, slots=True)
class CheckByHand:
    """Say that a member came to a site or left it, whatever badges say: `at` (UTC), or now."""

    site: str
    member: str
    what: Way
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Let an entry of the journal that was said by hand count no more."""

    entry: Identity


@dataclass(frozen=True, slots=True)
class CancelBooking:
    """Give a booked time back."""

    booking: str


@dataclass(frozen=True, slots=True)
class CancelOwnBooking:
    """Give back a time that one has booked oneself."""

    booking: str


@dataclass(frozen=True, slots=True)
class AddCalendar:
    """Let the meetings of a calendar kept elsewhere book a space. Without `url` it is a file, to be brought.

    `members` may open the doors for its meetings; `organisers` maps mail addresses to members.
    """

    site: str
    space: str
    name: str
    url: str | None
    members: tuple[str, ...]
    organisers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AdmitToCalendar:
    """Say anew whom the meetings of a calendar let in: `members` and `organisers` as of AddCalendar."""

    calendar: str
    members: tuple[str, ...]
    organisers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RemoveCalendar:
    """Follow a calendar no longer: its meetings to come are cancelled."""

    calendar: str


@dataclass(frozen=True, slots=True)
class PollCalendar:
    """Ask for a calendar's feed now, not when its turn comes."""

    calendar: str


@dataclass(frozen=True, slots=True)
class TakeUpMeetings:
    """Make the bookings of a calendar what its feed says, which was `fetched` anew or is still the same.

    An empty feed that a person brought is `meant`.
    """

    calendar: str
    meetings: tuple[Meeting, ...]
    fetched: Fetched | None = None
    meant: bool = False


@dataclass(frozen=True, slots=True)
class NoteFeedTrouble:
    """Note why a calendar's feed was not taken. What was taken up before stays."""

    calendar: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class ShareCalendar:
    """Make a secret address for the bookings of a space, telling their titles or not, or of a member."""

    name: str
    site: str | None
    space: str | None
    member: str | None
    titles: bool


@dataclass(frozen=True, slots=True)
class RevokeSubscription:
    """Take back an address at which bookings were read."""

    subscription: str


@dataclass(frozen=True, slots=True)
class Privatise:
    """Hire `spaces` of a site whole (none: all of it) over [starts_at, ends_at)."""

    site: str
    spaces: tuple[str, ...]
    organiser: str
    starts_at: datetime
    ends_at: datetime
    title: str | None
    guests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Admit:
    """Say whom the organiser of a privatisation lets in."""

    privatisation: str
    guests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CancelPrivatisation:
    """Give back what was hired whole."""

    privatisation: str


@dataclass(frozen=True, slots=True)
class LockDown:
    """Let nobody but staff in at `doors` of a site (none: all), from now until it is lifted."""

    site: str
    doors: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class OpenToAll:
    """Let anybody in at `doors` of a site (none: all) over [starts_at, ends_at)."""

    site: str
    doors: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class LiftMode:
    """End a lockdown or a free passage now."""

    mode: str


@dataclass(frozen=True, slots=True)
class Passage:
    """Doors of an event (none: all of its site) and when they let anybody in, in [starts_at, ends_at)."""

    doors: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class HoldGathering:
    """Hold an event for at most `most` people (None: as many as the site takes), with its door plan."""

    site: str
    name: str
    starts_at: datetime
    ends_at: datetime
    most: int | None
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class CancelGathering:
    """Hold an event no longer: its doors let in whom they usually do."""

    gathering: str


@dataclass(frozen=True, slots=True)
class LendItem:
    """Let a member fetch an item with a badge, to be brought back by `due_at`."""

    site: str
    item: str
    member: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class DropParcel:
    """Put a parcel into a free compartment, which opens, and tell its addressee."""

    site: str
    member: str
    carrier: str


@dataclass(frozen=True, slots=True)
class CollectParcel:
    """Open the compartment of the parcel that `code` belongs to."""

    site: str
    code: str


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """Release a door from afar."""

    site: str
    door: str


@dataclass(frozen=True, slots=True)
class EnrolSealingKey:
    """Seal card keys for a node to this X25519 public key from now on; it is the node's word for it."""

    node: str
    key: str


@dataclass(frozen=True, slots=True)
class MintKey:
    """Make a secret: an API key (limited to `sites`, where some are named), a one-time link or a session."""

    kind: Literal["api", "link", "first", "session"]
    name: str
    role: Role
    lives: timedelta
    scopes: frozenset[Scope] | None = None
    sites: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class RevokeKey:
    """Let an API key hold no longer; it is known by the start of its hash."""

    start: str


@dataclass(frozen=True, slots=True)
class UseLoginLink:
    """Change a one-time link into a session."""

    secret: str


@dataclass(frozen=True, slots=True)
class EndSession:
    """Make a session's secret worthless from now on."""

    secret: str


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """Make the first administrator's account by the gateway's first link; `password` is hashed."""

    link: str
    mail: str
    name: str
    password: str


@dataclass(frozen=True, slots=True)
class InviteAccount:
    """Take up someone of the staff, who then chooses a password by a link.

    It is mailed to them, behind `address`, where pages are found; None: it is for whoever asks to hand on.
    """

    mail: str
    name: str
    role: Role
    address: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeAccount:
    """Give an account another role, or shut or reopen it; None leaves things as they are."""

    account: str
    role: Role | None = None
    open: bool | None = None


@dataclass(frozen=True, slots=True)
class OfferNewPassword:
    """Make the link by which an account's owner chooses another password, and drops the second factor.

    It is mailed behind `address` as an invitation is.
    """

    account: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class ChoosePassword:
    """Set the password (hashed) of the account that a link belongs to, and come in."""

    link: str
    password: str


@dataclass(frozen=True, slots=True)
class ChangeOwnPassword:
    """Set one's own password (hashed); every other session ends, `session` goes on."""

    password: str
    session: str


@dataclass(frozen=True, slots=True)
class ArmSecondFactor:
    """Ask for a code from now on: the sealed secret, the step just used, the hashes of the recovery codes."""

    totp: bytes
    step: int
    recovery: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DropSecondFactor:
    """Ask for no code any more."""


@dataclass(frozen=True, slots=True)
class EndOwnSession:
    """End one of one's own sessions, which is known by the start of its hash."""

    start: str


@dataclass(frozen=True, slots=True)
class AdmitAccount:
    """Open a session of an account that has proved itself; `pending` where it still owes its code.

    `tries` are forgotten; `step` or `recovery` is what it proved itself with, and cannot be used again.
    """

    account: str
    tries: tuple[str, ...] = ()
    pending: bool = False
    step: int | None = None
    recovery: str | None = None


@dataclass(frozen=True, slots=True)
class RefuseLogin:
    """Note a refused try of each of `tries`."""

    tries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SendMemberLink:
    """Mail the member of this address a link to their own page; of an unknown address nothing is said."""

    mail: str
    address: str


@dataclass(frozen=True, slots=True)
class InviteVisitor:
    """Let a visitor of `host` open `doors` over [starts_at, ends_at), by a code that hashes to `code`."""

    site: str
    doors: tuple[str, ...]
    visitor: str
    host: str
    code: str
    starts_at: datetime
    ends_at: datetime
    single_use: bool


@dataclass(frozen=True, slots=True)
class RevokePass:
    """Let a visitor's code open nothing any more."""

    visitor_pass: str


@dataclass(frozen=True, slots=True)
class UsePass:
    """Open the door at which a panel stands, where the code (hashed) that was typed there is a visitor's."""

    site: str
    door: str
    code: str


@dataclass(frozen=True, slots=True)
class SetUpPanel:
    """Make the one-time link that turns a browser into the panel at a door."""

    site: str
    door: str


Command = (
    AddMembers
    | SetMail
    | GiveCredential
    | RevokeCredential
    | SetRelock
    | SuspendMember
    | LiftSuspension
    | InviteGuest
    | ExportMember
    | EraseMember
    | BookSpace
    | BookSpaces
    | BookSeries
    | CancelSeries
    | MoveBooking
    | CheckInOrOut
    | CheckByHand
    | TakeBack
    | CancelBooking
    | CancelOwnBooking
    | AddCalendar
    | AdmitToCalendar
    | RemoveCalendar
    | PollCalendar
    | TakeUpMeetings
    | NoteFeedTrouble
    | ShareCalendar
    | RevokeSubscription
    | Privatise
    | Admit
    | CancelPrivatisation
    | LockDown
    | OpenToAll
    | LiftMode
    | HoldGathering
    | CancelGathering
    | LendItem
    | DropParcel
    | CollectParcel
    | OpenDoor
    | EnrolSealingKey
    | MintKey
    | RevokeKey
    | UseLoginLink
    | EndSession
    | FoundAccount
    | InviteAccount
    | ChangeAccount
    | OfferNewPassword
    | ChoosePassword
    | ChangeOwnPassword
    | ArmSecondFactor
    | DropSecondFactor
    | EndOwnSession
    | AdmitAccount
    | RefuseLogin
    | SendMemberLink
    | InviteVisitor
    | RevokePass
    | UsePass
    | SetUpPanel
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: `pointer` is the JSON pointer (RFC 6901) of the field, `text` what to do.

    `facts` are what a program may want to read of it.
    """

    pointer: str
    code: str
    text: str
    facts: Mapping[str, str] = field(default_factory=dict)


RefusalKind = Literal["not_found", "invalid", "conflict", "unavailable", "forbidden"]


class Refused(Exception):
    """A command that was not carried out. Nothing has changed."""

    def __init__(self, kind: RefusalKind, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.pointer}: {fault.text}".removeprefix(": ") for fault in faults))
        self.kind = kind
        self.faults = faults
