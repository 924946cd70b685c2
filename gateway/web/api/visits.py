"""Visits: who was where, from when to when."""

import base64
import binascii
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from gateway.commands import Fault, Refused
from gateway.domain.visits import Visit, VisitQuality
from gateway.web.api.shapes import Shape
from gateway.web.auth import allow
from gateway.web.context import TheGateway
from gateway.web.looking import looking_at
from protocol.base import Id, Instant, as_wire_time

router = APIRouter(prefix="/visits", tags=["visits"], dependencies=[Depends(allow("see-usage"))])

Place = tuple[str, str, str, str]


class VisitOut(Shape):
    """A stay in [begun_at, ended_at). `begun_by` and `ended_by` are events: ask `/events/{begun_by}` why."""

    site: str
    member: str
    begun_at: Instant
    ended_at: Instant | None
    quality: VisitQuality
    begun_by: str
    ended_by: str | None


class VisitPage(Shape):
    """Some visits, in order of beginning. `next_cursor` asks for those after them; null: there are none."""

    items: list[VisitOut]
    next_cursor: str | None


@router.get("", summary="Visits of some days", dependencies=[Depends(looking_at("visits"))])
def visits(
    gateway: TheGateway,
    from_: Annotated[date, Query(alias="from")],
    to: date,
    site: Id | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> VisitPage:
    """List the visits of the civil days in [from, to)."""
    after = _place_in(cursor) if cursor else None
    start = max(from_, _day_before(after)) if after else from_
    with gateway.ledger.reading() as books:
        found = sorted(books.projections.visits(start, to, site), key=_place)
    rest = [visit for visit in found if after is None or _place(visit) > after]
    shown = rest[:limit]
    more = len(rest) > limit
    return VisitPage(
        items=[VisitOut.model_validate(visit) for visit in shown],
        next_cursor=_cursor(shown[-1]) if more else None,
    )


def _place(visit: Visit) -> Place:
    return as_wire_time(visit.begun_at), visit.site, visit.member, visit.begun_by


def _day_before(place: Place) -> date:
    """Return a day no later than the civil day of `place`, whatever the site's zone."""
    return date.fromisoformat(place[0][:10]) - timedelta(days=1)


def _cursor(visit: Visit) -> str:
    return base64.urlsafe_b64encode("\n".join(_place(visit)).encode()).decode()


def _place_in(cursor: str) -> Place:
    try:
        begun_at, site, member, begun_by = base64.urlsafe_b64decode(cursor).decode().split("\n")
        date.fromisoformat(begun_at[:10]) - timedelta(days=1)
    except (binascii.Error, ValueError, OverflowError):
        raise Refused(
            "invalid", Fault("/cursor", "unknown_cursor", "give next_cursor back as it came")
        ) from None
    return begun_at, site, member, begun_by
