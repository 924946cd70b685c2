"""A disk as a loss of power leaves it: what was synced is there, of the rest some, or nothing.

It promises what SQLite asks of a disk (https://www.sqlite.org/atomiccommit.html), and no more: a sector is
written whole or not at all; the sectors of unsynced writes arrive in any order, each or not; a name that was
made, changed or taken away is sure only once its folder was synced, and names change in order.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Final

from firmware_sim.faults.recording import Call

_SECTOR: Final = 512


@dataclass(frozen=True, slots=True)
class _Write:
    """Bytes that went to the kernel; without `data` the file was cut, or stretched, to end at `offset`."""

    offset: int
    data: bytes | None
    at: int


@dataclass(slots=True)
class _File:
    """`kept` is on the disk for sure, `unsynced` was written since; write() goes to `position`."""

    kept: bytearray
    unsynced: list[_Write] = field(default_factory=list)
    position: int = 0

    def sync(self, before: int) -> None:
        """Take up what had been written when the sync began."""
        for write in self.unsynced:
            if write.at < before:
                _put(self.kept, write)
        self.unsynced = [write for write in self.unsynced if write.at >= before]

    def left(self, dice: random.Random, part: float) -> bytes:
        """Return what a loss of power may leave: this `part` of what was not synced, sector by sector."""
        content = bytearray(self.kept)
        for write in self.unsynced:
            for piece in _sectors(write):
                if dice.random() < part:
                    _put(content, piece)
        return bytes(content)


@dataclass(frozen=True, slots=True)
class _Renaming:
    """Names in one folder that changed together; None where there is no such file any more."""

    names: Mapping[Path, _File | None]
    at: int


class Disk:
    """The files in one folder, from what was there before and from calls that are played to it in order."""

    def __init__(self, folder: Path) -> None:
        """Begin with the files that are in `folder` now."""
        self.folder = folder
        files = [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []
        self._kept = {path: _File(bytearray(path.read_bytes())) for path in files}
        self._unsynced: list[_Renaming] = []
        self._names: dict[Path, _File] = dict(self._kept)

    def play(self, call: Call) -> bool:
        """Take in a call; whether it concerned this folder."""
        match call.name:
            case "openat":
                return self._open(call)
            case "rename":
                return self._rename(call)
            case "unlink":
                path = Path(call.text(0))
                return self._names.pop(path, None) is not None and self._renamed({path: None}, call.ended)
            case "fsync" | "fdatasync":
                return self._sync(Path(call.text(0)), call.began)
            case "write" | "pwrite64" | "ftruncate":
                return self._write(call)
        return False

    def leave(self, folder: Path, dice: random.Random, part: float) -> None:
        """Lay down in `folder` what a loss of power now would leave; of what is unsynced this `part`."""
        names: dict[Path, _File | None] = dict(self._kept)
        for renaming in takewhile(lambda _: dice.random() < part, self._unsynced):
            names.update(renaming.names)
        folder.mkdir(parents=True)
        for path, file in names.items():
            if file is not None:
                target = folder / path.relative_to(self.folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(file.left(dice, part))

    def _open(self, call: Call) -> bool:
        path, flags = Path(call.text(0), call.text(1)), call.words[2]
        if self.folder not in path.parents or "O_CREAT" not in flags:
            return False
        file = self._names.get(path)
        if file is None:
            file = self._names[path] = _File(bytearray())
            self._renamed({path: file}, call.ended)
        elif "O_TRUNC" in flags:
            file.unsynced.append(_Write(0, None, call.ended))
        file.position = 0
        return True

    def _rename(self, call: Call) -> bool:
        old, new = Path(call.text(0)), Path(call.text(1))
        if old not in self._names:
            return False
        self._names[new] = self._names.pop(old)
        return self._renamed({old: None, new: self._names[new]}, call.ended)

    def _renamed(self, names: Mapping[Path, _File | None], at: int) -> bool:
        self._unsynced.append(_Renaming(names, at))
        return True

    def _sync(self, path: Path, began: int) -> bool:
        if path in self._names:
            self._names[path].sync(began)
            return True
        here = [r for r in self._unsynced if path == next(iter(r.names)).parent and r.at < began]
        for renaming in here:
            self._unsynced.remove(renaming)
            for name, file in renaming.names.items():
                if file is None:
                    self._kept.pop(name, None)
                else:
                    self._kept[name] = file
        return bool(here)

    def _write(self, call: Call) -> bool:
        file = self._names.get(Path(call.text(0)))
        if file is None:
            return False
        match call.name:
            case "pwrite64":
                offset, data = int(call.words[3]), call.data(1)[: call.result]
            case "write":
                offset, data = file.position, call.data(1)[: call.result]
                file.position += call.result
            case _:
                file.unsynced.append(_Write(int(call.words[1]), None, call.ended))
                return True
        file.unsynced.append(_Write(offset, data, call.ended))
        return True


def _put(content: bytearray, write: _Write) -> None:
    end = write.offset + len(write.data or b"")
    content.extend(bytes(max(0, end - len(content))))
    if write.data is None:
        del content[end:]
    else:
        content[write.offset : end] = write.data


def _sectors(write: _Write) -> list[_Write]:
    if write.data is None:
        return [write]
    first = _SECTOR - write.offset % _SECTOR
    bounds = [0, *range(first, len(write.data), _SECTOR), len(write.data)]
    return [_Write(write.offset + start, write.data[start:end], write.at) for start, end in pairwise(bounds)]
