"""What lies in lockers: equipment on loan, and parcels."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import StringConstraints

from gateway.commands import CollectParcel, DropParcel, LendItem
from gateway.domain.loans import Loan, LoanStatus
from gateway.domain.parcels import Parcel, ParcelStatus
from gateway.web.api.shapes import Shape
from gateway.web.api.times import moment, site_of
from gateway.web.auth import CarryOut, allow
from gateway.web.context import TheGateway
from gateway.web.looking import looking_at
from protocol.base import Id, Instant

router = APIRouter(dependencies=[Depends(allow("run-place"))])

All = Annotated[bool, Query(alias="all", description="those that have ended too")]


class LoanIn(Shape):
    """An item for a member to fetch, to be back by `due_at` (without an offset: local to the site)."""

    site: Id
    item: Id
    member: Id
    due_at: datetime


class LoanOut(Shape):
    """An item promised to a member. `taken_at` and `returned_at` are when its locker was closed after."""

    id: str
    site: str
    item: str
    compartment: str
    member: str
    status: LoanStatus
    asked_at: Instant
    due_at: Instant
    taken_at: Instant | None
    returned_at: Instant | None


class ParcelIn(Shape):
    """A parcel that a carrier brings for a member."""

    site: Id
    member: Id
    carrier: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class CodeIn(Shape):
    """The code that a parcel's addressee was sent."""

    site: Id
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]


class ParcelOut(Shape):
    """A parcel in a locker, kept until `deadline`."""

    id: str
    site: str
    compartment: str
    member: str | None
    carrier: str
    status: ParcelStatus
    dropped_at: Instant
    deadline: Instant
    collected_at: Instant | None


@router.get("/loans", tags=["loans"], summary="Loans", dependencies=[Depends(looking_at("loans"))])
def loans(gateway: TheGateway, site: Id | None = None, *, every: All = False) -> list[LoanOut]:
    """List the loans that have not ended."""
    with gateway.ledger.reading() as books:
        return [LoanOut.model_validate(loan) for loan in books.lockers.loans(site, live=not every)]


@router.post("/loans", status_code=201, tags=["loans"], summary="Lend an item")
def lend(wanted: LoanIn, gateway: TheGateway, carry_out: CarryOut) -> LoanOut:
    """Let a member fetch an item with a badge."""
    due_at = moment(wanted.due_at, site_of(gateway, wanted.site), "/due_at")
    loan: Loan = carry_out(LendItem(wanted.site, wanted.item, wanted.member, due_at))
    return LoanOut.model_validate(loan)


@router.get("/parcels", tags=["parcels"], summary="Parcels", dependencies=[Depends(looking_at("parcels"))])
def parcels(gateway: TheGateway, site: Id | None = None, *, every: All = False) -> list[ParcelOut]:
    """List the parcels that wait."""
    with gateway.ledger.reading() as books:
        return [ParcelOut.model_validate(parcel) for parcel in books.lockers.parcels(site, live=not every)]


@router.post("/parcels", status_code=201, tags=["parcels"], summary="Take in a parcel")
def drop(wanted: ParcelIn, carry_out: CarryOut) -> ParcelOut:
    """Open a free compartment for a parcel, and tell its addressee."""
    parcel: Parcel = carry_out(DropParcel(wanted.site, wanted.member, wanted.carrier))
    return ParcelOut.model_validate(parcel)


@router.post("/parcels/collect", tags=["parcels"], summary="Fetch a parcel")
def collect(shown: CodeIn, carry_out: CarryOut) -> ParcelOut:
    """Open the compartment that a code belongs to."""
    parcel: Parcel = carry_out(CollectParcel(shown.site, shown.code))
    return ParcelOut.model_validate(parcel)
