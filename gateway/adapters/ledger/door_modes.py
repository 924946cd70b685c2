"""Modes of doors, and events: ordinary tables, of which lists are compiled."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, insert, or_, select

from gateway.adapters.ledger.tables import door_modes, gatherings
from gateway.domain.door_modes import DoorMode
from gateway.domain.gatherings import Gathering


class DoorModeTables:
    """Modes and events within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, mode: DoorMode) -> None:
        self._connection.execute(delete(door_modes).where(door_modes.c.id == mode.id))
        self._connection.execute(insert(door_modes), {**asdict(mode), "doors": ",".join(mode.doors)})

    def get(self, mode: str) -> DoorMode | None:
        row = self._connection.execute(select(door_modes).where(door_modes.c.id == mode)).mappings().first()
        return _mode(row) if row else None

    def between(self, site: str, start: datetime, end: datetime) -> list[DoorMode]:
        lasting = or_(door_modes.c.ends_at.is_(None), door_modes.c.ends_at > start)
        wanted = select(door_modes).where(door_modes.c.site == site, door_modes.c.starts_at < end, lasting)
        found = self._connection.execute(wanted.order_by(door_modes.c.starts_at, door_modes.c.id))
        return [_mode(row) for row in found.mappings()]

    def of(self, gathering: str) -> list[DoorMode]:
        wanted = select(door_modes).where(door_modes.c.gathering == gathering)
        found = self._connection.execute(wanted.order_by(door_modes.c.starts_at, door_modes.c.id))
        return [_mode(row) for row in found.mappings()]

    def put_gathering(self, gathering: Gathering) -> None:
        self._connection.execute(delete(gatherings).where(gatherings.c.id == gathering.id))
        self._connection.execute(insert(gatherings), asdict(gathering))

    def gathering(self, gathering: str) -> Gathering | None:
        wanted = select(gatherings).where(gatherings.c.id == gathering)
        row = self._connection.execute(wanted).mappings().first()
        return Gathering(**row) if row else None

    def gatherings(self, site: str, start: datetime, end: datetime) -> list[Gathering]:
        here = (gatherings.c.site == site, gatherings.c.starts_at < end, gatherings.c.ends_at > start)
        found = self._connection.execute(select(gatherings).where(*here).order_by(gatherings.c.starts_at))
        return [Gathering(**row) for row in found.mappings()]


def _mode(row: RowMapping) -> DoorMode:
    return DoorMode(**{**row, "doors": tuple(filter(None, row["doors"].split(",")))})
