"""Who reads the bookings as a calendar."""

from datetime import datetime
from typing import Protocol

from gateway.domain.subscriptions import Subscription


class Subscriptions(Protocol):
    """Secret addresses of calendars that were given out."""

    def add(self, subscription: Subscription) -> None: ...
    def all(self) -> list[Subscription]: ...
    def find(self, secret_hash: str) -> Subscription | None: ...
    def of(self, member: str) -> list[Subscription]: ...
    def forget(self, member: str) -> None:
        """Keep nothing of a member's subscriptions."""
        ...

    def forget_revoked(self, before: datetime) -> int:
        """Delete those that were revoked before a moment; return how many."""
        ...

    def revoke(self, subscription: str, at: datetime) -> bool:
        """Let a subscription answer no more; whether there was one that still did."""
        ...
