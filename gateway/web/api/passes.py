"""Passes of visitors: made, listed and revoked. A code is told once, to whoever asked for it."""

import secrets
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field, StringConstraints

from gateway.commands import InviteVisitor, RevokePass
from gateway.domain.visitor_passes import DIGITS, VisitorPass
from gateway.web.api.shapes import Shape
from gateway.web.api.times import moment, site_of
from gateway.web.auth import CarryOut, allow
from gateway.web.context import TheGateway, TheHouse
from protocol.base import Id, Instant
from protocol.identifiers import pass_ref

router = APIRouter(prefix="/passes", tags=["passes"], dependencies=[Depends(allow("run-place"))])


class PassIn(Shape):
    """Who visits which member, and the `doors` of `site` that the code opens over [starts_at, ends_at).

    A time without an offset is local to the site. `single_use`: the code opens one door, once.
    """

    site: Id
    doors: Annotated[list[Id], Field(min_length=1, max_length=100)]
    visitor: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    host: Id
    starts_at: datetime
    ends_at: datetime
    single_use: bool = False


class PassOut(Shape):
    """A pass as it is kept; of its code only a hash is, not shown. `in_use`: it may still open a door."""

    id: str
    site: str
    doors: list[str]
    visitor: str
    host: str
    starts_at: Instant
    ends_at: Instant
    single_use: bool
    last_used_at: Instant | None
    revoked_at: Instant | None
    in_use: bool


class PassMade(PassOut):
    """A new pass with its digits, told this once."""

    code: Annotated[str, Field(description=f"{DIGITS} digits, to be typed or shown at the door")]


@router.get("", summary="Passes of visitors")
def passes(gateway: TheGateway, site: Id | None = None) -> list[PassOut]:
    """List the passes that are kept, the one that begins last first, without their codes."""
    with gateway.ledger.reading() as books:
        known = books.passes.all()
    now = gateway.clock.now()
    return [PassOut(**_shown(each, now)) for each in known if site in {None, each.site}]


@router.post("", status_code=201, summary="Make a pass for a visitor")
def invite(wanted: PassIn, house: TheHouse, carry_out: CarryOut) -> PassMade:
    """Make a pass. Its code is in this answer and nowhere else."""
    place = site_of(house.gateway, wanted.site)
    code = new_code()
    kept: VisitorPass = carry_out(
        InviteVisitor(
            site=wanted.site,
            doors=tuple(dict.fromkeys(wanted.doors)),
            visitor=wanted.visitor,
            host=wanted.host,
            code=pass_ref(house.credential_key, code),
            starts_at=moment(wanted.starts_at, place, "/starts_at"),
            ends_at=moment(wanted.ends_at, place, "/ends_at"),
            single_use=wanted.single_use,
        )
    )
    return PassMade(**_shown(kept, house.gateway.clock.now()), code=code)


@router.delete("/{visitor_pass}", status_code=204, summary="Revoke a pass")
def revoke(visitor_pass: str, carry_out: CarryOut) -> None:
    """Let a code open nothing any more."""
    carry_out(RevokePass(visitor_pass))


def new_code() -> str:
    """Draw the digits of a pass."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def _shown(known: VisitorPass, now: datetime) -> dict[str, object]:
    fields = PassOut.model_fields.keys() - {"in_use"}
    return {name: getattr(known, name) for name in fields} | {"in_use": known.in_use(now)}
