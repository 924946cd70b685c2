"""Copies of the ledger that backups and restores left: they name whom the ledger no longer may."""

import re
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_MADE: Final = r"(\d{8}T\d{6}Z)"


class OldCopies:
    """The files that `passerelle backup` named in `folders`, and the folders that a restore put aside there.

    A file that somebody named otherwise is theirs to delete.
    """

    def __init__(self, ledger: str, folders: Iterable[Path]) -> None:
        self._name = re.compile(rf"(?:{re.escape(ledger)}-{_MADE}\.tar\.gz|before-restore-{_MADE})")
        self._folders = tuple(folders)

    def sweep(self, before: datetime) -> int:
        """Delete those made before a moment; return how many. A folder that is not there holds none."""
        old = [
            path for folder in self._folders if folder.is_dir() for path in self._made_before(folder, before)
        ]
        for path in old:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        return len(old)

    def _made_before(self, folder: Path, before: datetime) -> list[Path]:
        found = ((path, self._name.fullmatch(path.name)) for path in sorted(folder.iterdir()))
        return [
            path
            for path, named in found
            if named is not None and _moment(named.group(1) or named.group(2)) < before
        ]


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
