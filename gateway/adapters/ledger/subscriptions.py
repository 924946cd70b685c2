"""Calendars that were given out, by the hashes of their secret addresses."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Boolean, Column, Connection, String, Table, delete, insert, select, update

from gateway.adapters.ledger.tables import Moment, metadata
from gateway.domain.subscriptions import Subscription

subscriptions = Table(
    "calendar_subscriptions",
    metadata,
    Column("id", String, primary_key=True),
    Column("hash", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("site", String),
    Column("space", String),
    Column("member", String),
    Column("titles", Boolean, nullable=False),
    Column("since", Moment, nullable=False),
    Column("revoked_at", Moment),
)


class SubscriptionTable:
    """Subscriptions within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, subscription: Subscription) -> None:
        self._connection.execute(insert(subscriptions), asdict(subscription))

    def all(self) -> list[Subscription]:
        wanted = select(subscriptions).order_by(subscriptions.c.since, subscriptions.c.id)
        return [Subscription(**row) for row in self._connection.execute(wanted).mappings()]

    def find(self, secret_hash: str) -> Subscription | None:
        wanted = select(subscriptions).where(subscriptions.c.hash == secret_hash)
        row = self._connection.execute(wanted).mappings().first()
        return Subscription(**row) if row else None

    def of(self, member: str) -> list[Subscription]:
        return [each for each in self.all() if each.member == member]

    def forget(self, member: str) -> None:
        self._connection.execute(delete(subscriptions).where(subscriptions.c.member == member))

    def forget_revoked(self, before: datetime) -> int:
        return self._connection.execute(
            delete(subscriptions).where(subscriptions.c.revoked_at < before)
        ).rowcount

    def revoke(self, subscription: str, at: datetime) -> bool:
        here = (subscriptions.c.id == subscription, subscriptions.c.revoked_at.is_(None))
        return self._connection.execute(update(subscriptions).where(*here).values(revoked_at=at)).rowcount > 0
