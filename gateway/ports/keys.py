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


class Keys(Protocol):
    """Who may come in by which secret."""

    def add(self, key: Key) -> None: ...
    def all(self) -> list[Key]: ...
    def find(self, secret_hash: str) -> Key | None: ...
    def use(self, secret_hash: str, at: datetime) -> None: ...
    def end(self, secret_hash: str, at: datetime) -> None:
        """Let a key hold no longer than `at`."""
        ...
