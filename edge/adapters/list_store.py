"""The access list and the time floor as files, each replaced whole: written beside, synced, renamed."""

import asyncio
from pathlib import Path
from typing import Final, TypeVar

from pydantic import TypeAdapter

from edge.core.floor import TimeFloor
from edge.ports import ListUnreadable
from host.files import replace
from protocol.access import AccessList

T = TypeVar("T")

_list: Final = TypeAdapter(AccessList)
_floor: Final = TypeAdapter(TimeFloor)


class FileListStore:
    """See `edge.ports.ListStore`."""

    def __init__(self, folder: Path) -> None:
        self._list_path = folder / "access-list.json"
        self._floor_path = folder / "time-floor.json"
        self._turn = asyncio.Lock()

    def load(self) -> AccessList | None:
        """Return the saved list, or None."""
        return _load(_list, self._list_path)

    async def save(self, access: AccessList) -> None:
        """Replace the saved list; lists saved at once are saved in turn."""
        async with self._turn:
            await asyncio.to_thread(replace, self._list_path, _list.dump_json(access))

    def load_floor(self) -> TimeFloor | None:
        """Return the saved floor, or None."""
        return _load(_floor, self._floor_path)

    async def save_floor(self, floor: TimeFloor) -> None:
        """Replace the saved floor."""
        async with self._turn:
            await asyncio.to_thread(replace, self._floor_path, _floor.dump_json(floor))


def _load(kind: TypeAdapter[T], path: Path) -> T | None:
    try:
        return kind.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ListUnreadable(f"{path}: {error}") from error
