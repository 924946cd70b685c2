"""Where damaged spools go: moved aside whole; what can be read of them is carried over into a new one."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from edge.adapters.spool.rows import Line, Row, create, insert, transaction
from edge.adapters.spool.salvage import carry_over
from host.files import sync_folder

FOLDER: Final = "quarantine"

_KEPT: Final = 3
"""So many damaged spools are kept: the latest."""

_SIDE_FILES: Final = ("-wal", "-shm")


def settle(path: Path, now: datetime) -> None:
    """Finish, or undo, a replacement that was interrupted. Raises OSError."""
    new = _new(path)
    if path.exists():
        new.unlink(missing_ok=True)
        return
    if any(_beside(path, side).exists() for side in _SIDE_FILES):
        _set_aside(path, now)  # a log without its spool would be taken for the next one's
    if new.exists():
        _rename(new, path)


def replace(
    path: Path, begin: Callable[[str | None], Row], now: datetime, sure: tuple[str, int] | None
) -> str:
    """Put a new spool in the place of a damaged one, and say where that went, and what was carried over.

    `begin` makes the first record of its new epoch, told which epoch was before. `sure` is how far that one
    was written, if this is known: what lies beyond may never have been. Raises OSError and sqlite3.Error.
    """
    new = _new(path)
    new.unlink(missing_ok=True)
    with closing(sqlite3.connect(new, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=MEMORY")  # what is not finished is thrown away
        database.execute("PRAGMA synchronous=FULL")
        with transaction(database):
            create(database)
            carried = carry_over(path, database, sure)
            first = begin(carried.before)
            Line(first.epoch, carried.end).write(database)
            insert(database, "record", carried.end, [first])
    sync_folder(path.parent)
    folder = _set_aside(path, now)
    _rename(new, path)
    return f"epoch={first.epoch} before={carried.before} salvaged={carried.records} quarantine={folder}"


def quarantined(path: Path) -> list[Path]:
    """Return the damaged spools that were once at `path`, the oldest first."""
    return [folder / path.name for folder in _folders(path) if (folder / path.name).exists()]


def _set_aside(path: Path, now: datetime) -> Path:
    """Move a spool and its side files away, the spool first: what is left then is known to be a rest."""
    folders = _folders(path)
    if folders and not path.exists():
        folder = folders[-1]
    else:
        number = int(folders[-1].name.split("-")[0]) + 1 if folders else 1
        folder = path.parent / FOLDER / f"{number:04}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        folder.mkdir(parents=True)
    for file in (path, *(_beside(path, side) for side in _SIDE_FILES)):
        if file.exists():
            file.rename(folder / file.name)
    for changed in (folder, folder.parent, path.parent):
        sync_folder(changed)
    for old in _folders(path)[:-_KEPT]:
        shutil.rmtree(old)
    return folder


def _folders(path: Path) -> list[Path]:
    return sorted((path.parent / FOLDER).glob("[0-9]*-*"), key=lambda folder: int(folder.name.split("-")[0]))


def _new(path: Path) -> Path:
    return path.with_name(path.name + ".new")


def _beside(path: Path, side: str) -> Path:
    return path.with_name(path.name + side)


def _rename(new: Path, path: Path) -> None:
    new.rename(path)
    sync_folder(path.parent)
