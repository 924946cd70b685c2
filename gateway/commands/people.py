"""What is asked about members, their badges, and their data."""

from dataclasses import dataclass
from datetime import date, datetime

from gateway.domain.by_hand import Way
from gateway.domain.journal import Identity
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
