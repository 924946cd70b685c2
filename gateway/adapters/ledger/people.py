"""Members and credentials: ordinary tables, inputs of everything else."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, delete, insert, or_, select, update

from gateway.adapters.ledger.tables import credentials, members, suspensions
from gateway.domain.people import Credential, Member, Suspension


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

    def suspend(self, suspension: Suspension) -> None:
        self._connection.execute(insert(suspensions), asdict(suspension))

    def suspensions(self, member: str | None = None) -> list[Suspension]:
        wanted = select(suspensions).order_by(suspensions.c.since, suspensions.c.id)
        if member is not None:
            wanted = wanted.where(suspensions.c.member == member)
        return [Suspension(**row) for row in self._connection.execute(wanted).mappings()]

    def lift(self, suspension: str, at: datetime) -> None:
        lasting = or_(suspensions.c.until.is_(None), suspensions.c.until > at)
        here = (suspensions.c.id == suspension, lasting)
        self._connection.execute(update(suspensions).where(*here).values(until=at))

    def remove(self, member: str) -> None:
        self._connection.execute(delete(credentials).where(credentials.c.member == member))
        self._connection.execute(delete(suspensions).where(suspensions.c.member == member))
        self._connection.execute(update(members).where(members.c.host == member).values(host=None))
        self._connection.execute(delete(members).where(members.c.id == member))


def _member(row: RowMapping) -> Member:
    return Member(**{**row, "sites": tuple(row["sites"].split(","))})


def _credential(row: Row[Any]) -> Credential:
    return Credential(row.ref, row.member, row.since, row.revoked_at, row.locked_key)
