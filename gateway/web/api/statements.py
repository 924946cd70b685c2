"""What the town is billed: the month's statement, and the tariffs behind it."""

import hashlib
import json
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Response

from gateway.commands import Fault, Refused
from gateway.domain.billing import Statement
from gateway.domain.tariff import NoTariffInForce, Tariff
from gateway.web.auth import allow
from gateway.web.context import TheHouse
from gateway.web.looking import LookAt
from gateway.web.monthly import Month, month_of

router = APIRouter(dependencies=[Depends(allow("see-usage"))])


@router.get(
    "/statements/{month}",
    tags=["statements"],
    summary="A month's statement",
    response_class=Response,
    responses={200: {"content": {"application/json": {}}}, 304: {"description": "Nothing has changed"}},
)
def statement(
    month: Month,
    house: TheHouse,
    look_at: LookAt,
    *,
    people: bool = False,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Return the draft statement of a month: the same bytes, under the same ETag, until usage changes.

    With `people=1` it holds each user's part too, for the audit.
    """
    if people:
        look_at(f"statement:{month}")
    try:
        found = month_of(house, month)
    except NoTariffInForce as error:
        raise Refused("not_found", Fault("", "no_tariff", str(error))) from error
    body = json.dumps(_shape(found, people=people), ensure_ascii=False, separators=(",", ":")).encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if if_none_match == etag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@router.get("/tariffs", tags=["statements"], summary="Tariffs")
def tariffs(house: TheHouse) -> list[Tariff]:
    """List the tariffs, dated."""
    return list(house.tariffs)


def _shape(statement: Statement, *, people: bool) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "month": statement.month,
        "status": "draft",
        "tariff": statement.tariff,
        "currency": statement.currency,
        "users": statement.users,
        "user_days": statement.user_days,
        "minutes": statement.minutes,
        "peak": statement.peak,
        "sites": {site: asdict(usage) for site, usage in statement.sites.items()},
        "lines": [
            asdict(line) | {"rate": f"{line.rate:f}", "amount": f"{line.amount:f}"}
            for line in statement.lines
        ],
        "total": f"{statement.total:f}",
    }
    if people:
        shape["people"] = [asdict(person) for person in statement.people]
    return shape
