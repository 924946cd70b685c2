"""Accounts of the staff, for those who let others in."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from gateway.commands import ChangeAccount, InviteAccount, OfferNewPassword, Refused
from gateway.domain.accounts import Account
from gateway.web.auth import CarryOut, Visitor, allow
from gateway.web.context import House, TheHouse
from gateway.web.mailing import base_url, mail_from
from gateway.web.pages.forms import Mail, Name
from gateway.web.pages.rendering import page

router = APIRouter(prefix="/accounts", include_in_schema=False)

Admin = Annotated[Visitor, Depends(allow("administer"))]
StaffRole = Annotated[Literal["admin", "staff", "billing"], Form()]


@router.get("")
def accounts(request: Request, house: TheHouse, visitor: Admin) -> HTMLResponse:
    """List all accounts."""
    return _list(request, house, visitor)


@router.post("")
def invite(
    request: Request,
    house: TheHouse,
    visitor: Admin,
    carry_out: CarryOut,
    mail: Mail,
    name: Name,
    role: StaffRole,
) -> HTMLResponse:
    """Take someone up, and show their link, once."""
    try:
        account, secret = carry_out(InviteAccount(mail, name, role, mail_from(request, house)))
    except Refused as refusal:
        return _list(request, house, visitor, 409, fault=_fault(refusal))
    return _list(
        request, house, visitor, 201, invited=account, link=f"{base_url(request, house)}/login/{secret}"
    )


@router.post("/{account}/link")
def offer_new_password(
    request: Request, house: TheHouse, visitor: Admin, carry_out: CarryOut, account: str
) -> HTMLResponse:
    """Show a link to choose another password by, once."""
    secret = carry_out(OfferNewPassword(account, mail_from(request, house)))
    with house.gateway.ledger.reading() as books:
        known = books.accounts.get(account)
    return _list(request, house, visitor, invited=known, link=f"{base_url(request, house)}/login/{secret}")


@router.post("/{account}/role")
def change_role(
    request: Request, house: TheHouse, visitor: Admin, carry_out: CarryOut, account: str, role: StaffRole
) -> Response:
    """Give someone another role."""
    return _change(request, house, visitor, carry_out, ChangeAccount(account, role=role))


@router.post("/{account}/shut")
def shut(request: Request, house: TheHouse, visitor: Admin, carry_out: CarryOut, account: str) -> Response:
    """Let someone in no more."""
    return _change(request, house, visitor, carry_out, ChangeAccount(account, open=False))


@router.post("/{account}/reopen")
def reopen(request: Request, house: TheHouse, visitor: Admin, carry_out: CarryOut, account: str) -> Response:
    """Let someone in again."""
    return _change(request, house, visitor, carry_out, ChangeAccount(account, open=True))


def _change(
    request: Request, house: House, visitor: Visitor, carry_out: CarryOut, change: ChangeAccount
) -> Response:
    try:
        carry_out(change)
    except Refused as refusal:
        if refusal.kind != "conflict":
            raise
        return _list(request, house, visitor, 409, fault=_fault(refusal))
    return RedirectResponse("/accounts", 303)


def _list(
    request: Request,
    house: House,
    visitor: Visitor,
    status: int = 200,
    *,
    invited: Account | None = None,
    link: str | None = None,
    fault: str | None = None,
) -> HTMLResponse:
    with house.gateway.ledger.reading() as books:
        known = books.accounts.all()
    return page(
        request,
        "accounts.html",
        visitor,
        status,
        accounts=known,
        invited=invited,
        link=link,
        mailed=house.mails,
        fault=fault,
    )


def _fault(refusal: Refused) -> str:
    return f"account_{refusal.faults[0].code}"
