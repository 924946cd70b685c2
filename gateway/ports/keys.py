"""Who may come in by which secret."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from gateway.domain.authority import Role, Scope

KeyKind = Literal["api", "link", "invitation", "first", "session", "pending"]


@dataclass(frozen=True, slots=True)
class Key:
    """A bearer's secret, kept as its SHA-256: an API key, a one-time link or a session.

    A `link` opens a session, an `invitation` lets an account choose its password, the `first` link makes the
    first account; `pending` is the session of someone who still owes a second factor. `account` is whose
    it is: an account's id, or a member's behind `member:`; None where it belongs to whoever holds it.
    `scopes` narrow the role, `sites` an API key to what concerns them alone.
    """

    hash: str
    kind: KeyKind
    name: str
    role: Role
    expires_at: datetime
    used_at: datetime | None
    account: str | None = None
    scopes: frozenset[Scope] | None = None
    sites: frozenset[str] | None = None


class CardVault(Protocol):
    """The master key of all cards: it never leaves, and the key of a card only for whoever must have it."""

    def key_of(self, uid: bytes) -> bytes:
        """Return the key of the card with this UID: 16 bytes."""
        ...

    def lock(self, ref: str, key: bytes) -> bytes:
        """Return what the ledger keeps of a card's key; it opens for this reference alone."""
        ...

    def unlock(self, ref: str, locked: bytes) -> bytes:
        """Return the key again. Raises KeyUnreadable."""
        ...


class KeyUnreadable(Exception):
    """A locked key is damaged, or was locked under another master key."""


class Keys(Protocol):
    """Who may come in by which secret."""

    def add(self, key: Key) -> None: ...
    def all(self) -> list[Key]: ...
    def find(self, secret_hash: str) -> Key | None: ...
    def use(self, secret_hash: str, at: datetime) -> None: ...
    def forget(self, before: datetime) -> int:
        """Delete the keys that have not held since `before`; return how many."""
        ...

    def end(self, secret_hash: str, at: datetime) -> None:
        """Let a key hold no longer than `at`."""
        ...

    def end_of(self, account: str, at: datetime, *, but: str | None = None) -> None:
        """Let no key of `account` hold longer than `at`, except the one with the hash `but`."""
        ...

    def remove_of(self, account: str) -> None:
        """Forget every key of `account`: each holds a name."""
        ...

    def of(self, account: str) -> list[Key]: ...
