"""The spool as an SQLite file: write-ahead log, and every commit synced to the disk before it counts."""

import asyncio
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from edge.ports import SpoolFailed, Unavailable
from protocol.base import as_wire_time
from protocol.events import Record

T = TypeVar("T")

_FORGET = """
DELETE FROM record WHERE seq <= :cursor
AND seq < coalesce((SELECT min(seq) FROM record WHERE at >= :before), :cursor + 1)
"""  # from the first on, without holes: a clock that was in 1970 for a while makes nothing old

_SCHEMA = """
CREATE TABLE IF NOT EXISTS spool (epoch TEXT NOT NULL, cursor INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS record (seq INTEGER PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL);
"""


class SqliteSpool:
    """See `edge.ports.Spool`. All of SQLite happens in one thread of its own, in order."""

    epoch: str
    last_seq: int
    cursor: int
    held_from: int

    def __init__(self, path: Path) -> None:
        """Open the spool, or give birth to one with a new epoch. Raises Unavailable."""
        self._executor = ThreadPoolExecutor(1, "spool")
        self._database: sqlite3.Connection
        try:
            self._executor.submit(self._open, path).result()
        except sqlite3.Error as error:
            self._executor.shutdown()
            raise Unavailable(f"the spool {path} cannot be opened: {error}") from error

    async def append(self, records: Sequence[Record]) -> None:
        """Write records in one transaction."""
        rows = [(r.seq, as_wire_time(r.at), r.model_dump_json()) for r in records]
        await self._call(lambda: self._append(rows))

    async def read(self, first: int, last: int, max_bytes: int) -> tuple[Record, ...]:
        """Return records from `first` on, as many as fit."""
        bodies = await self._call(lambda: self._read(first, last, max_bytes))
        return tuple(Record.model_validate_json(body) for body in bodies)

    async def acknowledge(self, cursor: int, forget_before: datetime) -> None:
        """Keep the cursor, and forget what is both acknowledged and old."""
        await self._call(lambda: self._acknowledge(cursor, as_wire_time(forget_before)))

    async def close(self) -> None:
        """Finish what is under way and close the file."""
        await self._call(self._database.close)
        self._executor.shutdown()

    async def _call(self, job: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, job)
        except sqlite3.Error as error:
            raise SpoolFailed(str(error)) from error

    def _open(self, path: Path) -> None:
        database = sqlite3.connect(path)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("PRAGMA cache_size=-256")  # KiB
        database.executescript(_SCHEMA)
        with database:
            if database.execute("SELECT count(*) FROM spool").fetchone() == (0,):
                database.execute("INSERT INTO spool VALUES (?, 0)", (secrets.token_hex(8),))
        self.epoch, self.cursor = database.execute("SELECT epoch, cursor FROM spool").fetchone()
        last, first = database.execute("SELECT max(seq), min(seq) FROM record").fetchone()
        self.last_seq = max(last or 0, self.cursor)
        self.held_from = first or self.last_seq + 1
        self._database = database

    def _append(self, rows: list[tuple[int, str, str]]) -> None:
        with self._database as database:
            database.executemany("INSERT INTO record VALUES (?, ?, ?)", rows)
        self.last_seq = rows[-1][0]

    def _read(self, first: int, last: int, max_bytes: int) -> list[str]:
        bodies: list[str] = []
        size = 0
        query = "SELECT body FROM record WHERE seq BETWEEN ? AND ? ORDER BY seq"
        for (body,) in self._database.execute(query, (first, last)):
            size += len(body) + 1  # the comma
            if bodies and size > max_bytes:
                break
            bodies.append(body)
        return bodies

    def _acknowledge(self, cursor: int, forget_before: str) -> None:
        with self._database as database:
            database.execute("UPDATE spool SET cursor = ?", (cursor,))
            database.execute(_FORGET, {"cursor": cursor, "before": forget_before})
        self.cursor = cursor
        (first,) = self._database.execute("SELECT min(seq) FROM record").fetchone()
        self.held_from = first or self.last_seq + 1
