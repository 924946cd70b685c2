"""Whether the gateway is well, for whatever watches over it."""

from typing import Literal

from fastapi import APIRouter, Response

from gateway.handlers import answers
from gateway.web.api.shapes import Shape
from gateway.web.context import TheGateway
from protocol.base import Instant

router = APIRouter(tags=["health"])


class Health(Shape):
    """How much the ledger holds, and how many nodes answer.

    `failing` says why the ledger takes nothing, null where it does; `dropped` counts messages that found no
    room to wait: their nodes send them again.
    """

    status: Literal["ok", "failing"]
    failing: str | None
    ledger: str
    events: int
    gaps: int
    dead_letters: int
    dropped: int
    nodes_online: int
    now: Instant


@router.get("/healthz", summary="Whether the gateway is well")
def health(gateway: TheGateway, response: Response) -> Health:
    """Count, without anything that would need a key. 503 while the ledger takes nothing."""
    now = gateway.clock.now()
    with gateway.ledger.reading() as books:
        counts = books.journal.counts()
        online = sum(answers(report, now) for report in books.nodes.reports())
    failing = gateway.ledger_failure
    if failing is not None:
        response.status_code = 503
    return Health(
        status="ok" if failing is None else "failing",
        failing=failing,
        ledger=gateway.ledger.id,
        dropped=gateway.dropped,
        nodes_online=online,
        now=now,
        **counts,
    )
