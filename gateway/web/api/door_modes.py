"""Lockdown and free passage."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field, StringConstraints

from gateway.commands import LiftMode, LockDown, OpenToAll
from gateway.domain.door_modes import DoorMode, Set
from gateway.web.api.shapes import Shape
from gateway.web.api.times import moment, site_of
from gateway.web.auth import CarryOut, allow
from gateway.web.context import TheGateway, TheHub
from protocol.base import Id, Instant

router = APIRouter(prefix="/door-modes", tags=["doors"], dependencies=[Depends(allow("run-place"))])

_SHOWN = timedelta(days=366)

Doors = Annotated[list[Id], Field(max_length=100)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class LockdownIn(Shape):
    """Doors (none: all of the site) that nobody but staff may come in by, and why: without names, please."""

    site: Id
    doors: Doors = Field(default_factory=list)
    reason: Reason


class FreePassageIn(LockdownIn):
    """Doors that let anybody in over [starts_at, ends_at). A time without an offset is local to the site."""

    starts_at: datetime
    ends_at: datetime


class DoorModeOut(Shape):
    """Doors (none: all of the site) in a mode in [starts_at, ends_at); null: until it is lifted."""

    id: str
    site: str
    mode: Set
    doors: list[str]
    starts_at: Instant
    ends_at: Instant | None
    reason: str
    gathering: str | None


@router.get("", summary="Modes of doors")
def door_modes(gateway: TheGateway, site: Id) -> list[DoorModeOut]:
    """List the modes that are in force at a site, or to come within a year."""
    now = gateway.clock.now()
    with gateway.ledger.reading() as books:
        found = books.door_modes.between(site_of(gateway, site).id, now, now + _SHOWN)
    return [DoorModeOut.model_validate(each) for each in found]


@router.post("/lockdown", status_code=201, summary="Lock doors down")
def lock_down(wanted: LockdownIn, hub: TheHub, carry_out: CarryOut) -> DoorModeOut:
    """Let nobody but staff in, from now until it is lifted. Who is inside can always leave."""
    mode: DoorMode = carry_out(LockDown(wanted.site, tuple(wanted.doors), wanted.reason))
    hub.stir()
    return DoorModeOut.model_validate(mode)


@router.post("/free-passage", status_code=201, summary="Let anybody in")
def open_to_all(wanted: FreePassageIn, gateway: TheGateway, hub: TheHub, carry_out: CarryOut) -> DoorModeOut:
    """Let anybody in for at most 24 hours; 409 where the place is hired whole meanwhile."""
    site = site_of(gateway, wanted.site)
    starts_at = moment(wanted.starts_at, site, "/starts_at")
    ends_at = moment(wanted.ends_at, site, "/ends_at")
    mode: DoorMode = carry_out(OpenToAll(site.id, tuple(wanted.doors), starts_at, ends_at, wanted.reason))
    hub.stir()
    return DoorModeOut.model_validate(mode)


@router.delete("/{mode}", status_code=204, summary="End a mode")
def lift(mode: str, hub: TheHub, carry_out: CarryOut) -> None:
    """Lift a lockdown, or end a free passage early."""
    carry_out(LiftMode(mode))
    hub.stir()
