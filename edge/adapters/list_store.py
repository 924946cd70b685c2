"""The access list and the time floor as files, each replaced whole: written beside, synced, renamed."""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from edge.core.floor import TimeFloor
from edge.ports import ListUnreadable
from host.files import replace

_floor: Final = TypeAdapter(TimeFloor)


class FileListStore:
    """See `edge.ports.ListStore`.

    The list's messages stand one in a line, as they came: their signatures show any damage. The floor is
    the node's own word, which nobody signed; its digest stands in the line after it.
    """

    def __init__(self, folder: Path) -> None:
        self._list_path = folder / "access-list.jsonl"
        self._floor_path = folder / "time-floor.json"
        self._turn = asyncio.Lock()

    def load(self) -> Sequence[bytes]:
        """Return the saved messages."""
        content = _content(self._list_path)
        return () if content is None else content.split(b"\n")

    async def save(self, messages: Sequence[bytes]) -> None:
        """Replace the saved messages; what is saved at once is saved in turn."""
        lines = [message.replace(b"\n", b" ") for message in messages]  # in JSON, only ever white space
        async with self._turn:
            await asyncio.to_thread(replace, self._list_path, b"\n".join(lines))

    def load_floor(self) -> TimeFloor | None:
        """Return the saved floor, or None."""
        content = _content(self._floor_path)
        if content is None:
            return None
        floor, _, digest = content.partition(b"\n")
        if digest != _digest(floor):
            raise ListUnreadable(f"{self._floor_path}: its digest is of other content")
        try:
            return _floor.validate_json(floor)
        except ValueError as error:
            raise ListUnreadable(f"{self._floor_path}: {error}") from error

    async def save_floor(self, floor: TimeFloor) -> None:
        """Replace the saved floor."""
        told = _floor.dump_json(floor)
        async with self._turn:
            await asyncio.to_thread(replace, self._floor_path, told + b"\n" + _digest(told))


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ListUnreadable(f"{path}: {error}") from error


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
