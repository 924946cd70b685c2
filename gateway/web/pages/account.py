"""One's own account: password, second factor, sessions."""

import base64
import secrets
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from gateway.commands import ArmSecondFactor, ChangeOwnPassword, DropSecondFactor, EndOwnSession
from gateway.domain.accounts import SHORTEST_PASSWORD, Account, password_fault
from gateway.logins import TooManyTries, recovery_hash
from gateway.web.auth import CarryOut, Visitor, allow
from gateway.web.context import House, TheHouse
from gateway.web.pages.forms import Password
from gateway.web.pages.qr import qr
from gateway.web.pages.rendering import page

router = APIRouter(prefix="/account", include_in_schema=False, dependencies=[Depends(allow("see-own"))])

_RECOVERY_CODES: Final = 8
_WRONG: Final = 422

Self = Annotated[Visitor, Depends(allow("see-own"))]


@router.get("")
def show(request: Request, house: TheHouse, visitor: Self) -> HTMLResponse:
    """Show one's own account."""
    return _account(request, house, visitor)


@router.post("/password")
def change_password(
    request: Request, house: TheHouse, visitor: Self, carry_out: CarryOut, old: Password, password: Password
) -> Response:
    """Change one's password; every other session ends."""
    account = _own(house, visitor)
    if account is None:
        return _account(request, house, visitor)
    fault = _not_own(house, account, old) or _will_not_do(password, account)
    if fault:
        return _account(request, house, visitor, _WRONG, fault=fault)
    carry_out(ChangeOwnPassword(house.logins.passwords.hash(password), visitor.key))
    return RedirectResponse("/account", 303)


@router.post("/second-factor")
def offer_second_factor(request: Request, house: TheHouse, visitor: Self) -> HTMLResponse:
    """Show a new secret, to be scanned. It is armed only when a code of it has come back."""
    account = _own(house, visitor)
    if account is None:
        return _account(request, house, visitor)
    return _scan(request, house, visitor, account, house.logins.factor.new(), None)


@router.post("/second-factor/confirm")
def arm_second_factor(
    request: Request,
    house: TheHouse,
    visitor: Self,
    carry_out: CarryOut,
    sealed: Annotated[str, Form(max_length=200)],
    code: Annotated[str, Form(max_length=40)],
) -> HTMLResponse:
    """Arm the second factor, and tell the recovery codes, once."""
    account, factor = _own(house, visitor), house.logins.factor
    totp = factor.opened(sealed)
    if account is None or totp is None:
        return _account(request, house, visitor, _WRONG)
    step = factor.step(totp, code, house.gateway.clock.now().timestamp())
    if step is None:
        return _scan(request, house, visitor, account, totp, "login_code_wrong")
    codes = [f"{secrets.token_hex(3)}-{secrets.token_hex(3)}" for _ in range(_RECOVERY_CODES)]
    carry_out(ArmSecondFactor(totp, step, tuple(recovery_hash(code) for code in codes)))
    return page(request, "account_codes.html", visitor, codes=codes)


@router.post("/second-factor/drop")
def drop_second_factor(
    request: Request, house: TheHouse, visitor: Self, carry_out: CarryOut, password: Password
) -> Response:
    """Ask for no code any more, from whoever still knows the password."""
    account = _own(house, visitor)
    fault = account and _not_own(house, account, password)
    if fault:
        return _account(request, house, visitor, _WRONG, fault=fault)
    carry_out(DropSecondFactor())
    return RedirectResponse("/account", 303)


@router.post("/sessions/{start}/end")
def end_session(start: str, carry_out: CarryOut) -> Response:
    """End one of one's own sessions."""
    carry_out(EndOwnSession(start))
    return RedirectResponse("/account", 303)


def _account(
    request: Request, house: House, visitor: Visitor, status: int = 200, fault: str | None = None
) -> HTMLResponse:
    account = _own(house, visitor)
    if account is None:
        return page(request, "message.html", visitor, 403, kind="no_account", more=None)
    now = house.gateway.clock.now()
    with house.gateway.ledger.reading() as books:
        own = [key for key in books.keys.of(account.id) if key.kind == "session" and now < key.expires_at]
    return page(
        request,
        "account.html",
        visitor,
        status,
        account=account,
        sessions=own,
        fault=fault,
        shortest=SHORTEST_PASSWORD,
        now=now,
    )


def _scan(
    request: Request, house: House, visitor: Visitor, account: Account, sealed: bytes, fault: str | None
) -> HTMLResponse:
    factor = house.logins.factor
    values: dict[str, Any] = {
        "qr": qr(factor.address(sealed, account.mail)),
        "secret": factor.secret(sealed),
        "sealed": base64.urlsafe_b64encode(sealed).decode(),
    }
    return page(request, "account_scan.html", visitor, _WRONG if fault else 200, fault=fault, **values)


def _own(house: House, visitor: Visitor) -> Account | None:
    with house.gateway.ledger.reading() as books:
        return books.accounts.get(visitor.actor.id)


def _not_own(house: House, account: Account, password: str) -> str | None:
    try:
        return None if house.logins.own_password_is(account, password) else "account_wrong_password"
    except TooManyTries:
        return "login_wait"


def _will_not_do(password: str, account: Account) -> str | None:
    fault = password_fault(password, account.name, account.mail)
    return fault and f"password_{fault}"
