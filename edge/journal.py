"""Events are taken in at once, in memory; they reach the disk together, as fast as it goes."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from edge.core.numbering import Place, Places, numbered
from edge.ports import Clock, EpochOver, Spool, SpoolFailed, record_now
from host.failpoint import reached
from protocol.events import Event, EventsDropped, Record, bears_on_bill

_log = logging.getLogger(__name__)

WAITING: Final = 5000
"""While the disk fails, at most so many events wait in memory."""

_TOGETHER: Final = 1000
_RETRY_S: Final = 1.0


class Journal:
    """Commits events to the spool in order, whatever gathered meanwhile in one transaction.

    `stirred()` is called when the spool stands otherwise than before. While the disk fails events wait in
    memory; where they become too many, the oldest that bear on no bill are dropped first. `dropped` counts.
    """

    def __init__(self, spool: Spool, clock: Clock, stirred: Callable[[], None]) -> None:
        self.dropped = 0
        self._spool = spool
        self._clock = clock
        self._stirred = stirred
        self._last = spool.writing.last
        self._waiting: list[Record] = []
        self._doubtful: list[Record] = []  # given to the disk, which did not say whether it has them
        self._places: Places = {}
        self._untold = 0
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._moved = True

    def record(self, event: Event) -> int:
        """Take an event in, as happening now, without waiting for the disk.

        Returns the number by which a later event may name it: its seq, unless another epoch begins meanwhile.
        """
        self._last += 1
        self._waiting.append(record_now(self._clock, self._last, event))
        if len(self._waiting) > WAITING:
            self._drop_one()
        self._idle.clear()
        self._wake.set()
        return self._last

    async def run(self) -> None:
        """Commit for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting or self._doubtful or self._untold:
                await self._commit()
            self._idle.set()

    def moves(self) -> bool:
        """Whether nothing waits, or the disk took or refused something since this was last asked."""
        moved, self._moved = self._moved or not (self._waiting or self._doubtful), False
        return moved

    async def flushed(self) -> None:
        """Return once everything recorded so far is on disk."""
        await self._idle.wait()

    async def _commit(self) -> None:
        """Try to write what was tried last, or what waits. Numbers given hold as long as their epoch does."""
        if not self._doubtful:
            self._take_up()
        after = self._spool.writing
        records, places = numbered(self._doubtful, Place(after.epoch, after.last), self._places)
        try:
            await self._spool.append(after.epoch, records)
        except EpochOver:
            _log.warning("event=epoch_over epoch=%s renumbered=%d", after.epoch, len(records))
            self._stirred()
        except SpoolFailed as failure:
            await self._failed(failure)
        else:
            reached("spool.committed")
            self._doubtful, self._places = [], places
            self._stirred()
        self._moved = True

    def _take_up(self) -> None:
        told = [self._confession()] if self._untold else []
        self._doubtful = [*told, *self._waiting[:_TOGETHER]]
        del self._waiting[:_TOGETHER]

    def _confession(self) -> Record:
        """Say how many events were dropped from memory, where no number had been given them."""
        self._last += 1
        event = EventsDropped(count=self._untold, up_to=max(1, self._spool.writing.last))
        self._untold = 0
        return record_now(self._clock, self._last, event)

    async def _failed(self, failure: SpoolFailed) -> None:
        waiting = len(self._waiting) + len(self._doubtful)
        _log.error("event=spool_failed error=%r waiting=%d dropped=%d", str(failure), waiting, self.dropped)
        self._moved = True
        await asyncio.sleep(_RETRY_S)

    def _drop_one(self) -> None:
        place = next((n for n, r in enumerate(self._waiting) if not bears_on_bill(r.event)), 0)
        if not self._untold:
            _log.error("event=events_dropped_from_memory waiting=%d", len(self._waiting))
        del self._waiting[place]
        self.dropped += 1
        self._untold += 1
