"""Coming in by password, by mail or by a one-time link, and going out again."""

import hashlib
from typing import Annotated, Final

from fastapi import APIRouter, BackgroundTasks, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from gateway.commands import ChoosePassword, EndSession, FoundAccount, Refused, UseLoginLink
from gateway.domain.accounts import SHORTEST_PASSWORD, password_fault
from gateway.domain.authority import ANYONE, Role
from gateway.logins import TooManyTries
from gateway.ports import Key
from gateway.web.auth import (
    AnyVisitor,
    begin_session,
    forget_session,
    pending_key,
    session_secret,
)
from gateway.web.context import House, TheHouse
from gateway.web.mailing import base_url
from gateway.web.pages.forms import OWN_FORMS, OWN_OR_NO_FORMS, Mail, Name, Password, came_from
from gateway.web.pages.rendering import page

router = APIRouter(include_in_schema=False)

_WRONG: Final = 401
_WAIT: Final = 429


@router.get("/login")
def ask(request: Request, house: TheHouse, visitor: AnyVisitor) -> Response:
    """Ask who is there."""
    return _home(visitor.role) if visitor else _ask(request, house)


@router.post("/login", dependencies=[OWN_FORMS])
def enter(request: Request, house: TheHouse, mail: Mail, password: Password) -> Response:
    """Let someone of the staff in, or ask for the code of the second factor."""
    try:
        entered = house.logins.enter(mail, password, came_from(request))
    except TooManyTries as refusal:
        return _patient(_ask(request, house, _WAIT, "login_wait"), refusal)
    if entered is None:
        return _ask(request, house, _WRONG, "login_wrong")
    response = RedirectResponse("/login/code" if entered.pending else "/", 303)
    begin_session(request, house, response, entered.secret)
    return response


@router.get("/login/code")
def ask_code(request: Request, house: TheHouse) -> Response:
    """Ask for the code of the second factor."""
    if pending_key(request, house) is None:
        return RedirectResponse("/login", 303)
    return page(request, "login_code.html", None, fault=None)


@router.post("/login/code", dependencies=[OWN_FORMS])
def confirm(request: Request, house: TheHouse, code: Annotated[str, Form(max_length=40)]) -> Response:
    """Let someone in whose code is right."""
    key = pending_key(request, house)
    with house.gateway.ledger.reading() as books:
        account = books.accounts.get(key.account) if key and key.account else None
    if account is None:
        return RedirectResponse("/login", 303)
    try:
        session = house.logins.confirm(account, code, came_from(request))
    except TooManyTries as refusal:
        return _patient(page(request, "login_code.html", None, _WAIT, fault="login_wait"), refusal)
    if session is None:
        return page(request, "login_code.html", None, _WRONG, fault="login_code_wrong")
    house.gateway.handle(EndSession(session_secret(request, house)), ANYONE)
    return _in(request, house, session, account.role)


@router.post("/login/mail", dependencies=[OWN_FORMS])
def send_link(request: Request, house: TheHouse, mail: Mail, later: BackgroundTasks) -> HTMLResponse:
    """Mail a member a link. The answer is the same, and as fast, for an address that nobody has."""
    later.add_task(_send_link, house, mail, base_url(request, house), came_from(request))
    return page(request, "message.html", None, kind="mailed", more=None)


@router.get("/login/{secret}")
def greet(request: Request, house: TheHouse, secret: str) -> HTMLResponse:
    """Show what a link is for. Mail programs fetch links ahead of people: a GET must not spend one."""
    key = _link(house, secret)
    return _spent(request) if key is None else _offer(request, house, key, None)


@router.post("/login/{secret}", dependencies=[OWN_OR_NO_FORMS])
def come_in(request: Request, house: TheHouse, secret: str) -> Response:
    """Change a link into a session of this browser."""
    key = _link(house, secret)
    try:
        session = house.gateway.handle(UseLoginLink(secret), ANYONE)
    except Refused:
        return _spent(request)
    return _in(request, house, session, key.role if key else "viewer")


@router.post("/login/{secret}/password", dependencies=[OWN_FORMS])
def choose_password(request: Request, house: TheHouse, secret: str, password: Password) -> Response:
    """Set the password of an account that was invited, and come in."""
    key = _link(house, secret)
    if key is None:
        return _spent(request)
    fault = password_fault(password, key.name)
    if fault:
        return _offer(request, house, key, f"password_{fault}")
    try:
        chosen = ChoosePassword(secret, house.logins.passwords.hash(password))
        session = house.gateway.handle(chosen, ANYONE)
    except Refused:
        return _spent(request)
    return _in(request, house, session, key.role)


@router.post("/login/{secret}/account", dependencies=[OWN_FORMS])
def found_account(
    request: Request, house: TheHouse, secret: str, mail: Mail, name: Name, password: Password
) -> Response:
    """Make the first administrator's account, and come in."""
    key = _link(house, secret)
    if key is None:
        return _spent(request)
    fault = password_fault(password, name, mail)
    if fault:
        return _offer(request, house, key, f"password_{fault}", mail=mail, name=name)
    try:
        founded = FoundAccount(secret, mail, name, house.logins.passwords.hash(password))
        session = house.gateway.handle(founded, ANYONE)
    except Refused as refusal:
        if refusal.kind == "conflict":
            return _offer(request, house, key, "account_taken", mail=mail, name=name)
        return _spent(request)
    return _in(request, house, session, "admin")


@router.post("/logout")
def go_out(request: Request, house: TheHouse, visitor: AnyVisitor) -> Response:
    """End the session, here and in the ledger."""
    if visitor is not None:
        house.gateway.handle(EndSession(session_secret(request, house)), visitor.actor)
    response = RedirectResponse("/login", 303)
    forget_session(request, house, response)
    return response


def _send_link(house: House, mail: str, pages: str, address: str) -> None:
    try:
        house.logins.mail_link(mail, pages, address)
    except TooManyTries:
        return  # the answer was given already, and tells nothing on purpose


def _link(house: House, secret: str) -> Key | None:
    """Return the link that a secret is, where it can still be used."""
    with house.gateway.ledger.reading() as books:
        key = books.keys.find(hashlib.sha256(secret.encode()).hexdigest())
    if key is None or key.kind not in {"link", "invitation", "first"} or key.used_at is not None:
        return None
    return key if house.gateway.clock.now() < key.expires_at else None


def _offer(
    request: Request, house: House, key: Key, fault: str | None, mail: str = "", name: str = ""
) -> HTMLResponse:
    if key.kind == "link":
        return page(request, "login_link.html", None, role=key.role)
    if key.kind == "invitation":
        with house.gateway.ledger.reading() as books:
            account = books.accounts.get(key.account or "")
        mail, name = (account.mail, account.name) if account else ("", key.name)
    return page(
        request,
        "login_password.html",
        None,
        422 if fault else 200,
        kind=key.kind,
        fault=fault,
        mail=mail,
        name=name,
        shortest=SHORTEST_PASSWORD,
    )


def _in(request: Request, house: House, session: str, role: Role) -> Response:
    response = _home(role)
    begin_session(request, house, response, session)
    return response


def _home(role: Role) -> Response:
    """Lead someone to the page that is theirs."""
    return RedirectResponse(
        {"member": "/me", "billing": "/statements", "panel": "/panel"}.get(role, "/"), 303
    )


def _spent(request: Request) -> HTMLResponse:
    return page(request, "message.html", None, 410, kind="spent", more=None)


def _ask(request: Request, house: House, status: int = 200, fault: str | None = None) -> HTMLResponse:
    provider = house.openid.name if house.openid else None
    return page(request, "login.html", None, status, fault=fault, provider=provider)


def _patient(response: HTMLResponse, refusal: TooManyTries) -> HTMLResponse:
    response.headers["Retry-After"] = f"{refusal.wait.total_seconds():.0f}"
    return response
