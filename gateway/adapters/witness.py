"""Signed heads of the audit in a file of their own: appended to, never rewritten, best on another disk."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from gateway.domain.audit import Head, Link

_LONGEST_LINE: Final = 1024


class FileWitness:
    """The file `path`, a head a line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, head: Head) -> None:
        said = {**head.told(), "signature": head.signature}
        line = json.dumps(said, separators=(",", ":")).encode() + b"\n"
        last = self._last_line()
        if last == line:
            return
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            if last and not last.endswith(b"\n"):
                file.write(b"\n")  # the power went in mid-line
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def heads(self) -> tuple[list[Head], list[int]]:
        """Return the heads that are there (without a file: none), and the numbers of lines that are none."""
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return [], []
        read = [_head(line) for line in lines]
        unreadable = [number for number, head in enumerate(read, start=1) if head is None]
        return [head for head in read if head is not None], unreadable

    def _last_line(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _LONGEST_LINE))
                return (file.readlines() or [b""])[-1]
        except FileNotFoundError:
            return b""


def _head(line: str) -> Head | None:
    try:
        said: dict[str, Any] = json.loads(line)
        link = Link(int(said["number"]), str(said["hash"]))
        return Head(str(said["ledger"]), link, datetime.fromisoformat(said["at"]), str(said["signature"]))
    except (ValueError, KeyError, TypeError):
        return None
