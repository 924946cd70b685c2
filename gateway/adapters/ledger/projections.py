"""Visits and space states: worked out from the journal, replaced whole whenever it says otherwise."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from gateway.adapters.ledger.tables import clones, space_states, standstills, visits
from gateway.domain.clones import Clone
from gateway.domain.journal import Identity
from gateway.domain.occupancy import SpaceState
from gateway.domain.visits import Visit
from gateway.ports import Part, Standstill


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

    def visits_of(self, member: str) -> list[Visit]:
        wanted = select(visits).where(visits.c.member == member).order_by(visits.c.begun_at)
        return [_visit(row) for row in self._connection.execute(wanted)]

    def rename_visitors(
        self, names: Mapping[str, str], start: date, end: date, site: str | None = None
    ) -> int:
        wanted = select(visits.c.id, visits.c.member).where(visits.c.day >= start, visits.c.day < end)
        if site is not None:
            wanted = wanted.where(visits.c.site == site)
        found = [
            (row.id, names[row.member]) for row in self._connection.execute(wanted) if row.member in names
        ]
        if found:
            renamed = update(visits).where(visits.c.id == bindparam("of")).values(member=bindparam("to"))
            self._connection.execute(renamed, [{"of": number, "to": name} for number, name in found])
        return len(found)

    def forget_visits(self, before: date) -> int:
        return self._connection.execute(delete(visits).where(visits.c.day < before)).rowcount

    def days(self, site: str, *, unended: bool = False) -> list[date]:
        wanted = select(visits.c.day).distinct().where(visits.c.site == site)
        if unended:
            wanted = wanted.where(visits.c.ended_at.is_(None))
        return list(self._connection.execute(wanted.order_by(visits.c.day)).scalars())

    def days_come(self, members: Sequence[str], start: date, end: date) -> dict[str, frozenset[date]]:
        if not members:
            return {}
        counted, come = frozenset(members), defaultdict[str, set[date]](set)
        wanted = select(visits.c.member, visits.c.day).distinct()
        for member, day in self._connection.execute(wanted.where(visits.c.day >= start, visits.c.day < end)):
            if member in counted:
                come[member].add(day)
        return {member: frozenset(days) for member, days in come.items()}

    def replace_clones(self, site: str, day: date, new: Iterable[Clone]) -> bool:
        here = (clones.c.site == site, clones.c.day == day)
        wanted = list(new)
        rows = self._connection.execute(select(clones).where(*here).order_by(clones.c.id))
        if [_clone(row) for row in rows] == wanted:
            return False
        self._connection.execute(delete(clones).where(*here))
        if wanted:
            self._connection.execute(insert(clones), [_clone_row(clone, day) for clone in wanted])
        return True

    def clones(self, site: str, since: datetime) -> list[Clone]:
        wanted = select(clones).where(clones.c.site == site, clones.c.at >= since)
        return [_clone(row) for row in self._connection.execute(wanted.order_by(clones.c.at, clones.c.id))]

    def replace_spaces(self, site: str, states: Mapping[str, SpaceState]) -> bool:
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

    def stand_still(self, standstill: Standstill) -> None:
        self.go_on(standstill.part)
        row = {**standstill.part._asdict(), "since": standstill.since, "reason": standstill.reason}
        self._connection.execute(insert(standstills), row)

    def go_on(self, part: Part) -> None:
        here = [standstills.c[name] == word for name, word in part._asdict().items()]
        self._connection.execute(delete(standstills).where(*here))

    def standstills(self) -> list[Standstill]:
        rows = self._connection.execute(
            select(standstills).order_by(standstills.c.since, standstills.c.subject)
        )
        return [
            Standstill(Part(row.site, row.projection, row.subject), row.since, row.reason) for row in rows
        ]


def _clone(row: Row[Any]) -> Clone:
    return Clone(row.site, Identity(row.node, row.epoch, row.seq), row.at, row.cause)


def _clone_row(clone: Clone, day: date) -> dict[str, Any]:
    return {"site": clone.site, "day": day, "at": clone.at, "cause": clone.cause, **asdict(clone.seen)}


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
