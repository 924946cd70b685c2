"""Passes of visitors, for those who run the place; links for panels, for those who let others in."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from gateway.commands import InviteVisitor, Refused, RevokePass, SetUpPanel
from gateway.web.api.passes import new_code
from gateway.web.api.times import moment, site_of
from gateway.web.auth import CarryOut, Visitor, allow
from gateway.web.context import House, TheHouse
from gateway.web.mailing import base_url
from gateway.web.pages.forms import Name
from gateway.web.pages.qr import qr
from gateway.web.pages.rendering import page
from protocol.identifiers import pass_ref

router = APIRouter(prefix="/passes", include_in_schema=False)

Staff = Annotated[Visitor, Depends(allow("run-place"))]
Admin = Annotated[Visitor, Depends(allow("administer"))]
Text = Annotated[str, Form(max_length=200)]

_FAULTS = {"no_door", "unknown_member", "no_time_left", "too_long", "local_time_unclear", "out_of_range"}


@router.get("")
def passes(request: Request, house: TheHouse, visitor: Staff) -> HTMLResponse:
    """List the passes that are kept."""
    return _list(request, house, visitor)


@router.post("")
def invite(
    request: Request,
    house: TheHouse,
    visitor: Staff,
    carry_out: CarryOut,
    name: Name,
    host: Text,
    site: Text,
    starts_at: Annotated[datetime, Form()],
    ends_at: Annotated[datetime, Form()],
    doors: Annotated[list[str], Form()] = [],  # noqa: B006  # read only
    single_use: Annotated[bool, Form()] = False,  # noqa: FBT002  # a box that is not ticked sends nothing
) -> HTMLResponse:
    """Make a pass, and show its code, once: the ledger keeps a hash."""
    code = new_code()
    try:
        place = site_of(house.gateway, site)
        kept = carry_out(
            InviteVisitor(
                site=site,
                doors=tuple(dict.fromkeys(doors)),
                visitor=name,
                host=host.strip(),
                code=pass_ref(house.credential_key, code),
                starts_at=moment(starts_at, place, "/starts_at"),
                ends_at=moment(ends_at, place, "/ends_at"),
                single_use=single_use,
            )
        )
    except Refused as refusal:
        fault = refusal.faults[0].code
        if fault not in _FAULTS:
            raise
        return _list(request, house, visitor, 422, fault=f"pass_{fault}")
    names = [door.name for door in place.doors if door.id in kept.doors]
    return page(
        request, "pass.html", visitor, 201, found=kept, site=place, doors=names, code=code, qr=qr(code)
    )


@router.post("/{visitor_pass}/revoke")
def revoke(visitor_pass: str, carry_out: CarryOut, _: Staff) -> Response:
    """Let a code open nothing any more."""
    carry_out(RevokePass(visitor_pass))
    return RedirectResponse("/passes", 303)


@router.post("/panels")
def set_up_panel(
    request: Request, house: TheHouse, visitor: Admin, carry_out: CarryOut, point: Text
) -> HTMLResponse:
    """Show the link that makes a browser the panel at a door, once."""
    site, _, door = point.partition("/")
    secret = carry_out(SetUpPanel(site, door))
    return _list(request, house, visitor, 201, link=f"{base_url(request, house)}/login/{secret}")


def _list(
    request: Request,
    house: House,
    visitor: Visitor,
    status: int = 200,
    *,
    link: str | None = None,
    fault: str | None = None,
) -> HTMLResponse:
    gateway = house.gateway
    with gateway.ledger.reading() as books:
        known = books.passes.all()
        hosts = books.people.members()
    return page(
        request,
        "passes.html",
        visitor,
        status,
        known=known,
        hosts=hosts,
        names={host.id: host.name for host in hosts},
        now=gateway.clock.now(),
        sites=gateway.sites,
        link=link,
        fault=fault,
    )
