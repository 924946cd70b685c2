"""Memberships that rest for a while."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import StringConstraints

from gateway.commands import LiftSuspension, SuspendMember
from gateway.domain.people import Suspension
from gateway.web.api.shapes import Shape
from gateway.web.auth import CarryOut, allow
from gateway.web.context import TheGateway
from protocol.base import Instant

router = APIRouter(tags=["members"], dependencies=[Depends(allow("run-place"))])


class SuspensionIn(Shape):
    """Why and how long: from now where `since` is left out, until it is lifted without `until`."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    since: Instant | None = None
    until: Instant | None = None


class SuspensionOut(Shape):
    """A time in which a member's cards open nothing, in [since, until)."""

    id: str
    member: str
    since: Instant
    until: Instant | None
    reason: str


@router.get("/members/{member}/suspensions", summary="A member's suspensions")
def suspensions(member: str, gateway: TheGateway) -> list[SuspensionOut]:
    """List what suspends a member or did."""
    with gateway.ledger.reading() as books:
        return [SuspensionOut.model_validate(each) for each in books.people.suspensions(member)]


@router.post("/members/{member}/suspensions", status_code=201, summary="Suspend a member")
def suspend(member: str, wanted: SuspensionIn, gateway: TheGateway, carry_out: CarryOut) -> SuspensionOut:
    """Take all of a member's rights away for a time."""
    since = wanted.since or gateway.clock.now()
    suspension: Suspension = carry_out(SuspendMember(member, since, wanted.until, wanted.reason))
    return SuspensionOut.model_validate(suspension)


@router.delete("/members/{member}/suspensions", status_code=204, summary="Lift a member's suspensions")
def lift(member: str, carry_out: CarryOut) -> None:
    """Give a member's rights back now."""
    carry_out(LiftSuspension(member))
