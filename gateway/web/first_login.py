"""The way in for whoever installs a gateway: a one-time link in a file that only they can read."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Final

from gateway.commands import MintKey
from gateway.domain.accounts import Account
from gateway.domain.authority import SYSTEM
from gateway.ports import Key
from gateway.service import Gateway

_LIVES: Final = timedelta(minutes=60)


def offer_first_login(gateway: Gateway, file: Path, address: str) -> str | None:
    """Write a login link for an administrator into `file`, and return it; None where one can come in already.

    So a link that nobody used in time is replaced at the next start, and nobody is locked out for good.
    """
    now = gateway.clock.now()
    with gateway.ledger.reading() as books:
        keys = [key for key in books.keys.all() if _lets_an_admin_in(key) and now < key.expires_at]
        accounts = [account for account in books.accounts.all() if _is_an_admins(account)]
    if keys or accounts:
        return None
    secret = gateway.handle(MintKey("first", "first login", "admin", _LIVES), SYSTEM)
    url = f"{address}/login/{secret}"
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(url + "\n")
    return url


def _is_an_admins(account: Account) -> bool:
    return account.role == "admin" and account.open and account.password is not None


def _lets_an_admin_in(key: Key) -> bool:
    spent = key.kind in {"link", "first"} and key.used_at is not None
    return key.role == "admin" and not spent
