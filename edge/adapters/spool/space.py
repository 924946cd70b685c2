"""Keeping a spool within its bounds: what goes first where space runs out."""

import sqlite3
from dataclasses import dataclass, replace
from typing import Final

from edge.adapters.spool.rows import END, TABLES, Line, Row, end_of, insert, lines
from protocol.events import Record, bears_on_bill

_AT_ONCE: Final = 500
_ROOM: Final = 16
"""A full spool is emptied by one part in so many, so that dropping is told seldom."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """How many events went that nobody had acknowledged, and the highest seq among them."""

    count: int = 0
    up_to: int = 0

    def and_also(self, count: int, up_to: int) -> "Dropped":
        """Add some more."""
        return Dropped(self.count + count, max(self.up_to, up_to)) if count else self


def used_bytes(database: sqlite3.Connection) -> int:
    """Measure what the file holds, free pages left out."""
    size, count, free = (
        database.execute(f"PRAGMA {what}").fetchone()[0]
        for what in ("page_size", "page_count", "freelist_count")
    )
    return int(size * (count - free))


def make_room(database: sqlite3.Connection, max_bytes: int) -> Dropped | None:
    """Within a transaction, let go of what the spool has too much. None where it is not full.

    What is acknowledged goes first, the oldest before the others; then what bears on no bill; then all else.
    The very last record stays: numbers go on from it.
    """
    if used_bytes(database) <= max_bytes:
        return None
    dropped = Dropped()
    enough = max_bytes - max_bytes // _ROOM
    for step in (_acknowledged, _beside_the_bill, _oldest):
        for line in lines(database):
            now: Line | None = line
            while now is not None and used_bytes(database) > enough:
                before, now = now, step(database, now)
                if now is not None:
                    now.write(database)
                    dropped = dropped.and_also(now.dropped - before.dropped, max(now.dropped_to, now.gone_to))
    return dropped


def _acknowledged(database: sqlite3.Connection, line: Line) -> Line | None:
    found = _found(database, line, 0, line.cursor)
    _delete(database, line, found)
    return line if found else None


def _beside_the_bill(database: sqlite3.Connection, line: Line) -> Line | None:
    """Move what bears on the bill away from the rest, which goes: holes alone would give no space back."""
    found = _found(database, line, max(line.cursor, line.dropped_to), END, ("record",))
    if not found:
        return None
    spared = [row for row in found if bears_on_bill(Record.model_validate_json(row.body).event)]
    _delete(database, line, found)
    insert(database, "kept", line.base, spared)
    return replace(line, dropped=line.dropped + len(found) - len(spared), dropped_to=found[-1].seq)


def _oldest(database: sqlite3.Connection, line: Line) -> Line | None:
    found = _found(database, line, line.cursor, END)
    if not found:
        return None
    _delete(database, line, found)
    return replace(line, dropped=line.dropped + len(found), gone_to=found[-1].seq)


def _found(
    database: sqlite3.Connection, line: Line, after: int, up_to: int, tables: tuple[str, ...] = TABLES
) -> list[Row]:
    """Return the oldest records of an epoch beyond `after`, some at once; never the last of the file."""
    (last,) = database.execute("SELECT max(place) FROM record").fetchone()
    end = min(end_of(database, line), line.base + up_to + 1, last or 0)
    for table in tables:
        query = (
            f"SELECT epoch, seq, at, body FROM {table} WHERE place > ? AND place < ?"  # noqa: S608 - our own
            " ORDER BY place LIMIT ?"
        )
        found = database.execute(query, (line.base + after, end, _AT_ONCE)).fetchall()
        if found:
            return [Row(*columns) for columns in found]
    return []


def _delete(database: sqlite3.Connection, line: Line, found: list[Row]) -> None:
    for table in TABLES if found else ():
        span = (line.base + found[0].seq, line.base + found[-1].seq)
        database.execute(f"DELETE FROM {table} WHERE place BETWEEN ? AND ?", span)  # noqa: S608 - our own
