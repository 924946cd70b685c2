"""The gateway's time, where a simulation holds it."""

from typing import Literal, Self

from fastapi import APIRouter, Depends
from pydantic import model_validator

from gateway.commands import Fault, Refused
from gateway.ports import MovableClock
from gateway.web.api.shapes import Shape
from gateway.web.auth import allow
from gateway.web.context import TheGateway
from protocol.base import Instant

router = APIRouter(prefix="/clock", tags=["clock"], dependencies=[Depends(allow("administer"))])


class ClockIn(Shape):
    """Where to move the time to, or the wish to let go of it."""

    now: Instant | None = None
    release: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.now is None) == (self.release is None):
            raise ValueError("give either now or release")
        return self


class ClockOut(Shape):
    """What time it is for the gateway."""

    now: Instant


@router.put("", summary="Move the time of a simulation")
def move(wanted: ClockIn, gateway: TheGateway) -> ClockOut:
    """Move the time, and return when access lists are up to date with it.

    404 where the gateway follows the machine's time.
    """
    clock = gateway.clock
    if not isinstance(clock, MovableClock):
        raise Refused("not_found", Fault("", "not_stepped", "this gateway follows the machine's time"))
    try:
        if wanted.now is None:
            clock.release()
        else:
            clock.move(wanted.now)
    except ValueError as error:
        raise Refused("conflict", Fault("/now", "time_flows_on", str(error))) from error
    gateway.clock_moved()
    return ClockOut(now=clock.now())
