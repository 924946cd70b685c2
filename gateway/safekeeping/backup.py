"""Making a backup, also while the gateway runs: checked before it takes its name, whole or not there."""

import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from gateway.adapters.ledger.copy import LedgerUnsound, copy_ledger, examine
from gateway.adapters.ledger.engine import sqlite_file, without_password
from gateway.bootstrap import KEY_FILES, database_url
from gateway.safekeeping.archive import (
    BackupUnsound,
    Manifest,
    Told,
    pack,
    read_manifest,
    sha256_of,
)
from gateway.settings import Settings
from host.files import sync_folder

LEDGER: Final = "ledger.sqlite"


class BackupRefused(Exception):
    """No backup was made, and nothing was changed; the text says why, and what to do."""


def back_up(settings: Settings, to: Path, at: datetime, told: Told) -> tuple[Path, Manifest]:
    """Write a backup into the file `to`, or into a new file where that is a folder. Returns file and content.

    Raises BackupRefused.
    """
    ledger = sqlite_file(database_url(settings))
    if ledger is None:
        raise BackupRefused(_for_a_server(settings))
    keys = {name: settings.data_dir / name for name in KEY_FILES}
    for file in (ledger, *keys.values()):
        if not file.is_file():
            raise BackupRefused(f"{file} is missing: no gateway has run on these settings yet")
    _check_target(to)
    folder = to if to.is_dir() else to.parent
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=folder) as beside:
            return _back_up(ledger, keys, Path(beside), to, at, told)
    except LedgerUnsound as error:
        raise BackupRefused(f"{ledger} is damaged: {error}. Restore the last good backup") from error
    except OSError as error:
        raise BackupRefused(f"{to} cannot be written: {error.strerror}; nothing was left there") from error


def _back_up(
    ledger: Path, keys: dict[str, Path], beside: Path, to: Path, at: datetime, told: Told
) -> tuple[Path, Manifest]:
    copy = beside / LEDGER
    copy_ledger(ledger, copy, lambda done: told("copying", done))
    told("checking", 0)
    facts = examine(copy)
    files = {**keys, LEDGER: copy}
    manifest = Manifest(
        made_at=at,
        software=version("passerelle"),
        ledger=facts.id,
        schema_revision=facts.schema,
        events=facts.events,
        sha256={name: sha256_of(file) for name, file in files.items()},
    )
    packed = beside / "backup"
    pack(packed, manifest, files, lambda name, done: told(f"packing {name}", done))
    name = to / f"{facts.id}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.tar.gz" if to.is_dir() else to
    packed.replace(name)
    sync_folder(name.parent)
    return name, manifest


def _check_target(to: Path) -> None:
    """Only an earlier backup is ever replaced."""
    if not to.parent.is_dir():
        raise BackupRefused(f"{to.parent} is no folder: make it, or mend the path")
    if to.is_dir() or not to.exists():
        return
    try:
        read_manifest(to)
    except (BackupUnsound, OSError) as error:
        raise BackupRefused(f"{to} holds something that is no backup: it is left alone") from error


def _for_a_server(settings: Settings) -> str:
    url = without_password(database_url(settings))
    keys = " and ".join(str(settings.data_dir / name) for name in KEY_FILES)
    return (
        f"the ledger is at {url}, whose own tools back it up:"
        f" pg_dump --format=custom --file=ledger.dump DATABASE. Keep {keys} with the dump"
    )
