"""Copies of an SQLite ledger: made while it is written to, and looked through before anyone relies on one."""

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.adapters.ledger.tables import microseconds

_PAGES_A_STEP: Final = 1024
_WAIT_S: Final = 5.0
_PRIMARY: Final = 0xFF  # the part of a result code that says what; the rest says where
_IN_USE: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_OF_THE_DISK: Final = {sqlite3.SQLITE_FULL: errno.ENOSPC, sqlite3.SQLITE_IOERR: errno.EIO}


class LedgerUnsound(Exception):
    """A file that is no whole ledger; the text says why."""


class LedgerBusy(Exception):
    """Another program reads or writes the ledger now."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a ledger is: its `id`, the revision of its `schema`, how many `events` its journal has."""

    id: str
    schema: str
    events: int


def copy_ledger(source: Path, target: Path, told: Callable[[float], None]) -> None:
    """Copy a ledger as it stands at one moment, also while it is written to. `told` is how much is done.

    One read transaction spans all steps: without it, a write by the gateway would make SQLite begin again.
    The copy is one file, without a log beside it. Raises LedgerUnsound, OSError.
    """
    with _opened(source, "rw") as ledger, _opened(target, "rwc") as copy:
        copy.execute("PRAGMA synchronous=OFF")  # whoever keeps the copy syncs it
        ledger.execute("BEGIN")
        ledger.execute("SELECT count(*) FROM sqlite_master").fetchone()
        ledger.backup(
            copy,
            pages=_PAGES_A_STEP,
            progress=lambda _, remaining, total: told(1 - remaining / max(1, total)),
        )
        copy.execute("PRAGMA journal_mode=DELETE")


def examine(file: Path) -> Facts:
    """Look through every page of a ledger that nobody writes to. Raises LedgerUnsound."""
    with _opened(file, "ro&immutable=1") as ledger:
        (found,) = ledger.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise LedgerUnsound(str(found))
        return _facts(ledger)


def settle(file: Path) -> Facts:
    """Bring home the log beside a ledger, so that it is one file, and say what it is.

    Raises LedgerUnsound, LedgerBusy.
    """
    with _opened(file, "rw") as ledger:
        ledger.execute("PRAGMA journal_mode=DELETE")
        return _facts(ledger)


def erased_since(file: Path, since: datetime) -> list[str]:
    """Return the members whom a ledger's audit says to have been erased since a moment.

    Of a ledger older than the audit it is nobody. Raises LedgerUnsound, LedgerBusy.
    """
    with _opened(file, "ro") as ledger:
        if ledger.execute("SELECT 1 FROM sqlite_master WHERE name = 'audit'").fetchone() is None:
            return []
        found = ledger.execute(
            "SELECT subject FROM audit WHERE act = 'EraseMember' AND outcome = 'done' AND at > ?",
            [microseconds(since)],
        )
        return [subject.removeprefix("member:") for (subject,) in found]


def _facts(ledger: sqlite3.Connection) -> Facts:
    named = ledger.execute("SELECT value FROM meta WHERE key = 'ledger_id'").fetchone()
    schema = ledger.execute("SELECT version_num FROM alembic_version").fetchone()
    if named is None or schema is None:
        raise LedgerUnsound("it has no name, or no schema")
    (events,) = ledger.execute("SELECT count(*) FROM journal").fetchone()
    return Facts(named[0], schema[0], events)


@contextmanager
def _opened(file: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """Open a database in `mode`, transactions by hand; say in our words what SQLite refuses."""
    try:
        uri = f"{file.resolve().as_uri()}?mode={mode}"
        with closing(sqlite3.connect(uri, _WAIT_S, uri=True, isolation_level=None)) as database:
            yield database
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY
        if code in _OF_THE_DISK:
            raise OSError(_OF_THE_DISK[code], os.strerror(_OF_THE_DISK[code]), str(file)) from error
        raise (LedgerBusy if code in _IN_USE else LedgerUnsound)(str(error)) from error
