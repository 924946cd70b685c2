"""Accounts of the staff: invited, changed, come in by; and members, who come in by their mail."""

import secrets
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.domain.accounts import Account, Tries, same_mail
from gateway.domain.authority import MEMBER, Role
from gateway.handlers.desk import Desk
from gateway.handlers.keys import new_secret, new_session, spend
from gateway.ports import Key

_INVITATION_LIVES: Final = timedelta(days=3)
_MEMBER_LINK_LIVES: Final = timedelta(minutes=15)


def found_account(command: ask.FoundAccount, desk: Desk) -> str:
    """Make the first administrator's account, and open a session."""
    spend(command.link, "first", desk)
    account = replace(_new(desk, command.mail, command.name, "admin"), password=command.password)
    desk.books.accounts.put(account)
    return new_session(desk, account.name, account.role, account.id)


def invite_account(command: ask.InviteAccount, desk: Desk) -> tuple[Account, str]:
    """Take up an account, and make the link by which its owner chooses a password."""
    if command.role not in {"admin", "staff", "billing"}:
        raise Refused("invalid", Fault("/role", "not_staff", "an account is for admin, staff or billing"))
    account = _new(desk, command.mail, command.name, command.role)
    desk.books.accounts.put(account)
    return account, _link(desk, account, command.address)


def change_account(command: ask.ChangeAccount, desk: Desk) -> Account:
    """Change role or state of an account; its sessions end. The last administrator stays one."""
    account = _known(command.account, desk)
    changed = replace(
        account,
        role=command.role or account.role,
        disabled_at=account.disabled_at if command.open is None else (None if command.open else desk.now),
    )
    others = [a for a in desk.books.accounts.all() if a.id != account.id and a.open and a.role == "admin"]
    if account.role == "admin" and not others and (changed.role != "admin" or not changed.open):
        raise Refused("conflict", Fault("/account", "last_admin", "nobody else could let others in then"))
    desk.books.accounts.put(changed)
    desk.books.keys.end_of(account.id, desk.now)
    return changed


def offer_new_password(command: ask.OfferNewPassword, desk: Desk) -> str:
    """Make a link to choose another password."""
    return _link(desk, _known(command.account, desk), command.address)


def choose_password(command: ask.ChoosePassword, desk: Desk) -> str:
    """Set the password of the link's account, drop its second factor, end its sessions, and open one."""
    account = _known(spend(command.link, "invitation", desk).account or "", desk)
    chosen = replace(account, password=command.password, totp=None, totp_step=0, recovery=())
    desk.books.accounts.put(chosen)
    desk.books.keys.end_of(account.id, desk.now)
    return new_session(desk, account.name, account.role, account.id)


def change_own_password(command: ask.ChangeOwnPassword, desk: Desk) -> None:
    """Set one's own password; all other sessions and links end."""
    desk.books.accounts.put(replace(_known(desk.by.id, desk), password=command.password))
    desk.books.keys.end_of(desk.by.id, desk.now, but=command.session)


def arm_second_factor(command: ask.ArmSecondFactor, desk: Desk) -> None:
    """Ask for a code at every login from now on."""
    armed = replace(
        _known(desk.by.id, desk), totp=command.totp, totp_step=command.step, recovery=command.recovery
    )
    desk.books.accounts.put(armed)


def drop_second_factor(_: ask.DropSecondFactor, desk: Desk) -> None:
    """Ask for no code any more."""
    desk.books.accounts.put(replace(_known(desk.by.id, desk), totp=None, totp_step=0, recovery=()))


def admit_account(command: ask.AdmitAccount, desk: Desk) -> str:
    """Open a session; what it was opened with is used up."""
    account = _known(command.account, desk)
    spent = (command.step is not None and command.step <= account.totp_step) or (
        command.recovery is not None and command.recovery not in account.recovery
    )
    if not account.open or spent:
        raise Refused("forbidden", Fault("/code", "spent", "this account is shut, or its code was used"))
    step = account.totp_step if command.step is None else command.step
    left = tuple(code for code in account.recovery if code != command.recovery)
    if (step, left) != (account.totp_step, account.recovery):
        desk.books.accounts.put(replace(account, totp_step=step, recovery=left))
    for subject in command.tries:
        desk.books.accounts.forget_tries(subject)
    return new_session(
        desk, account.name, account.role, account.id, "pending" if command.pending else "session"
    )


def refuse_login(command: ask.RefuseLogin, desk: Desk) -> None:
    """Count what was refused, so that the next tries wait."""
    for subject in command.tries:
        before = desk.books.accounts.tries(subject) or Tries(subject, 0, desk.now)
        desk.books.accounts.put_tries(before.again(desk.now))


def send_member_link(command: ask.SendMemberLink, desk: Desk) -> None:
    """Mail a one-time link to the members of an address, if there are any."""
    wanted = same_mail(command.mail)
    for member in desk.books.people.members():
        if member.mail != wanted or (member.until is not None and desk.now >= member.until):
            continue
        until = desk.now + _MEMBER_LINK_LIVES
        key = Key("", "link", member.name, "member", until, None, f"{MEMBER}{member.id}")
        url = f"{command.address}/login/{new_secret(desk, key)}"
        desk.letters.append(partial(desk.notifier.come_in, member, url, until))


def _new(desk: Desk, mail: str, name: str, role: Role) -> Account:
    if desk.books.accounts.by_mail(mail) is not None:
        raise Refused("conflict", Fault("/mail", "taken", "an account has this address already"))
    return Account(f"u-{secrets.token_hex(6)}", same_mail(mail), name, role, desk.now)


def _link(desk: Desk, account: Account, address: str | None) -> str:
    """Make the secret of a link to a new password, and have the link mailed to its owner behind `address`."""
    until = desk.now + _INVITATION_LIVES
    secret = new_secret(desk, Key("", "invitation", account.name, account.role, until, None, account.id))
    if address is not None:
        url = f"{address}/login/{secret}"
        desk.letters.append(partial(desk.notifier.choose_password, account, url, until))
    return secret


def _known(account: str, desk: Desk) -> Account:
    found = desk.books.accounts.get(account)
    if found is None:
        raise Refused("not_found", Fault("/account", "unknown_account", "no account has this id"))
    return found
