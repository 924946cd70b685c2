"""Whether the gateway is well, for whatever watches over it."""

from typing import Literal

from fastapi import APIRouter

from gateway.handlers import answers
from gateway.web.api.shapes import Shape
from gateway.web.context import TheGateway
from protocol.base import Instant

router = APIRouter(tags=["health"])


class Health(Shape):
    """How much the ledger holds, and how many nodes answer."""

    status: Literal["ok"]
    ledger: str
    events: int
    gaps: int
    dead_letters: int
    nodes_online: int
    now: Instant


@router.get("/healthz", summary="Whether the gateway is well")
def health(gateway: TheGateway) -> Health:
    """Count, without anything that would need a key."""
    now = gateway.clock.now()
    with gateway.ledger.reading() as books:
        counts = books.journal.counts()
        online = sum(answers(report, now) for report in books.nodes.reports())
    return Health(status="ok", ledger=gateway.ledger.id, nodes_online=online, now=now, **counts)
