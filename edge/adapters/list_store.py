"""The access list as a file, replaced whole: written beside, synced, renamed."""

import asyncio
import os
from pathlib import Path

from edge.ports import ListUnreadable
from protocol.access import AccessList


class FileListStore:
    """See `edge.ports.ListStore`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = asyncio.Lock()

    def load(self) -> AccessList | None:
        """Return the saved list, or None."""
        try:
            return AccessList.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise ListUnreadable(f"{self._path}: {error}") from error

    async def save(self, access: AccessList) -> None:
        """Replace the saved list; lists saved at once are saved in turn."""
        async with self._turn:
            await asyncio.to_thread(self._replace, access.model_dump_json().encode())

    def _replace(self, content: bytes) -> None:
        beside = self._path.with_suffix(".new")
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the rename itself
        finally:
            os.close(folder)
