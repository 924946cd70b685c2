"""The audit: who did what, and who looked at whom."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from gateway.domain.audit import AuditRecord, Outcome
from gateway.web.api.shapes import Shape
from gateway.web.auth import allow
from gateway.web.context import TheGateway
from gateway.web.looking import looking_at
from protocol.base import Instant

router = APIRouter(
    prefix="/audit", tags=["audit"], dependencies=[Depends(allow("administer")), Depends(looking_at("audit"))]
)


class RecordOut(Shape):
    """An act in its place in the chain. `hash` and `before` are SHA-256, in hex."""

    number: int
    at: Instant
    actor: str
    act: str
    outcome: Outcome
    subject: str | None
    details: dict[str, Any]
    before: str
    hash: str


class RecordPage(Shape):
    """Some records, the latest first. `next_cursor` asks for those before them; null: there are none."""

    items: list[RecordOut]
    next_cursor: str | None


@router.get("", summary="Who did what, and who looked at whom")
def audit(
    gateway: TheGateway,
    subject: str | None = None,
    cursor: Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> RecordPage:
    """List records, the latest first; with `subject` (such as `member:m-12`) only those about it."""
    with gateway.ledger.reading() as books:
        found = books.audit.latest(limit + 1, int(cursor) if cursor else None, subject)
    shown = found[:limit]
    return RecordPage(
        items=[_shape(record) for record in shown],
        next_cursor=str(shown[-1].number) if len(found) > limit else None,
    )


def _shape(record: AuditRecord) -> RecordOut:
    act = record.act
    return RecordOut(
        number=record.number,
        at=act.at,
        actor=act.actor,
        act=act.act,
        outcome=act.outcome,
        subject=act.subject,
        details=json.loads(act.details),
        before=record.before,
        hash=record.hash,
    )
