"""Carrying over what can still be read of a damaged spool, and was not acknowledged, under its own numbers.

An event's identity is (node, epoch, seq): what the ledger has already it passes over: nothing counts twice.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path
from typing import Final

from edge.adapters.spool.rows import LINES, TABLES, Damaged, Line, Row, checked_line, insert, tombstone

_MISSES: Final = 1000
"""After so many tries in a row that cannot be read nothing more is looked for."""

_PATIENCE: Final = 64
"""So many tries go a place further each, then as many two places, and so on: whole pages may be lost."""


_HOPELESS: Final = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_NOTADB)  # no such table, or no tables at all


@dataclass(frozen=True, slots=True)
class Carried:
    """How many records were carried over, up to which place; `before` is the epoch that was written last."""

    records: int
    end: int
    before: str | None


def carry_over(path: Path, new: sqlite3.Connection, sure: tuple[str, int] | None) -> Carried:
    """Write what is to be saved of the spool at `path` into the empty one `new`, within a transaction.

    `sure` names an epoch, and up to where it is known to have been written.
    """
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as old:
        known = {line.epoch: line for line in readable_lines(old)}
        before = list(known)[-1] if known else None
        end = count = 0
        for epoch, found in groupby(readable_rows(old), lambda row: row.epoch):
            line = known.get(epoch)
            last = sure[1] if sure and sure[0] == epoch else None
            saved = _mended(line, last, found)
            if line is None:
                before = epoch
            first = next(saved, None)
            if first is not None:
                Line(epoch, end, line.cursor if line else first.seq - 1).write(new)
                insert(new, "record", end, chain([first], saved))
                count, end = new.execute("SELECT count(*), max(place) FROM record").fetchone()
    return Carried(count, end, before)


def _mended(line: Line | None, last: int | None, found: Iterable[Row]) -> Iterator[Row]:
    """Yield what is not acknowledged, in order, with a tombstone in each hole."""
    seq = line.cursor if line else 0
    begun = False
    for row in found:
        if row.seq <= seq or (last is not None and row.seq > last):
            continue
        if begun:
            for missing in range(seq + 1, row.seq):
                reason = "spool_full" if line and missing <= line.dropped_to else "spool_damaged"
                yield tombstone(row, missing, reason)
        yield row
        begun, seq = True, row.seq


def readable_lines(old: sqlite3.Connection) -> Iterator[Line]:
    """Yield the epochs whose checksum holds, the oldest first."""
    try:
        for columns in old.execute(LINES):
            try:
                yield checked_line(*columns)
            except Damaged:
                continue
    except sqlite3.DatabaseError:
        return


def readable_rows(old: sqlite3.Connection) -> Iterator[Row]:
    """Yield the rows whose checksum holds. Where the file cannot be read, it goes on a place further."""
    for table in TABLES:
        query = f"SELECT place, epoch, seq, at, body, sum FROM {table} WHERE place > ? ORDER BY place"  # noqa: S608
        place = misses = 0
        while misses < _MISSES:
            try:
                for found, epoch, seq, at, body, stored in old.execute(query, (place,)):
                    place, misses = found, 0
                    row = Row(epoch, seq, at, body)
                    if row.sum == stored:
                        yield row
                break
            except sqlite3.DatabaseError as error:
                if getattr(error, "sqlite_errorcode", None) in _HOPELESS:
                    break
                place, misses = place + 1 + misses // _PATIENCE, misses + 1
