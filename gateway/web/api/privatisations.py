"""Places hired whole."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field, StringConstraints

from gateway.commands import Admit, CancelPrivatisation, Privatise
from gateway.domain.bookings import Status
from gateway.domain.privatisation import Privatisation
from gateway.web.api.shapes import Shape
from gateway.web.api.times import moment, site_of
from gateway.web.auth import CarryOut, allow
from gateway.web.context import TheGateway, TheHub
from protocol.base import Id, Instant

router = APIRouter(prefix="/privatisations", tags=["bookings"], dependencies=[Depends(allow("run-place"))])

_SHOWN = timedelta(days=366)

Guests = Annotated[list[Id], Field(max_length=2_000)]


class PrivatisationIn(Shape):
    """A hire to be: without `spaces`, of the whole site. A time without an offset is local to the site."""

    site: Id
    spaces: list[Id] = Field(default_factory=list, max_length=100)
    organiser: Id
    starts_at: datetime
    ends_at: datetime
    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    guests: Guests = Field(default_factory=list)


class GuestsIn(Shape):
    """Whom the organiser lets in, by member id; the list replaces the one before."""

    guests: Guests


class PrivatisationOut(Shape):
    """Spaces (none: the whole site) that are one organiser's in [starts_at, ends_at)."""

    id: str
    site: str
    spaces: list[str]
    organiser: str
    starts_at: Instant
    ends_at: Instant
    status: Status
    title: str | None
    guests: list[str]


@router.get("", summary="Hires of the year ahead")
def privatisations(gateway: TheGateway, site: Id) -> list[PrivatisationOut]:
    """List what is hired whole at a site from now on, for a year; cancelled ones too."""
    now = gateway.clock.now()
    with gateway.ledger.reading() as books:
        found = books.bookings.privatisations(site_of(gateway, site).id, now, now + _SHOWN)
    return [PrivatisationOut.model_validate(each) for each in found]


@router.post("", status_code=201, summary="Hire a place whole")
def privatise(
    wanted: PrivatisationIn, gateway: TheGateway, hub: TheHub, carry_out: CarryOut
) -> PrivatisationOut:
    """Close spaces to all but the organiser's guests and staff; 409 names each booking in the way."""
    site = site_of(gateway, wanted.site)
    hired: Privatisation = carry_out(
        Privatise(
            site.id,
            tuple(wanted.spaces),
            wanted.organiser,
            moment(wanted.starts_at, site, "/starts_at"),
            moment(wanted.ends_at, site, "/ends_at"),
            wanted.title or None,
            tuple(wanted.guests),
        )
    )
    hub.stir()
    return PrivatisationOut.model_validate(hired)


@router.put("/{privatisation}/guests", summary="Say who is let in")
def admit(privatisation: str, wanted: GuestsIn, carry_out: CarryOut) -> PrivatisationOut:
    """Let these guests in, and nobody else beside the organiser."""
    return PrivatisationOut.model_validate(carry_out(Admit(privatisation, tuple(wanted.guests))))


@router.delete("/{privatisation}", status_code=204, summary="Cancel a hire")
def cancel(privatisation: str, hub: TheHub, carry_out: CarryOut) -> None:
    """Give what was hired back; members come in again."""
    carry_out(CancelPrivatisation(privatisation))
    hub.stir()
