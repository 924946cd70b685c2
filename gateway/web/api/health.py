"""Whether the gateway is well, for whatever watches over it, and what of its projections is not."""

from typing import Literal

from fastapi import APIRouter, Depends, Response

from gateway.handlers import answers
from gateway.web.api.shapes import Shape
from gateway.web.auth import allow
from gateway.web.context import TheGateway
from protocol.base import Instant

router = APIRouter(tags=["health"])


class Health(Shape):
    """How much the ledger holds, and how many nodes answer.

    `failing` says why the ledger takes nothing, null where it does; `dropped` counts messages that found no
    room to wait: their nodes send them again. `projected` says that visits,
    spaces, loans and parcels tell all that was taken in, but for so many `standstills`.
    """

    status: Literal["ok", "failing"]
    failing: str | None
    ledger: str
    events: int
    gaps: int
    dead_letters: int
    dropped: int
    nodes_online: int
    projected: bool
    standstills: int
    now: Instant


@router.get("/healthz", summary="Whether the gateway is well")
def health(gateway: TheGateway, response: Response) -> Health:
    """Count, without anything that would need a key. 503 while the ledger takes nothing."""
    now = gateway.clock.now()
    with gateway.ledger.reading() as books:
        counts = books.journal.counts()
        online = sum(answers(report, now) for report in books.nodes.reports())
        standing = len(books.projections.standstills())
    failing = gateway.ledger_failure
    if failing is not None:
        response.status_code = 503
    return Health(
        status="ok" if failing is None else "failing",
        failing=failing,
        ledger=gateway.ledger.id,
        dropped=gateway.dropped,
        nodes_online=online,
        projected=gateway.projected,
        standstills=standing,
        now=now,
        **counts,
    )


class StandstillOut(Shape):
    """A part of a projection whose code fails on the journal: it tells what it told before.

    `subject` is the civil day of `visits`, "today" for `spaces`, the id of a loan or parcel.
    """

    site: str
    projection: Literal["visits", "spaces", "loan", "parcel"]
    subject: str
    since: Instant
    reason: str


@router.get("/api/v1/standstills", summary="What stands still", dependencies=[Depends(allow("run-place"))])
def standstills(gateway: TheGateway) -> list[StandstillOut]:
    """List the parts of visits, spaces, loans and parcels that could not be worked out, the longest first."""
    with gateway.ledger.reading() as books:
        found = books.projections.standstills()
    return [StandstillOut(**each.part._asdict(), since=each.since, reason=each.reason) for each in found]
