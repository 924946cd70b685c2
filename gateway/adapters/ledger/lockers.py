"""Loans and parcels: what the desks decided, and how far the compartments say it has come."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, delete, insert, or_, select

from gateway.adapters.ledger.tables import loans, parcels
from gateway.domain.loans import Loan
from gateway.domain.parcels import Parcel


class LockerTables:
    """Loans and parcels within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put_loan(self, loan: Loan) -> None:
        self._connection.execute(delete(loans).where(loans.c.id == loan.id))
        self._connection.execute(insert(loans), asdict(loan))

    def loan(self, loan: str) -> Loan | None:
        row = self._connection.execute(select(loans).where(loans.c.id == loan)).mappings().first()
        return Loan(**row) if row else None

    def loans(self, site: str | None = None, *, live: bool = True) -> list[Loan]:
        wanted = select(loans).order_by(loans.c.asked_at, loans.c.id)
        if live:
            wanted = wanted.where(loans.c.returned_at.is_(None), loans.c.cancelled.is_(False))
        if site is not None:
            wanted = wanted.where(loans.c.site == site)
        return [Loan(**row) for row in self._connection.execute(wanted).mappings()]

    def loans_during(self, site: str, compartment: str, first: datetime, last: datetime) -> list[Loan]:
        wanted = select(loans).where(
            loans.c.site == site,
            loans.c.compartment == compartment,
            loans.c.asked_at <= last,
            or_(loans.c.returned_at.is_(None), loans.c.returned_at >= first),
        )
        return [Loan(**row) for row in self._connection.execute(wanted.order_by(loans.c.id)).mappings()]

    def put_parcel(self, parcel: Parcel) -> None:
        self._connection.execute(delete(parcels).where(parcels.c.id == parcel.id))
        self._connection.execute(insert(parcels), asdict(parcel))

    def parcel(self, parcel: str) -> Parcel | None:
        row = self._connection.execute(select(parcels).where(parcels.c.id == parcel)).mappings().first()
        return Parcel(**row) if row else None

    def parcels(self, site: str | None = None, *, live: bool = True) -> list[Parcel]:
        wanted = select(parcels).order_by(parcels.c.dropped_at, parcels.c.id)
        if live:
            wanted = wanted.where(parcels.c.collected_at.is_(None), parcels.c.returned.is_(False))
        if site is not None:
            wanted = wanted.where(parcels.c.site == site)
        return [Parcel(**row) for row in self._connection.execute(wanted).mappings()]

    def parcels_during(self, site: str, compartment: str, first: datetime, last: datetime) -> list[Parcel]:
        wanted = select(parcels).where(
            parcels.c.site == site,
            parcels.c.compartment == compartment,
            parcels.c.dropped_at <= last,
            or_(parcels.c.collected_at.is_(None), parcels.c.collected_at >= first),
        )
        return [Parcel(**row) for row in self._connection.execute(wanted.order_by(parcels.c.id)).mappings()]
