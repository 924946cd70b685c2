"""What people can ask of the gateway, in the imperative, and how it says no."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from gateway.domain.authority import Role
from gateway.domain.people import Card, Member


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
class GiveCredential:
    """Hand a card to a member."""

    member: str
    card: Card


@dataclass(frozen=True, slots=True)
class RevokeCredential:
    """Take a card out of every door."""

    ref: str


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
    """Book a space for a member over [starts_at, ends_at)."""

    site: str
    space: str
    member: str
    starts_at: datetime
    ends_at: datetime
    title: str | None


@dataclass(frozen=True, slots=True)
class BookSpaces:
    """Make bookings, in this order: all of them, or none where one cannot be."""

    bookings: tuple[BookSpace, ...]


@dataclass(frozen=True, slots=True)
class CancelBooking:
    """Give a booked time back."""

    booking: str


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
    """Make a secret: an API key, a one-time login link or a session."""

    kind: Literal["api", "link", "session"]
    name: str
    role: Role
    lives: timedelta


@dataclass(frozen=True, slots=True)
class UseLoginLink:
    """Change a one-time link into a session."""

    secret: str


@dataclass(frozen=True, slots=True)
class EndSession:
    """Make a session's secret worthless from now on."""

    secret: str


Command = (
    AddMembers
    | GiveCredential
    | RevokeCredential
    | ExportMember
    | EraseMember
    | BookSpace
    | BookSpaces
    | CancelBooking
    | LendItem
    | DropParcel
    | CollectParcel
    | OpenDoor
    | EnrolSealingKey
    | MintKey
    | UseLoginLink
    | EndSession
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: `pointer` is the JSON pointer (RFC 6901) of the field, `text` what to do."""

    pointer: str
    code: str
    text: str


class Refused(Exception):
    """A command that was not carried out. Nothing has changed."""

    def __init__(
        self, kind: Literal["not_found", "invalid", "conflict", "unavailable", "forbidden"], *faults: Fault
    ) -> None:
        super().__init__("; ".join(f"{fault.pointer}: {fault.text}".removeprefix(": ") for fault in faults))
        self.kind = kind
        self.faults = faults
