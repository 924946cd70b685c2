"""Coming in by a one-time link, and going out again."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from gateway.commands import EndSession, Refused, UseLoginLink
from gateway.domain.authority import ANYONE
from gateway.web.auth import SESSION_COOKIE, AnyVisitor, CarryOut
from gateway.web.context import TheGateway
from gateway.web.pages.rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/login/{secret}")
def greet(request: Request, secret: str) -> HTMLResponse:
    """Show a button. Mail programs fetch links ahead of people: a GET must not spend one."""
    return page(request, "login.html", None, secret=secret)


@router.post("/login/{secret}")
def come_in(request: Request, secret: str, gateway: TheGateway) -> Response:
    """Change the link into a session of this browser."""
    try:
        session = gateway.handle(UseLoginLink(secret), ANYONE)
    except Refused:
        return page(request, "message.html", None, 410, kind="spent", more=None)
    response = RedirectResponse("/", 303)
    response.set_cookie(
        SESSION_COOKIE, session, httponly=True, samesite="lax", secure=request.url.scheme == "https"
    )
    return response


@router.post("/logout")
def go_out(request: Request, visitor: AnyVisitor, carry_out: CarryOut) -> Response:
    """End the session, here and in the ledger."""
    if visitor is not None:
        carry_out(EndSession(request.cookies.get(SESSION_COOKIE, "")))
    response = RedirectResponse("/", 303)
    response.delete_cookie(SESSION_COOKIE)
    return response
