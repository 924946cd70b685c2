"""Passes of visitors."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select

from gateway.adapters.ledger.tables import visitor_passes as passes
from gateway.domain.visitor_passes import VisitorPass


class PassTable:
    """Passes within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, visitor_pass: VisitorPass) -> None:
        self._connection.execute(delete(passes).where(passes.c.id == visitor_pass.id))
        row = {**asdict(visitor_pass), "doors": ",".join(visitor_pass.doors)}
        self._connection.execute(insert(passes), row)

    def all(self) -> list[VisitorPass]:
        found = self._connection.execute(select(passes).order_by(passes.c.starts_at.desc(), passes.c.id))
        return [_pass(row) for row in found.mappings()]

    def get(self, visitor_pass: str) -> VisitorPass | None:
        return self._find(passes.c.id == visitor_pass)

    def by_code(self, code: str) -> VisitorPass | None:
        return self._find(passes.c.code == code)

    def of(self, host: str) -> list[VisitorPass]:
        wanted = select(passes).where(passes.c.host == host).order_by(passes.c.starts_at, passes.c.id)
        return [_pass(row) for row in self._connection.execute(wanted).mappings()]

    def forget_of(self, host: str) -> None:
        self._connection.execute(delete(passes).where(passes.c.host == host))

    def forget_ended(self, before: datetime) -> int:
        return self._connection.execute(delete(passes).where(passes.c.ends_at < before)).rowcount

    def _find(self, condition: Any) -> VisitorPass | None:
        row = self._connection.execute(select(passes).where(condition)).mappings().first()
        return _pass(row) if row else None


def _pass(row: RowMapping) -> VisitorPass:
    return VisitorPass(**{**row, "doors": tuple(row["doors"].split(","))})
