"""API keys, for those who let programs in."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from gateway.commands import MintKey, Refused, RevokeKey
from gateway.domain.authority import Role, Scope
from gateway.web.auth import CarryOut, Visitor, allow
from gateway.web.context import House, TheHouse
from gateway.web.pages.forms import Name
from gateway.web.pages.rendering import page

router = APIRouter(prefix="/keys", include_in_schema=False, dependencies=[Depends(allow("administer"))])

Admin = Annotated[Visitor, Depends(allow("administer"))]

LONGEST_DAYS: Final = 3660


@router.get("")
def keys(request: Request, house: TheHouse, visitor: Admin) -> HTMLResponse:
    """List all keys, without their secrets."""
    return _list(request, house, visitor)


@router.post("")
def make(
    request: Request,
    house: TheHouse,
    visitor: Admin,
    carry_out: CarryOut,
    name: Name,
    role: Annotated[Role, Form()],
    days: Annotated[int, Form(ge=1, le=LONGEST_DAYS)],
    scopes: Annotated[frozenset[Scope], Form()] = frozenset(),
    sites: Annotated[frozenset[str], Form()] = frozenset(),
) -> HTMLResponse:
    """Make a key, and show its secret, once."""
    try:
        lives = timedelta(days=days)
        secret = carry_out(MintKey("api", name, role, lives, scopes or None, sites or None))
    except Refused:
        return _list(request, house, visitor, 422, fault="key_beyond_role")
    return _list(request, house, visitor, 201, secret=secret, name=name)


@router.post("/{start}/revoke")
def revoke(start: str, carry_out: CarryOut) -> Response:
    """Let a key open nothing any more."""
    carry_out(RevokeKey(start))
    return RedirectResponse("/keys", 303)


def _list(
    request: Request,
    house: House,
    visitor: Visitor,
    status: int = 200,
    *,
    secret: str | None = None,
    name: str | None = None,
    fault: str | None = None,
) -> HTMLResponse:
    now = house.gateway.clock.now()
    with house.gateway.ledger.reading() as books:
        known = [key for key in books.keys.all() if key.kind == "api"]
    return page(
        request,
        "keys.html",
        visitor,
        status,
        keys=sorted(known, key=lambda key: (now >= key.expires_at, key.name)),
        now=now,
        secret=secret,
        name=name,
        fault=fault,
        sites=house.gateway.sites,
        roles=("admin", "staff", "billing", "viewer"),
        scopes=("see-place", "see-usage", "run-place", "administer"),
    )
