"""Pseudonyms, and the day before which each site's records name nobody."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from gateway.adapters.ledger.tables import nameless, pseudonyms
from gateway.domain.people import Pseudonym


class PseudonymTables:
    """Pseudonyms within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def nameless_before(self, site: str) -> date:
        wanted = select(nameless.c.before).where(nameless.c.site == site)
        return self._connection.execute(wanted).scalar() or date.min

    def move_on(self, site: str, before: date) -> None:
        self._connection.execute(delete(nameless).where(nameless.c.site == site))
        self._connection.execute(insert(nameless), {"site": site, "before": before})

    def of_month(self, month: str) -> list[Pseudonym]:
        wanted = select(pseudonyms).where(pseudonyms.c.month == month).order_by(pseudonyms.c.id)
        return [_pseudonym(row) for row in self._connection.execute(wanted)]

    def of(self, member: str, month: str) -> Pseudonym | None:
        wanted = select(pseudonyms).where(pseudonyms.c.member == member, pseudonyms.c.month == month)
        row = self._connection.execute(wanted).first()
        return _pseudonym(row) if row else None

    def whose(self, month: str) -> dict[str, str]:
        linked = select(pseudonyms).where(pseudonyms.c.month == month, pseudonyms.c.member.is_not(None))
        return {row.id: row.member for row in self._connection.execute(linked)}

    def add(self, pseudonym: Pseudonym, member: str | None) -> None:
        row = {
            "id": pseudonym.id,
            "ref": pseudonym.ref,
            "month": pseudonym.month,
            "category": pseudonym.category,
            "member": member,
        }
        self._connection.execute(insert(pseudonyms), row)

    def unlink(self, *, before_month: str | None = None, member: str | None = None) -> int:
        linked = update(pseudonyms).where(pseudonyms.c.member.is_not(None)).values(member=None)
        if before_month is not None:
            linked = linked.where(pseudonyms.c.month < before_month)
        if member is not None:
            linked = linked.where(pseudonyms.c.member == member)
        return self._connection.execute(linked).rowcount

    def forget(self, before_month: str) -> int:
        return self._connection.execute(delete(pseudonyms).where(pseudonyms.c.month < before_month)).rowcount


def _pseudonym(row: Row[Any]) -> Pseudonym:
    return Pseudonym(row.id, row.ref, row.month, row.category)
