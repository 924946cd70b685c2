"""The spool as an SQLite file: write-ahead log, and every commit synced to the disk before it counts."""

import asyncio
import logging
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from edge.adapters.spool import quarantine
from edge.adapters.spool.file import SpoolFile
from edge.adapters.spool.rows import Damaged, Row
from edge.adapters.spool.space import Dropped
from edge.core.delivery import Held
from edge.ports import Clock, EpochOver, SpoolFailed, Stored, record_now
from protocol.base import as_wire_time
from protocol.events import EpochBegun, EventsDropped, Record

_log = logging.getLogger(__name__)

T = TypeVar("T")

_NOT_OPEN: Final = Held(epoch="0" * 16, cursor=0, held_from=1, last=0)
"""How a spool stands that could not be opened yet; nothing is ever written in this epoch."""

_DISK_FAILS: Final = frozenset({
    sqlite3.SQLITE_AUTH, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_READONLY,
})  # fmt: skip
"""SQLite's primary codes that say nothing about what the file holds."""


class SqliteSpool:
    """See `edge.ports.Spool`. All of SQLite happens in one thread of its own, in order.

    A disk that fails is tried again at each call; a file that contradicts itself is replaced by a new one.
    """

    def __init__(self, path: Path, clock: Clock, max_bytes: int) -> None:
        """Open the spool, or give birth to one. Where the disk fails, that is tried again later.

        Where it holds more than `max_bytes` it begins to drop.
        """
        self.dropped = 0
        self._max_bytes = max_bytes
        self.writing = self.sending = _NOT_OPEN
        self.failing = False
        self._path = path
        self._clock = clock
        self._file: SpoolFile | None = None
        self._sure = 0
        self._executor = ThreadPoolExecutor(1, "spool")
        with suppress(SpoolFailed, EpochOver):
            self._executor.submit(self._run, lambda _: None).result()

    async def append(self, epoch: str, records: Sequence[Record]) -> None:
        """Write records in one transaction."""
        new = [_row(epoch, record) for record in records]

        def job(file: SpoolFile) -> None:
            if epoch != file.writing.epoch:
                raise EpochOver(f"epoch {epoch} is not written any more")
            dropped = file.append(new, lambda seq, dropped: self._telling(epoch, seq, dropped))
            self._sure = file.writing.last
            if dropped and dropped.count:
                _log.error("event=events_dropped count=%d up_to=%d", dropped.count, dropped.up_to)

        await self._call(epoch, job)

    async def read(self, epoch: str, first: int, last: int, max_bytes: int) -> tuple[Stored, ...]:
        """Return records from `first` on, as many as fit."""
        return await self._call(epoch, lambda file: file.read(epoch, first, last, max_bytes))

    async def acknowledge(self, epoch: str, cursor: int, forget_before: datetime) -> None:
        """Keep the cursor, and forget what is both acknowledged and old."""
        before = as_wire_time(forget_before)
        await self._call(epoch, lambda file: file.acknowledge(epoch, cursor, before))

    async def set_aside(self, epoch: str, seq: int) -> None:
        """Put a record into a table of its own."""
        await self._call(epoch, lambda file: file.set_aside(epoch, seq))
        _log.error("event=record_unreadable epoch=%s seq=%d", epoch, seq)

    async def renew(self, epoch: str, first: int) -> None:
        """Move records into a new epoch, in one transaction."""
        begun = EpochBegun(cause="identity_conflict", before=epoch)

        def job(file: SpoolFile) -> None:
            row = _row(secrets.token_hex(8), record_now(self._clock, 1, begun))
            moved = file.renew(epoch, first, row)
            self._sure = file.writing.last
            _log.error(
                "event=epoch_renewed before=%s first=%d epoch=%s moved=%d", epoch, first, row.epoch, moved
            )

        await self._call(epoch, job)

    async def close(self) -> None:
        """Finish what is under way and close the file."""
        await asyncio.get_running_loop().run_in_executor(self._executor, self._shut)
        self._executor.shutdown()

    async def _call(self, epoch: str, job: Callable[[SpoolFile], T]) -> T:
        def with_epoch(file: SpoolFile) -> T:
            if not file.has(epoch):
                raise EpochOver(f"epoch {epoch} is not the spool's any more")
            return job(file)

        return await asyncio.get_running_loop().run_in_executor(self._executor, self._run, with_epoch)

    def _run(self, job: Callable[[SpoolFile], T]) -> T:
        """Do a job, in the spool's thread."""
        try:
            file = self._file or self._open()
            result = job(file)
            self._show(file)
        except (Damaged, sqlite3.Error, OSError) as error:
            self.failing = True
            if _is_of_the_disk(error):
                self._disk_failed(error)
                raise SpoolFailed(str(error)) from error
            self._replace(error)
            self.failing = False
            raise EpochOver("the spool was damaged") from error
        self.failing = False
        return result

    def _open(self) -> SpoolFile:
        quarantine.settle(self._path, self._clock.now())
        file = SpoolFile(self._path, secrets.token_hex(8), self._max_bytes)
        try:
            if self.writing is _NOT_OPEN:
                file.verify()
                self._sure = file.writing.last
            else:
                file.reaches(self._sure)
        except BaseException:
            file.close()
            raise
        self._file = file
        self._show(file)
        return file

    def _show(self, file: SpoolFile) -> None:
        """Let others see how it stands. What a failed commit left does not count until it is tried again."""
        self.dropped = file.dropped
        self.writing, self.sending = (
            replace(held, last=self._sure) if held.epoch == file.writing.epoch else held
            for held in (file.writing, file.sending)
        )

    def _disk_failed(self, error: Exception) -> None:
        """After a full disk the file is as it was; after anything else it must be opened anew."""
        if _code(error) != sqlite3.SQLITE_FULL:
            self._shut()

    def _replace(self, error: Exception) -> None:
        """Begin a new spool in the place of the damaged one. Raises SpoolFailed."""
        self._shut()
        sure = None if self.writing is _NOT_OPEN else (self.writing.epoch, self._sure)
        try:
            outcome = quarantine.replace(self._path, self._begin, self._clock.now(), sure)
            self.writing = self.sending = _NOT_OPEN
            self._open()
        except (Damaged, sqlite3.Error, OSError) as failure:
            self._shut()
            raise SpoolFailed(f"damaged ({error}), and cannot be replaced: {failure}") from failure
        _log.error("event=spool_damaged path=%s error=%r %s", self._path, str(error), outcome)

    def _begin(self, before: str | None) -> Row:
        if self.writing is not _NOT_OPEN:
            before = self.writing.epoch
        begun = EpochBegun(cause="spool_damaged", before=before)
        return _row(secrets.token_hex(8), record_now(self._clock, 1, begun))

    def _telling(self, epoch: str, seq: int, dropped: Dropped) -> Row:
        event = EventsDropped(count=dropped.count, up_to=dropped.up_to)
        return _row(epoch, record_now(self._clock, seq, event))

    def _shut(self) -> None:
        if self._file is not None:
            with suppress(sqlite3.Error):
                self._file.close()
            self._file = None


def _row(epoch: str, record: Record) -> Row:
    return Row(epoch, record.seq, as_wire_time(record.at), record.model_dump_json())


def _is_of_the_disk(error: Exception) -> bool:
    return isinstance(error, OSError) or _code(error) in _DISK_FAILS


def _code(error: Exception) -> int:
    """Return SQLite's primary code, 0 where there is none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
