"""Accounts of the staff: listed, invited, given another role, shut and reopened."""

from typing import Literal

from fastapi import APIRouter, Depends, Request

from gateway.commands import ChangeAccount, InviteAccount, OfferNewPassword
from gateway.domain.accounts import Account
from gateway.domain.authority import Role
from gateway.web.api.keys import LoginLink, Name
from gateway.web.api.shapes import Mail, Shape
from gateway.web.auth import CarryOut, allow
from gateway.web.context import TheGateway, TheHouse
from gateway.web.mailing import base_url, mail_from
from protocol.base import Instant

router = APIRouter(prefix="/accounts", tags=["accounts"], dependencies=[Depends(allow("administer"))])

StaffRole = Literal["admin", "staff", "billing"]


class AccountIn(Shape):
    """Someone of the staff to be."""

    mail: Mail
    name: Name
    role: StaffRole


class AccountChange(Shape):
    """What to change of an account; what is left out stays. Its sessions end. `open: false` shuts it."""

    role: StaffRole | None = None
    open: bool | None = None


class AccountOut(Shape):
    """An account. One without a password waits for its owner to follow the link."""

    id: str
    mail: str
    name: str
    role: Role
    since: Instant
    open: bool
    has_password: bool
    second_factor: bool


class AccountMade(AccountOut):
    """A new account, and where its owner chooses a password: told this once, it holds for three days."""

    url: str


@router.get("", summary="Accounts of the staff")
def accounts(gateway: TheGateway) -> list[AccountOut]:
    """List all accounts, also those that are shut."""
    with gateway.ledger.reading() as books:
        return [AccountOut(**_shown(account)) for account in books.accounts.all()]


@router.post("", status_code=201, summary="Invite someone of the staff")
def invite(wanted: AccountIn, request: Request, house: TheHouse, carry_out: CarryOut) -> AccountMade:
    """Take someone up. The link is mailed to them, too, where this place sends mail."""
    made: tuple[Account, str] = carry_out(
        InviteAccount(wanted.mail, wanted.name, wanted.role, mail_from(request, house))
    )
    return AccountMade(**_shown(made[0]), url=f"{base_url(request, house)}/login/{made[1]}")


@router.patch("/{account}", summary="Change an account")
def change(account: str, wanted: AccountChange, carry_out: CarryOut) -> AccountOut:
    """Give an account another role, shut or reopen it. The last open administrator's stays what it is."""
    return AccountOut(**_shown(carry_out(ChangeAccount(account, wanted.role, wanted.open))))


@router.post("/{account}/link", status_code=201, summary="Offer a new password")
def offer_new_password(account: str, request: Request, house: TheHouse, carry_out: CarryOut) -> LoginLink:
    """Make a link to choose another password; mailed, too, where this place sends mail."""
    secret = carry_out(OfferNewPassword(account, mail_from(request, house)))
    return LoginLink(url=f"{base_url(request, house)}/login/{secret}")


def _shown(account: Account) -> dict[str, object]:
    fields = AccountOut.model_fields.keys() - {"has_password", "second_factor"}
    told: dict[str, object] = {name: getattr(account, name) for name in fields}
    return told | {"has_password": account.password is not None, "second_factor": account.totp is not None}
