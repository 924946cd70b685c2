"""How the spool's file is laid out: its tables, their checksums, and how an older layout is taken up."""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from protocol.events import Record, RecordDropped

LAYOUT: Final = 1
END: Final = 2**61
"""Beyond any place in the file."""

LINES: Final = "SELECT base, epoch, cursor, dropped, dropped_to, gone_to, sum FROM line ORDER BY base"

_ROW: Final = "(place INTEGER PRIMARY KEY, epoch TEXT, seq INTEGER, at TEXT, body TEXT, sum INTEGER)"
_LINE: Final = (
    "(base INTEGER PRIMARY KEY, epoch TEXT, cursor INT, dropped INT, dropped_to INT, gone_to INT, sum INT)"
)
TABLES: Final = ("kept", "record")
"""Where records stand; in `kept` what was spared when its neighbours were dropped, older than the rest."""

_CREATE: Final = (
    f"CREATE TABLE line {_LINE}",
    f"CREATE TABLE kept {_ROW}",
    f"CREATE TABLE record {_ROW}",
    "CREATE TABLE poison (epoch TEXT, seq INTEGER, body TEXT, PRIMARY KEY (epoch, seq))",
)


class Damaged(Exception):
    """The file contradicts itself; the text says where."""


@dataclass(frozen=True, slots=True)
class Row:
    """A record as it is stored: `body` is its JSON, `at` the time in it."""

    epoch: str
    seq: int
    at: str
    body: str

    def stored(self, base: int) -> tuple[int, str, int, str, str, int]:
        """Return the columns of its row."""
        return base + self.seq, self.epoch, self.seq, self.at, self.body, self.sum

    @property
    def sum(self) -> int:
        """The checksum over all that it says."""
        return _sum(self.epoch, self.seq, self.at, self.body)


@dataclass(frozen=True, slots=True)
class Line:
    """One epoch: its records stand at the places `base` + seq, and are acknowledged up to `cursor`.

    Where it was full: of those up to `dropped_to` only what bears on the bill is still there, of those up to
    `gone_to` nothing. `dropped` counts them.
    """

    epoch: str
    base: int
    cursor: int = 0
    dropped: int = 0
    dropped_to: int = 0
    gone_to: int = 0

    def write(self, database: sqlite3.Connection) -> None:
        """Put it in the place of what the file said of this epoch."""
        words = (self.base, self.epoch, self.cursor, self.dropped, self.dropped_to, self.gone_to)
        database.execute("INSERT OR REPLACE INTO line VALUES (?, ?, ?, ?, ?, ?, ?)", (*words, _sum(*words)))


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Do all or nothing of what is done within, and sync it to the disk."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def prepare(database: sqlite3.Connection, epoch: str) -> None:
    """Bring the file to the present layout; an empty one begins with `epoch`. Raises Damaged."""
    (layout,) = database.execute("PRAGMA user_version").fetchone()
    if layout == LAYOUT:
        return
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    with transaction(database):
        if (layout, tables) == (0, set()):
            create(database)
            Line(epoch, 0).write(database)
        elif (layout, tables) == (0, {"spool", "record"}):
            _take_up(database)
        else:
            raise Damaged(f"layout {layout} with tables {sorted(tables)}")


def lines(database: sqlite3.Connection) -> list[Line]:
    """Return the epochs in the file, oldest first; the last is the one that is written. Raises Damaged."""
    found = [checked_line(*columns) for columns in database.execute(LINES)]
    if not found:
        raise Damaged("it has no epoch")
    return found


def checked_line(base: int, epoch: str, *rest: int) -> Line:
    """Make an epoch of its columns. Raises Damaged where they are not what was written."""
    *words, stored = rest
    if stored != _sum(base, epoch, *words):
        raise Damaged(f"epoch {epoch!r}: its checksum fails")
    return Line(epoch, base, *words)


def insert(database: sqlite3.Connection, table: str, base: int, rows: Iterable[Row]) -> None:
    """Write rows of the epoch at `base`."""
    values = (row.stored(base) for row in rows)
    database.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?)", values)  # noqa: S608 - our own


def rows(database: sqlite3.Connection, line: Line, first: int) -> Iterator[Row]:
    """Yield what is there of an epoch from seq `first` on, as far as it goes. Raises Damaged."""
    for table in TABLES:
        query = (
            f"SELECT place, epoch, seq, at, body, sum FROM {table}"  # noqa: S608 - our own names
            " WHERE place >= ? AND place < ? ORDER BY place"
        )
        for place, epoch, seq, at, body, stored in database.execute(
            query, (line.base + first, end_of(database, line))
        ):
            row = Row(epoch, seq, at, body)
            if (epoch, seq, row.sum) != (line.epoch, place - line.base, stored):
                raise Damaged(f"record {place - line.base} of epoch {line.epoch}: its checksum fails")
            yield row


def filled(line: Line, first: int, found: Iterable[Row]) -> Iterator[Row]:
    """Yield every record from `first` on, a tombstone for each that was dropped. Raises Damaged."""
    expected = first
    for row in found:
        if row.seq > max(expected, line.dropped_to + 1):
            raise Damaged(f"record {expected} of epoch {line.epoch} is missing")
        yield from (tombstone(row, seq, "spool_full") for seq in range(expected, row.seq))
        yield row
        expected = row.seq + 1


def tombstone(after: Row, seq: int, reason: str) -> Row:
    """Make what stands in the place of a record that is gone; its clocks are those of the one `after` it."""
    record = Record.model_validate_json(after.body)
    dropped = record.model_copy(update={"seq": seq, "event": RecordDropped(reason=reason)})
    return Row(after.epoch, seq, after.at, dropped.model_dump_json())


def bounds(database: sqlite3.Connection, line: Line) -> tuple[int | None, int | None]:
    """Return the lowest and the highest seq of an epoch that can be sent; None where none can."""
    span = (line.base, end_of(database, line))
    ends = [
        database.execute(
            f"SELECT {which}(place) FROM {table} WHERE place > ? AND place < ?",  # noqa: S608 - our own
            span,
        ).fetchone()[0]
        for which, table in (("min", "kept"), ("min", "record"), ("max", "record"))
    ]
    first, last = (ends[0] or ends[1]), ends[2]
    first = first - line.base if first else None
    sent_from = max(line.cursor, line.gone_to) + 1
    if first and line.dropped_to >= sent_from:
        first = min(first, sent_from)  # tombstones are sent for those
    return first, (last - line.base if last else None)


def create(database: sqlite3.Connection) -> None:
    """Lay out an empty file."""
    for table in _CREATE:
        database.execute(table)
    database.execute(f"PRAGMA user_version = {LAYOUT}")


def _take_up(database: sqlite3.Connection) -> None:
    """Bring layout 0, one epoch without checksums, to the present one."""
    epoch, cursor = database.execute("SELECT epoch, cursor FROM spool").fetchone()
    database.execute("ALTER TABLE record RENAME TO record_0")
    create(database)
    Line(epoch, 0, cursor).write(database)
    expected = None
    for seq, at, body in database.execute("SELECT seq, at, body FROM record_0 ORDER BY seq"):
        if expected not in {None, seq}:
            if seq > cursor + 1:
                raise Damaged(f"record {expected} is missing")
            database.execute("DELETE FROM record")  # acknowledged, and older than a hole
        try:
            Record.model_validate_json(body)
        except ValidationError as error:
            raise Damaged(f"record {seq} cannot be read: {error}") from error
        insert(database, "record", 0, [Row(epoch, seq, at, body)])
        expected = seq + 1
    database.execute("DROP TABLE record_0")
    database.execute("DROP TABLE spool")


def end_of(database: sqlite3.Connection, line: Line) -> int:
    """Return the place before which the records of an epoch end."""
    query = "SELECT min(base) FROM line WHERE base > ?"
    (following,) = database.execute(query, (line.base,)).fetchone()
    return END if following is None else following + 1


def _sum(*words: object) -> int:
    return zlib.crc32("\n".join(map(str, words)).encode(errors="surrogatepass"))
