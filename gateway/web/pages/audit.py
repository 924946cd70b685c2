"""The audit, for people: who did what, and who looked at whom, the latest first."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from gateway.domain.audit import AuditRecord
from gateway.web.auth import AnyVisitor
from gateway.web.context import TheGateway
from gateway.web.i18n import Words, words_for
from gateway.web.looking import LookAt
from gateway.web.monthly import TOWN
from gateway.web.pages.rendering import page

router = APIRouter(include_in_schema=False)

_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One record, in words."""

    number: int
    at: datetime
    time: str
    actor: str
    act: str
    refused: bool
    subject: str
    details: str


@router.get("/audit")
def audit(
    request: Request,
    gateway: TheGateway,
    visitor: AnyVisitor,
    look_at: LookAt,
    about: Annotated[str, Query(max_length=200)] = "",
    before: Annotated[int | None, Query(ge=1, le=10**18)] = None,
) -> HTMLResponse:
    """Show some records, or how to get in."""
    if visitor is None:
        return page(request, "message.html", None, 401, kind="closed", more="closed_first")
    if not visitor.may("administer"):
        gateway.registrar.refuse(visitor.actor, "GET /audit")
        return page(request, "message.html", visitor, 403, kind="forbidden", more=None)
    look_at("audit")
    with gateway.ledger.reading() as books:
        found = books.audit.latest(_SHOWN + 1, before, about.strip() or None)
    words = words_for(request)
    rows = [_row(record, words) for record in found[:_SHOWN]]
    more = rows[-1].number if len(found) > _SHOWN else None
    return page(request, "audit.html", visitor, rows=rows, about=about.strip(), before=before, more=more)


def _row(record: AuditRecord, words: Words) -> Row:
    act = record.act
    key = f"act_{act.act}"
    local = act.at.astimezone(TOWN)
    said = json.loads(act.details)
    return Row(
        number=record.number,
        at=act.at,
        time=f"{local:%Y-%m-%d %H:%M:%S}",
        actor=act.actor,
        act=words(key) if words.knows(key) else act.act,
        refused=act.outcome == "refused",
        subject=act.subject or "",
        details=", ".join(f"{name}: {_plain(value)}" for name, value in said.items()),
    )


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
