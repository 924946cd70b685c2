"""Recording history: a cursor walks the journal, and each day that an entry touches is written again, whole.

Where the cursor stands is remembered in the ledger, once everything before it was taken. Points are a
function of the journal and of time, and replace themselves: writing any of it twice changes nothing.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Self

from gateway.domain import civil
from gateway.domain.history import DAY_KINDS, Point, day_points, days_ended, event_point, spaces_by_point
from gateway.domain.journal import Entry, in_order
from gateway.holding import Holding
from gateway.ports import Books, Clock, History, Ledger, NotWritten, Numbered
from protocol.site import Site

_log = logging.getLogger(__name__)
_CURSOR: Final = "history_cursor"
_START: Final = ""
_BATCH: Final = 5000
_BATCHES_A_TURN: Final = 20
_LONGEST_REST: Final = 64


@dataclass(frozen=True, slots=True)
class _Reached:
    """History holds the journal up to `number`, and its days as they stood at `as_of`."""

    number: int
    as_of: datetime

    @classmethod
    def read(cls, note: str, now: datetime) -> Self:
        if note == _START:
            return cls(0, now)
        number, as_of = note.split()
        return cls(int(number), datetime.fromisoformat(as_of))

    def __str__(self) -> str:
        return f"{self.number} {self.as_of.isoformat()}"


class Recorder:
    """Keeps history in step with the ledger."""

    def __init__(self, ledger: Ledger, clock: Clock, history: History, sites: Mapping[str, Site]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._history = history
        self._sites = sites
        self._spaces = {site.id: spaces_by_point(site) for site in sites.values()}
        self._failures = 0
        self._turns_to_rest = 0

    def record(self) -> None:
        """Write what is new. After each failure in a row more turns are let pass before the next attempt."""
        if self._turns_to_rest:
            self._turns_to_rest -= 1
            return
        try:
            for _ in range(_BATCHES_A_TURN):
                if not self._write_next():
                    break
        except NotWritten as failure:
            self._turns_to_rest = min(2**self._failures, _LONGEST_REST)
            self._failures += 1
            _log.warning("history waits, nothing is lost: %s", failure)
            return
        if self._failures:
            _log.info("history goes on after %d failures", self._failures)
        self._failures = 0

    def _write_next(self) -> bool:
        """Write one batch and move the cursor. False where there is nothing more."""
        now = self._clock.now()
        with self._ledger.reading() as books:
            note = books.note(_CURSOR) or _START
            reached = _Reached.read(note, now)
            batch = books.journal.after(reached.number, _BATCH)
            days = self._days_to_write(batch, reached.as_of, now)
            points = [*self._event_points(batch), *self._day_points(books, days, now)]
        if not batch and not days:
            return False
        for start in range(0, len(points), _BATCH):
            self._history.write(points[start : start + _BATCH])
        last = batch[-1].number if batch else reached.number
        self._move(note, _Reached(last, now))
        return len(batch) == _BATCH

    def _move(self, seen: str, reached: _Reached) -> None:
        with self._ledger.writing() as books:
            if (books.note(_CURSOR) or _START) == seen:  # else it was set back meanwhile, and stays there
                books.remember(_CURSOR, str(reached))

    def _days_to_write(
        self, batch: Sequence[Numbered], since: datetime, now: datetime
    ) -> list[tuple[str, date]]:
        days = {(site.id, day) for site in self._sites.values() for day in days_ended(site, since, now)}
        for numbered in batch:
            entry = numbered.entry
            if entry.event.type in DAY_KINDS and entry.site in self._sites:
                days.add((entry.site, civil.day_of(entry.occurred_at, self._sites[entry.site].zone)))
        return sorted(days)

    def _event_points(self, batch: Sequence[Numbered]) -> list[Point]:
        return [event_point(item.entry, self._spaces.get(item.entry.site, {})) for item in batch]

    def _day_points(self, books: Books, days: Sequence[tuple[str, date]], now: datetime) -> list[Point]:
        holding = Holding(books)
        points: list[Point] = []
        for site_id, day in days:
            site = self._sites[site_id]
            points += day_points(site, day, _entries(books, site, day), holding.on(site_id, day), now)
        return points


def start_over(ledger: Ledger) -> None:
    """Set the cursor back to the beginning: the whole history is written again, to the same sums."""
    with ledger.writing() as books:
        books.remember(_CURSOR, _START)


def _entries(books: Books, site: Site, day: date) -> list[Entry]:
    start, end = civil.day_bounds(day, site.zone)
    return in_order(books.journal.between(site.id, start, end, DAY_KINDS))
