"""Bookings, and the spaces that are held for them: the database itself lets no two holds overlap."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, RowMapping, Select, delete, insert, select
from sqlalchemy.exc import IntegrityError

from gateway.adapters.ledger.tables import attendances, booking_marks, bookings, privatisations
from gateway.adapters.ledger.tables import holds as held
from gateway.domain.attendance import Attendance, Mark
from gateway.domain.bookings import Booking, Hold
from gateway.domain.privatisation import Privatisation
from gateway.ports import AlreadyHeld

_TOGETHER: Final = 500


class BookingTables:
    """Bookings and holds within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, booking: Booking) -> None:
        self._connection.execute(delete(bookings).where(bookings.c.id == booking.id))
        self._connection.execute(insert(bookings), asdict(booking))

    def get(self, booking: str) -> Booking | None:
        row = self._connection.execute(select(bookings).where(bookings.c.id == booking)).mappings().first()
        return Booking(**row) if row else None

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

    def of_member(self, member: str, start: datetime, end: datetime) -> list[Booking]:
        begun = (bookings.c.starts_at >= start, bookings.c.starts_at < end)
        found = self._connection.execute(select(bookings).where(bookings.c.member == member, *begun))
        return [Booking(**row) for row in found.mappings()]

    def waiting(self, site: str, now: datetime) -> list[Booking]:
        lasting = (bookings.c.site == site, bookings.c.ends_at > now)
        wanted = select(bookings).where(*lasting, bookings.c.status == "waiting")
        found = self._connection.execute(wanted.order_by(bookings.c.made_at, bookings.c.id))
        return [Booking(**row) for row in found.mappings()]

    def of_series(self, series: str) -> list[Booking]:
        wanted = select(bookings).where(bookings.c.series == series).order_by(bookings.c.starts_at)
        return [Booking(**row) for row in self._connection.execute(wanted).mappings()]

    def hold(self, holds: Sequence[Hold]) -> None:
        try:
            with self._connection.begin_nested():
                for booking in {hold.booking for hold in holds}:
                    self.let_go(booking)
                self._connection.execute(insert(held), [asdict(hold) for hold in holds])
        except IntegrityError as error:
            taken = ", ".join(f"{hold.site}/{hold.space} from {hold.starts_at}" for hold in holds)
            raise AlreadyHeld(taken) from error

    def let_go(self, booking: str) -> None:
        self._connection.execute(delete(held).where(held.c.booking == booking))

    def put_privatisation(self, privatisation: Privatisation) -> None:
        row = asdict(privatisation)
        row |= {"spaces": ",".join(privatisation.spaces), "guests": ",".join(privatisation.guests)}
        here = privatisations.c.id == privatisation.id
        self._connection.execute(delete(privatisations).where(here))
        self._connection.execute(insert(privatisations), row)

    def privatisation(self, privatisation: str) -> Privatisation | None:
        wanted = select(privatisations).where(privatisations.c.id == privatisation)
        row = self._connection.execute(wanted).mappings().first()
        return _privatisation(row) if row else None

    def privatisations(self, site: str, start: datetime, end: datetime) -> list[Privatisation]:
        here, there = privatisations.c.site == site, privatisations.c.starts_at < end
        wanted = select(privatisations).where(here, there, privatisations.c.ends_at > start)
        found = self._connection.execute(wanted.order_by(privatisations.c.starts_at, privatisations.c.id))
        return [_privatisation(row) for row in found.mappings()]

    def holds_of(self, bookings: Iterable[str]) -> list[Hold]:
        rows = self._rows_of(select(held).order_by(held.c.starts_at), held.c.booking, bookings)
        return [Hold(**row) for row in rows]

    def mark(self, mark: Mark) -> None:
        self._connection.execute(insert(booking_marks), asdict(mark))

    def marks(self, bookings: Iterable[str]) -> list[Mark]:
        wanted = select(booking_marks).order_by(booking_marks.c.id)
        rows = self._rows_of(wanted, booking_marks.c.booking, bookings)
        return [Mark(row["booking"], row["what"], row["at"], row["by"]) for row in rows]

    def put_attendance(self, booking: str, attendance: Attendance) -> None:
        self._connection.execute(delete(attendances).where(attendances.c.booking == booking))
        self._connection.execute(insert(attendances), {"booking": booking, **asdict(attendance)})

    def attendances(self, bookings: Iterable[str]) -> dict[str, Attendance]:
        rows = self._rows_of(select(attendances), attendances.c.booking, bookings)
        return {
            row["booking"]: Attendance(**{name: row[name] for name in row if name != "booking"})
            for row in rows
        }

    def _rows_of(
        self, wanted: Select[Any], column: Column[str], bookings: Iterable[str]
    ) -> Iterator[RowMapping]:
        """Read the rows of `bookings`, so many at a time as every database takes."""
        ids = list(bookings)
        for start in range(0, len(ids), _TOGETHER):
            some = ids[start : start + _TOGETHER]
            yield from self._connection.execute(wanted.where(column.in_(some))).mappings()

    def holds(self, site: str, start: datetime, end: datetime) -> list[Hold]:
        overlapping = select(held).where(held.c.site == site, held.c.starts_at < end, held.c.ends_at > start)
        found = self._connection.execute(overlapping.order_by(held.c.starts_at, held.c.booking))
        return [Hold(**row) for row in found.mappings()]


def _privatisation(row: RowMapping) -> Privatisation:
    return Privatisation(**{**row, "spaces": _ids(row["spaces"]), "guests": _ids(row["guests"])})


def _ids(joined: str) -> tuple[str, ...]:
    return tuple(joined.split(",")) if joined else ()
