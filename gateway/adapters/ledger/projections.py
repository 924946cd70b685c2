"""Visits and space states: worked out from the journal, replaced whole whenever it says otherwise."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from gateway.adapters.ledger.tables import space_states, visits
from gateway.domain.occupancy import SpaceState
from gateway.domain.visits import Visit


class ProjectionTables:
    """Projections within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace_visits(self, site: str, day: date, new: Iterable[Visit]) -> bool:
        here = (visits.c.site == site, visits.c.day == day)
        rows = self._connection.execute(select(visits).where(*here).order_by(visits.c.id))
        wanted = list(new)
        if [_visit(row) for row in rows] == wanted:
            return False
        self._connection.execute(delete(visits).where(*here))
        if wanted:
            self._connection.execute(insert(visits), [{**asdict(visit), "day": day} for visit in wanted])
        return True

    def visits(self, start: date, end: date, site: str | None = None) -> list[Visit]:
        wanted = select(visits).where(visits.c.day >= start, visits.c.day < end)
        if site is not None:
            wanted = wanted.where(visits.c.site == site)
        found = self._connection.execute(wanted.order_by(visits.c.begun_at, visits.c.member))
        return [_visit(row) for row in found]

    def replace_spaces(self, site: str, states: dict[str, SpaceState]) -> bool:
        if self.spaces(site) == states:
            return False
        self._connection.execute(delete(space_states).where(space_states.c.site == site))
        if states:
            rows = [{"site": site, "space": space, **asdict(state)} for space, state in states.items()]
            self._connection.execute(insert(space_states), rows)
        return True

    def spaces(self, site: str) -> dict[str, SpaceState]:
        rows = self._connection.execute(select(space_states).where(space_states.c.site == site))
        return {row.space: SpaceState(row.people, row.occupied, row.since) for row in rows}


def _visit(row: Row[Any]) -> Visit:
    return Visit(
        site=row.site,
        member=row.member,
        begun_at=row.begun_at,
        ended_at=row.ended_at,
        quality=row.quality,
        begun_by=row.begun_by,
        ended_by=row.ended_by,
    )
