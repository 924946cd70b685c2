"""Members, credentials and bookings: ordinary tables, inputs of everything else."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, delete, insert, or_, select, update

from gateway.adapters.ledger.tables import bookings, credentials, members
from gateway.domain.bookings import Booking
from gateway.domain.people import Credential, Member


class PeopleTables:
    """Members and credentials within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: Iterable[Member]) -> None:
        rows = [{**asdict(member), "sites": ",".join(member.sites)} for member in new]
        if rows:
            self._connection.execute(insert(members), rows)

    def members(self, site: str | None = None) -> list[Member]:
        rows = self._connection.execute(select(members).order_by(members.c.id)).mappings()
        found = [_member(row) for row in rows]
        return [member for member in found if site is None or site in member.sites]

    def member(self, member: str) -> Member | None:
        row = self._connection.execute(select(members).where(members.c.id == member)).mappings().first()
        return _member(row) if row else None

    def set_mail(self, member: str, mail: str | None) -> None:
        self._connection.execute(update(members).where(members.c.id == member).values(mail=mail))

    def give(self, new: Iterable[Credential]) -> None:
        rows = [asdict(credential) for credential in new]
        if rows:
            self._connection.execute(insert(credentials), rows)

    def credentials(self, member: str | None = None) -> list[Credential]:
        wanted = select(credentials).order_by(credentials.c.id)
        if member is not None:
            wanted = wanted.where(credentials.c.member == member)
        return [_credential(row) for row in self._connection.execute(wanted)]

    def holding(self, ref: str, at: datetime) -> Credential | None:
        wanted = select(credentials).where(
            credentials.c.ref == ref,
            credentials.c.since <= at,
            or_(credentials.c.revoked_at.is_(None), credentials.c.revoked_at > at),
        )
        row = self._connection.execute(wanted).first()
        return _credential(row) if row else None

    def revoke(self, ref: str, at: datetime) -> bool:
        here = (credentials.c.ref == ref, credentials.c.revoked_at.is_(None))
        return self._connection.execute(update(credentials).where(*here).values(revoked_at=at)).rowcount > 0

    def remove(self, member: str) -> None:
        self._connection.execute(delete(credentials).where(credentials.c.member == member))
        self._connection.execute(delete(members).where(members.c.id == member))


class BookingTable:
    """Bookings within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, booking: Booking) -> None:
        self._connection.execute(insert(bookings), asdict(booking))

    def get(self, booking: str) -> Booking | None:
        row = self._connection.execute(select(bookings).where(bookings.c.id == booking)).mappings().first()
        return Booking(**row) if row else None

    def cancel(self, booking: str) -> None:
        self._connection.execute(update(bookings).where(bookings.c.id == booking).values(status="cancelled"))

    def entitle(self, booking: str, title: str | None) -> None:
        self._connection.execute(update(bookings).where(bookings.c.id == booking).values(title=title))

    def between(self, site: str | None, start: datetime, end: datetime) -> list[Booking]:
        wanted = select(bookings).where(bookings.c.starts_at < end, bookings.c.ends_at > start)
        if site is not None:
            wanted = wanted.where(bookings.c.site == site)
        found = self._connection.execute(wanted.order_by(bookings.c.starts_at, bookings.c.id))
        return [Booking(**row) for row in found.mappings()]

    def of(self, member: str) -> list[Booking]:
        wanted = select(bookings).where(bookings.c.member == member)
        found = self._connection.execute(wanted.order_by(bookings.c.starts_at, bookings.c.id))
        return [Booking(**row) for row in found.mappings()]

    def put(self, booking: Booking) -> None:
        self._connection.execute(update(bookings).where(bookings.c.id == booking.id).values(asdict(booking)))


def _member(row: RowMapping) -> Member:
    return Member(**{**row, "sites": tuple(row["sites"].split(","))})


def _credential(row: Row[Any]) -> Credential:
    return Credential(row.ref, row.member, row.since, row.revoked_at, row.locked_key)
