"""One spool file, open: what the spool's thread does to it, each step whole or not at all."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice, takewhile
from pathlib import Path
from typing import Final

from edge.adapters.spool import wal
from edge.adapters.spool.rows import (
    TABLES,
    Damaged,
    Line,
    Row,
    bounds,
    end_of,
    filled,
    insert,
    lines,
    prepare,
    rows,
    transaction,
)
from edge.adapters.spool.space import Dropped, make_room
from edge.core.delivery import Held
from edge.core.numbering import renumbered
from edge.ports import Stored
from protocol.events import Record, unreadable

_BUSY_S: Final = 5.0
_WAL_PAGES: Final = (
    100  # SQLite's 1,000 are 4 MiB that a small disk may not have; only the file itself is bounded
)


class SpoolFile:
    """All that it raises is sqlite3.Error, or Damaged where the file contradicts itself."""

    def __init__(self, path: Path, epoch: str, max_bytes: int) -> None:
        """Open the file, or lay it out with `epoch`. What a failed sync may have left is written anew."""
        self.path = path
        self._max_bytes = max_bytes
        in_log = wal.commits(path.with_name(path.name + "-wal"))
        self._database = database = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
        try:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=FULL")
            database.execute(f"PRAGMA wal_autocheckpoint={_WAL_PAGES}")
            database.execute("PRAGMA cache_size=-256")  # KiB
            (_, read, _) = database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            wal.check(in_log, read)
            # After a failed sync the kernel takes what it still has to write for written. To empty the log
            # into the file writes and syncs all of it again.
            _emptied_log(database)
            prepare(database, epoch)
            self._look()
        except BaseException:
            database.close()
            raise

    @property
    def writing(self) -> Held:
        """The epoch that is written."""
        return self._held[-1]

    @property
    def sending(self) -> Held:
        """The oldest epoch of which something is not acknowledged; else the one that is written."""
        return next((held for held in self._held if held.cursor < held.last), self.writing)

    def has(self, epoch: str) -> bool:
        """Whether the file knows this epoch."""
        return any(line.epoch == epoch for line in self._lines)

    def verify(self) -> None:
        """Read all that is not acknowledged. Raises Damaged."""
        for line, held in zip(self._lines, self._held, strict=True):
            seq = line.cursor
            first = max(held.held_from, line.cursor + 1)
            for row in filled(line, first, rows(self._database, line, first)):
                seq = row.seq
            if seq != held.last:
                raise Damaged(f"epoch {line.epoch} ends at {seq}, expected {held.last}")

    def reaches(self, last: int) -> None:
        """Make sure that all is there that had been synced. Raises Damaged."""
        if self.writing.last < last:
            raise Damaged(f"it ends at {self.writing.last}, though {last} had been synced")

    @property
    def dropped(self) -> int:
        """How many events were dropped before anybody acknowledged them."""
        return sum(line.dropped for line in self._lines)

    def append(self, new: Sequence[Row], tell: Callable[[int, Dropped], Row]) -> Dropped | None:
        """Write records after the last. Those that are there already, by a commit in doubt, stay.

        Where the spool is full then, `tell` makes the record, of the next seq, that says what had to go.
        """
        line, last = self._lines[-1], self.writing.last
        already = [row for row in new if row.seq <= last]
        if already and already != list(self._between(line, already[0].seq, already[-1].seq)):
            raise Damaged(f"record {already[0].seq} of epoch {line.epoch} is not what was written")
        with transaction(self._database):
            insert(self._database, "record", line.base, new[len(already) :])
            dropped = make_room(self._database, self._max_bytes)
            if dropped and dropped.count:
                insert(self._database, "record", line.base, [tell(new[-1].seq + 1, dropped)])
        if already or dropped:
            self._look()
        else:  # the usual case costs no query
            self._held[-1] = replace(self._held[-1], last=new[-1].seq)
        return dropped

    def read(self, epoch: str, first: int, last: int, max_bytes: int) -> tuple[Stored, ...]:
        """Return records from `first` to `last`, one at least if it is there, more while they fit."""
        line = self._line(epoch)
        if first < self._held[self._lines.index(line)].held_from:
            return ()
        found: list[Stored] = []
        size = 0
        for row in self._between(line, first, last):
            size += len(row.body) + 1  # the comma
            if found and size > max_bytes:
                break
            found.append(Stored(row.seq, row.body))
        return tuple(found)

    def acknowledge(self, epoch: str, cursor: int, forget_before: str) -> None:
        """Keep the cursor of an epoch; forget, from the oldest on, what is acknowledged and older."""
        line = self._line(epoch)
        moved = replace(line, cursor=cursor)
        with transaction(self._database):
            moved.write(self._database)
            for one in lines(self._database):
                self._forget(one, forget_before)
            for one in self._lines[:-1]:
                if bounds(self._database, one) == (None, None):
                    self._database.execute("DELETE FROM line WHERE base = ?", (one.base,))
        self._look()

    def set_aside(self, epoch: str, seq: int) -> None:
        """Move a record into quarantine, and put RecordUnreadable in its place."""
        line = self._line(epoch)
        found = [row for row in islice(rows(self._database, line, seq), 1) if row.seq == seq]
        with transaction(self._database):
            for row in found:
                left = Row(epoch, seq, row.at, unreadable(row.body))
                self._database.execute(
                    "INSERT OR REPLACE INTO poison VALUES (?, ?, ?)", (epoch, seq, row.body)
                )
                for table in TABLES:
                    self._database.execute(
                        f"UPDATE {table} SET body = ?, sum = ? WHERE place = ?",  # noqa: S608 - our own
                        (left.body, left.sum, line.base + seq),
                    )

    def renew(self, epoch: str, first: int, begun: Row) -> int:
        """Move the records of `epoch` from `first` on into a new one that `begun` begins; return how many."""
        line = self._line(epoch)
        held = self._held[self._lines.index(line)]
        if first > held.last:
            return 0
        end = self._lines[-1].base + self.writing.last
        before = first - 1
        kept = replace(
            line,
            cursor=min(line.cursor, before),
            dropped_to=min(line.dropped_to, before),
            gone_to=min(line.gone_to, before),
        )
        with transaction(self._database):
            Line(begun.epoch, end).write(self._database)
            start = max(first, held.held_from)
            moved = filled(line, start, rows(self._database, line, start))
            anew = (_moved(row, begun, start) for row in moved)
            insert(self._database, "record", end, chain([begun], anew))
            for table in TABLES:
                self._database.execute(
                    f"DELETE FROM {table} WHERE place >= ? AND place <= ?",  # noqa: S608 - our own names
                    (line.base + first, end if line is self._lines[-1] else end_of(self._database, line) - 1),
                )
            kept.write(self._database)
        self._look()
        return self.writing.last - begun.seq

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _forget(self, line: Line, before: str) -> None:
        span = (line.base, line.base + line.cursor)
        for table in ("kept", "record"):
            younger = f"SELECT place FROM {table} WHERE place > ? AND place <= ? AND at >= ?"  # noqa: S608
            found = self._database.execute(f"{younger} ORDER BY place LIMIT 1", (*span, before)).fetchone()
            end = found[0] if found else line.base + line.cursor + 1
            self._database.execute(
                f"DELETE FROM {table} WHERE place > ? AND place < ?",  # noqa: S608 - our own names
                (line.base, end),
            )
            if found:
                break

    def _between(self, line: Line, first: int, last: int) -> Iterator[Row]:
        found = filled(line, first, rows(self._database, line, first))
        return takewhile(lambda row: row.seq <= last, found)

    def _line(self, epoch: str) -> Line:
        return next(line for line in self._lines if line.epoch == epoch)

    def _look(self) -> None:
        self._lines = lines(self._database)
        self._held = [self._as_held(line) for line in self._lines]

    def _as_held(self, line: Line) -> Held:
        first, last = bounds(self._database, line)
        last = max(last or 0, line.cursor)
        return Held(line.epoch, line.cursor, first or last + 1, last, closed=line != self._lines[-1])


def _moved(row: Row, begun: Row, first: int) -> Row:
    record = renumbered(Record.model_validate_json(row.body), row.epoch, first, begun.seq + 1)
    return Row(begun.epoch, record.seq, row.at, record.model_dump_json())


def _emptied_log(database: sqlite3.Connection) -> None:
    (busy, _, _) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        error = sqlite3.OperationalError("somebody else is reading the spool, for long")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise error
