"""Accounts of the staff, refused tries, and the secrets by which people and machines come in."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from gateway.adapters.ledger.tables import accounts, keys, tries
from gateway.domain.accounts import FORGOTTEN_AFTER, Account, Tries, same_mail
from gateway.ports import Key


class AccountTables:
    """Accounts and tries within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, account: Account) -> None:
        self._connection.execute(delete(accounts).where(accounts.c.id == account.id))
        row = {**asdict(account), "recovery": json.dumps(account.recovery)}
        self._connection.execute(insert(accounts), row)

    def all(self) -> list[Account]:
        found = self._connection.execute(select(accounts).order_by(accounts.c.name, accounts.c.id))
        return [_account(row) for row in found.mappings()]

    def get(self, account: str) -> Account | None:
        return self._find(accounts.c.id == account)

    def by_mail(self, mail: str) -> Account | None:
        return self._find(accounts.c.mail == same_mail(mail))

    def tries(self, subject: str) -> Tries | None:
        row = self._connection.execute(select(tries).where(tries.c.subject == subject)).mappings().first()
        return Tries(**row) if row else None

    def put_tries(self, found: Tries) -> None:
        forgotten = tries.c.last_at < found.last_at - FORGOTTEN_AFTER
        self._connection.execute(delete(tries).where(forgotten | (tries.c.subject == found.subject)))
        self._connection.execute(insert(tries), asdict(found))

    def forget_tries(self, subject: str) -> None:
        self._connection.execute(delete(tries).where(tries.c.subject == subject))

    def forget_tries_before(self, moment: datetime) -> int:
        return self._connection.execute(delete(tries).where(tries.c.last_at < moment)).rowcount

    def _find(self, condition: Any) -> Account | None:
        row = self._connection.execute(select(accounts).where(condition)).mappings().first()
        return _account(row) if row else None


class KeyTable:
    """Hashes of secrets within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, key: Key) -> None:
        row = {**asdict(key), "scopes": _joined(key.scopes), "sites": _joined(key.sites)}
        self._connection.execute(insert(keys), row)

    def all(self) -> list[Key]:
        found = self._connection.execute(select(keys).order_by(keys.c.name, keys.c.hash))
        return [_key(row) for row in found.mappings()]

    def of(self, account: str) -> list[Key]:
        found = self._connection.execute(select(keys).where(keys.c.account == account).order_by(keys.c.hash))
        return [_key(row) for row in found.mappings()]

    def find(self, secret_hash: str) -> Key | None:
        row = self._connection.execute(select(keys).where(keys.c.hash == secret_hash)).mappings().first()
        return _key(row) if row else None

    def use(self, secret_hash: str, at: datetime) -> None:
        self._connection.execute(update(keys).where(keys.c.hash == secret_hash).values(used_at=at))

    def end(self, secret_hash: str, at: datetime) -> None:
        self._end(at, keys.c.hash == secret_hash)

    def end_of(self, account: str, at: datetime, *, but: str | None = None) -> None:
        self._end(at, keys.c.account == account, keys.c.hash != (but or ""))

    def remove_of(self, account: str) -> None:
        self._connection.execute(delete(keys).where(keys.c.account == account))

    def forget(self, before: datetime) -> int:
        return self._connection.execute(delete(keys).where(keys.c.expires_at < before)).rowcount

    def _end(self, at: datetime, *which: Any) -> None:
        self._connection.execute(update(keys).where(*which, keys.c.expires_at > at).values(expires_at=at))


def _account(row: RowMapping) -> Account:
    return Account(**{**row, "recovery": tuple(json.loads(row["recovery"]))})


def _key(row: RowMapping) -> Key:
    return Key(**{**row, "scopes": _split(row["scopes"]), "sites": _split(row["sites"])})


def _joined(names: frozenset[str] | None) -> str | None:
    return None if names is None else ",".join(sorted(names))


def _split(text: str | None) -> frozenset[Any] | None:
    return None if text is None else frozenset(filter(None, text.split(",")))
