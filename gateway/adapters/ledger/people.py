"""Members and credentials: ordinary tables, inputs of everything else."""

import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, RowMapping, delete, insert, or_, select, update

from gateway.adapters.ledger.tables import credentials, members, meta, suspensions
from gateway.domain.people import Credential, Member, Suspension

_STAMP: Final = "people_stamp"


@dataclass(frozen=True, slots=True)
class _Everyone:
    """Everyone, and all their credentials, as they were when `stamp` was written."""

    stamp: str
    members: tuple[Member, ...]
    credentials: tuple[Credential, ...]


@dataclass(slots=True)
class PeopleMemory:
    """What a ledger read of everyone last: each change of a list needs them, and few of those are theirs."""

    everyone: _Everyone | None = None


class PeopleTables:
    """Members and credentials within one transaction.

    Each change leaves a new stamp, a random one: what was rolled back is never taken for what is there.
    """

    def __init__(self, connection: Connection, memory: PeopleMemory) -> None:
        self._connection = connection
        self._memory = memory

    def add(self, new: Iterable[Member]) -> None:
        rows = [{**asdict(member), "sites": ",".join(member.sites)} for member in new]
        if rows:
            self._changed()
            self._connection.execute(insert(members), rows)

    def members(self, site: str | None = None) -> list[Member]:
        return [each for each in self._everyone().members if site is None or site in each.sites]

    def member(self, member: str) -> Member | None:
        row = self._connection.execute(select(members).where(members.c.id == member)).mappings().first()
        return _member(row) if row else None

    def set_mail(self, member: str, mail: str | None) -> None:
        self._changed()
        self._connection.execute(update(members).where(members.c.id == member).values(mail=mail))

    def give(self, new: Iterable[Credential]) -> None:
        rows = [asdict(credential) for credential in new]
        if rows:
            self._changed()
            self._connection.execute(insert(credentials), rows)

    def credentials(self, member: str | None = None) -> list[Credential]:
        if member is None:
            return list(self._everyone().credentials)
        wanted = select(credentials).where(credentials.c.member == member).order_by(credentials.c.id)
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
        self._changed()
        here = (credentials.c.ref == ref, credentials.c.revoked_at.is_(None))
        return self._connection.execute(update(credentials).where(*here).values(revoked_at=at)).rowcount > 0

    def set_relock(self, ref: str, relock_after_s: float | None) -> bool:
        self._changed()
        here = (credentials.c.ref == ref, credentials.c.revoked_at.is_(None))
        changed = update(credentials).where(*here).values(relock_after_s=relock_after_s)
        return self._connection.execute(changed).rowcount > 0

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
        self._changed()
        self._connection.execute(delete(credentials).where(credentials.c.member == member))
        self._connection.execute(delete(suspensions).where(suspensions.c.member == member))
        self._connection.execute(update(members).where(members.c.host == member).values(host=None))
        self._connection.execute(delete(members).where(members.c.id == member))

    def _everyone(self) -> _Everyone:
        stamp = self._connection.execute(select(meta.c.value).where(meta.c.key == _STAMP)).scalar()
        known = self._memory.everyone
        if known is not None and known.stamp == stamp:
            return known
        rows = self._connection.execute(select(members).order_by(members.c.id)).mappings()
        cards = self._connection.execute(select(credentials).order_by(credentials.c.id))
        found = _Everyone(stamp or "", tuple(map(_member, rows)), tuple(map(_credential, cards)))
        self._memory.everyone = found
        return found

    def _changed(self) -> None:
        self._connection.execute(delete(meta).where(meta.c.key == _STAMP))
        self._connection.execute(insert(meta), {"key": _STAMP, "value": secrets.token_hex(16)})


def _member(row: RowMapping) -> Member:
    return Member(**{**row, "sites": tuple(row["sites"].split(","))})


def _credential(row: Row[Any]) -> Credential:
    return Credential(
        row.ref, row.member, row.since, row.revoked_at, row.locked_key, row.relock_after_s, row.duress
    )
