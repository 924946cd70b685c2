"""Who may come in by which secret."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from gateway.domain.authority import Role


@dataclass(frozen=True, slots=True)
class Key:
    """A bearer's secret, kept as its SHA-256: an API key, a login link or a session."""

    hash: str
    kind: Literal["api", "link", "session"]
    name: str
    role: Role
    expires_at: datetime
    used_at: datetime | None


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
