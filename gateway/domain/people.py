"""Members, and the credentials by which doors know them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from protocol.events import Assurance
from protocol.site import Plan

__all__ = ["Category", "Credential", "Holders", "Member", "Plan", "Suspension"]

Category = Literal["member", "guest", "staff"]

_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Member:
    """A person whom the place knows, from `since` until `until` (half-open, UTC; None: no end).

    `sites` are those where the plan holds; `office` is the space that a resident rents; by `mail`
    a member is told things, and comes in; `host` is the member who invited a guest.
    """

    id: str
    name: str
    category: Category
    plan: Plan
    sites: tuple[str, ...]
    office: str | None
    since: datetime
    until: datetime | None
    mail: str | None = None
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Suspension:
    """A time in which a member's badges open nothing, in [since, until), UTC (None: until it is lifted)."""

    id: str
    member: str
    since: datetime
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Card:
    """A card that nobody has been given yet: its reference, and its own key, locked, where it has one.

    `relock_after_s`: see Credential.
    """

    ref: str
    locked_key: bytes | None = None
    relock_after_s: float | None = None
    duress: bool = False


@dataclass(frozen=True, slots=True)
class Credential:
    """A badge in someone's hands from `since` until `revoked_at` (half-open, UTC; None: still).

    `locked_key` is its own key, which only the vault opens; None where its number is all there is to know.
    `relock_after_s` is how long doors stay released at least for who walks slowly; None: as long as usual.
    A badge of `duress` opens as another would, and calls for help.
    """

    ref: str
    member: str
    since: datetime
    revoked_at: datetime | None
    locked_key: bytes | None = None
    relock_after_s: float | None = None
    duress: bool = False

    @property
    def assurance(self) -> Assurance:
        """The most that this badge can prove."""
        return "uid" if self.locked_key is None else "aes"

    def held_at(self, moment: datetime) -> bool:
        """Whether the badge stood for its member at `moment`."""
        return self.since <= moment and (self.revoked_at is None or moment < self.revoked_at)


class Holders:
    """Who held which credential when. One badge may pass from hand to hand."""

    __slots__ = ("_by_ref",)

    def __init__(self, credentials: Iterable[Credential]) -> None:
        self._by_ref: defaultdict[str, list[Credential]] = defaultdict(list)
        for credential in sorted(credentials, key=lambda c: (c.since, c.member), reverse=True):
            self._by_ref[credential.ref].append(credential)

    def holder(self, ref: str, at: datetime) -> str | None:
        """Return the id of the member who held `ref` at `at`; the latest to receive it where two did."""
        for credential in self._by_ref.get(ref, ()):
            if credential.held_at(at):
                return credential.member
        return None


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """Stands in for a person in all records of one civil month: `id` for the member, `ref` for every card.

    Both are random. `category` is the person's, as bills need it (None: nobody knew it any more).
    """

    id: str
    ref: str
    month: str
    category: Category | None

    def credential(self) -> Credential:
        """Return the card that was only ever held by this pseudonym."""
        return Credential(self.ref, self.id, _BEGINNING, None)


PSEUDONYMOUS: Final = "past-"
"""How the id of somebody begins who is not known any more."""
