"""Coming back from a backup: it is looked through first; what was here is put aside, never deleted."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gateway.adapters.ledger import SqlLedger
from gateway.adapters.ledger.copy import Facts, LedgerBusy, LedgerUnsound, erased_since, examine, settle
from gateway.adapters.ledger.engine import known_schemas, sqlite_file, without_password
from gateway.adapters.signer import FileSigner
from gateway.auditor import Auditor
from gateway.bootstrap import KEY_FILES, SIGNING_KEY, alone, database_url
from gateway.domain.audit import RESTORED, Act, details
from gateway.domain.authority import SYSTEM
from gateway.registrar import ERASE_AGAIN
from gateway.safekeeping.archive import BackupUnsound, Manifest, Told, unpack
from gateway.safekeeping.backup import LEDGER
from gateway.settings import Settings
from host.claim import ClaimRefused, give_to_owner_of
from host.files import sync_folder

_LOGS: Final = ("-wal", "-shm")  # SQLite's, beside a database that was not closed


class RestoreRefused(Exception):
    """Nothing was restored, and what was here is here; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What is in place now, and the folder (None: there was nothing) in which lies what was."""

    manifest: Manifest
    aside: Path | None


def restore(settings: Settings, backup: Path, at: datetime, told: Told, *, other_place: bool) -> Restored:
    """Put the ledger and the keys of `backup` into place, brought up to this program's schema.

    `other_place` allows it also where another ledger is here. Raises RestoreRefused.
    """
    ledger = sqlite_file(database_url(settings))
    if ledger is None:
        raise RestoreRefused(_for_a_server(settings))
    if not backup.is_file():
        raise RestoreRefused(f"{backup} is no file")
    try:
        with (
            alone(settings, "passerelle restore"),
            tempfile.TemporaryDirectory(prefix=".restore-", dir=ledger.parent) as staged,
        ):
            return _Way(settings, ledger, Path(staged), at).go(backup, told, other_place=other_place)
    except ClaimRefused as refusal:
        raise RestoreRefused(str(refusal)) from refusal
    except (BackupUnsound, LedgerUnsound) as error:
        raise RestoreRefused(f"{backup} cannot be used: {error}. Nothing was changed") from error
    except LedgerBusy as error:
        raise RestoreRefused(f"{ledger} is being read or written by another program: {error}") from error
    except OSError as error:
        where = error.filename or ledger.parent
        raise RestoreRefused(f"{where}: {error.strerror}. The ledger that was here is in place") from error


class _Way:
    """One restore. Until `_put_in_place` nothing outside of the folder `staged` is changed."""

    def __init__(self, settings: Settings, ledger: Path, staged: Path, at: datetime) -> None:
        self._data_dir = settings.data_dir
        self._ledger = ledger
        self._staged = staged
        self._at = at
        self._aside = ledger.parent / f"before-restore-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"

    def go(self, backup: Path, told: Told, *, other_place: bool) -> Restored:
        manifest = unpack(backup, self._staged, lambda name, done: told(f"unpacking {name}", done))
        told("checking", 0)
        self._check(manifest)
        present = self._present()
        if present is not None and not other_place:
            _refuse_another(present, manifest)
        known = present is not None and present.id == manifest.ledger
        erased = erased_since(self._ledger, manifest.made_at) if known else []
        told("migrating", 0)
        self._migrate(manifest, erased)
        return Restored(manifest, self._put_in_place())

    def _check(self, manifest: Manifest) -> None:
        facts = examine(self._staged / LEDGER)
        if facts.id != manifest.ledger:
            raise BackupUnsound(f"its ledger is {facts.id}, its manifest says {manifest.ledger}")
        if facts.schema not in known_schemas():
            raise BackupUnsound(
                f"Passerelle {manifest.software} made it, with a schema ({facts.schema}) that this one does"
                " not know: install that version first"
            )

    def _present(self) -> Facts | None:
        """Say what the ledger here is, now one file; None where there is none, or it cannot be read."""
        try:
            return settle(self._ledger) if self._ledger.exists() else None
        except LedgerUnsound:
            return None

    def _migrate(self, manifest: Manifest, erased: list[str]) -> None:
        """Bring the ledger up to this program's schema, and write into it that it came back.

        Whom it must not know again, who were erased since it was copied, the gateway erases as it starts.
        """
        staged = self._staged / LEDGER
        ledger = SqlLedger(f"sqlite:///{staged}")
        try:
            said = details(made_at=manifest.made_at.isoformat(), events=manifest.events)
            with ledger.writing() as books:
                auditor = Auditor(ledger, FileSigner(self._staged / SIGNING_KEY))
                auditor.write(books, Act(self._at, SYSTEM.id, RESTORED, "done", "ledger", said))
                books.remember(ERASE_AGAIN, " ".join(erased))
        finally:
            ledger.close()
        settle(staged)

    def _put_in_place(self) -> Path | None:
        """Keep what is here, then rename: at each moment there is one whole ledger, the old or the new."""
        aside = self._put_aside()
        for name in filter(self._is_in_backup, KEY_FILES):
            self._put(self._staged / name, self._data_dir / name)
        self._put(self._staged / LEDGER, self._ledger)
        return aside

    def _is_in_backup(self, name: str) -> bool:
        """Whether a key came with the backup: one made before there were such keys is whole without."""
        return (self._staged / name).exists()

    def _put_aside(self) -> Path | None:
        present = [self._ledger, *(self._data_dir / name for name in KEY_FILES)]
        if not any(file.exists() for file in present):
            return None
        self._aside.mkdir(mode=0o700)
        give_to_owner_of(self._ledger.parent, self._aside)
        for file in filter(Path.exists, present):
            _keep(file, self._aside / file.name)
        for log in (self._ledger.with_name(self._ledger.name + suffix) for suffix in _LOGS):
            if log.exists():  # a damaged ledger's: it must not meet the new one
                log.replace(self._aside / log.name)
        sync_folder(self._aside)
        sync_folder(self._aside.parent)
        return self._aside

    def _put(self, new: Path, place: Path) -> None:
        beside = place.with_name(f".{place.name}.new")
        shutil.move(new, beside)
        give_to_owner_of(place.parent, beside)
        beside.replace(place)
        sync_folder(place.parent)


def _refuse_another(present: Facts, manifest: Manifest) -> None:
    if present.id != manifest.ledger:
        raise RestoreRefused(
            f"the backup is of {manifest.ledger}, here is {present.id} with {present.events} events: nodes"
            " enrolled with one do not heed the other. If that is what you want, say --other-place"
        )


def _keep(file: Path, name: Path) -> None:
    """Give a file a second name, or a copy where names cannot share a file."""
    try:
        os.link(file, name)
    except OSError:
        shutil.copy2(file, name)


def _for_a_server(settings: Settings) -> str:
    url = without_password(database_url(settings))
    return (
        f"the ledger is at {url}: stop the gateway, and use pg_restore --clean --dbname=DATABASE ledger.dump"
    )
