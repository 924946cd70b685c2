"""Members, for those who run the place: who is there, what was said by hand, the time that badges give."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from gateway.commands import CheckByHand, Refused, SetRelock, TakeBack
from gateway.domain.by_hand import Way
from gateway.domain.journal import Identity
from gateway.domain.people import Member
from gateway.web.api.events import Seq
from gateway.web.api.times import moment, site_of
from gateway.web.auth import CarryOut, Visitor, allow
from gateway.web.context import House, TheHouse
from gateway.web.looking import LookAt
from gateway.web.member_view import shown_of
from gateway.web.pages.rendering import page
from protocol.access import RelockSeconds

router = APIRouter(prefix="/members", include_in_schema=False)

Staff = Annotated[Visitor, Depends(allow("run-place"))]

_MOST: Final = 100


@router.get("")
def members(
    request: Request,
    house: TheHouse,
    visitor: Staff,
    look_at: LookAt,
    q: Annotated[str, Query(max_length=100)] = "",
) -> HTMLResponse:
    """List members whose name, or id, contains what is looked for."""
    look_at("members")
    with house.gateway.ledger.reading() as books:
        everyone = books.people.members()
    wanted = q.strip().casefold()
    found = sorted(
        (each for each in everyone if wanted in each.name.casefold() or wanted == each.id), key=_by_name
    )
    return page(request, "members.html", visitor, q=q, found=found[:_MOST], others=max(0, len(found) - _MOST))


@router.get("/{member}")
def member(request: Request, house: TheHouse, visitor: Staff, look_at: LookAt, member: str) -> HTMLResponse:
    """Show one member."""
    look_at(f"member:{member}")
    return _show(request, house, visitor, member)


@router.post("/{member}/check")
def check(
    request: Request,
    house: TheHouse,
    visitor: Staff,
    carry_out: CarryOut,
    member: str,
    site: Annotated[str, Form(max_length=100)],
    what: Annotated[Way, Form()],
    at: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Say that a member came or left, now or at the time that the clocks of the site showed."""
    try:
        place = site_of(house.gateway, site)
        when = moment(datetime.fromisoformat(at), place, "/at") if at else None
        carry_out(CheckByHand(site, member, what, when))
    except Refused as refusal:
        return _show(request, house, visitor, member, 422, fault=refusal.faults[0].code)
    except ValueError:
        return _show(request, house, visitor, member, 422, fault="local_time_unclear")
    return RedirectResponse(f"/members/{member}", 303)


@router.post("/{member}/entries/{node}/{epoch}/{seq}/take-back")
def take_back(
    request: Request,
    house: TheHouse,
    visitor: Staff,
    carry_out: CarryOut,
    member: str,
    node: str,
    epoch: str,
    seq: Seq,
) -> Response:
    """Take back what was said by hand."""
    try:
        carry_out(TakeBack(Identity(node, epoch, seq)))
    except Refused as refusal:
        return _show(request, house, visitor, member, 422, fault=refusal.faults[0].code)
    return RedirectResponse(f"/members/{member}", 303)


@router.post("/{member}/cards/{ref}/relock")
def relock(
    carry_out: CarryOut,
    _: Staff,
    member: str,
    ref: str,
    relock_after_s: Annotated[RelockSeconds | None, Form()] = None,
) -> Response:
    """Give who holds a card more time at doors, or the usual."""
    carry_out(SetRelock(ref, relock_after_s))
    return RedirectResponse(f"/members/{member}", 303)


def _show(
    request: Request, house: House, visitor: Visitor, member: str, status: int = 200, fault: str | None = None
) -> HTMLResponse:
    gateway, now = house.gateway, house.gateway.clock.now()
    with gateway.ledger.reading() as books:
        found = books.people.member(member)
        if found is None:
            return page(request, "message.html", visitor, 404, kind="no_member", more=None)
        shown = shown_of(books, found, gateway.sites, now)
    return page(
        request, "member.html", visitor, status, member=found, shown=shown, sites=gateway.sites, fault=fault
    )


def _by_name(member: Member) -> tuple[str, str]:
    return member.name.casefold(), member.id
