"""Events get their number at once, in memory; they reach the disk together, as fast as it goes."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from edge.ports import Clock, Spool, SpoolFailed
from host.failpoint import reached
from protocol.events import Event, Record

_log = logging.getLogger(__name__)

_TOGETHER: Final = 1000
_RETRY_S: Final = 1.0


class Journal:
    """Numbers events and commits them to the spool in order, whatever gathered meanwhile in one transaction.

    `committed(last)` is called after each commit. While the spool fails, events wait in memory.
    """

    def __init__(self, spool: Spool, clock: Clock, committed: Callable[[int], None]) -> None:
        self._spool = spool
        self._clock = clock
        self._committed = committed
        self._last = spool.last_seq
        self._waiting: list[Record] = []
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._moved = True

    def record(self, event: Event) -> int:
        """Take an event in, as happening now, and return its seq. Does not wait for the disk."""
        self._last += 1
        record = Record(
            seq=self._last,
            at=self._clock.now(),
            boot=self._clock.boot,
            uptime_s=round(self._clock.uptime_s(), 6),
            clock=self._clock.quality(),
            event=event,
        )
        self._waiting.append(record)
        self._idle.clear()
        self._wake.set()
        return record.seq

    async def run(self) -> None:
        """Commit for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._commit(self._waiting[:_TOGETHER])
            self._idle.set()

    def moves(self) -> bool:
        """Whether nothing waits, or the disk took or refused something since this was last asked."""
        moved, self._moved = self._moved or not self._waiting, False
        return moved

    async def flushed(self) -> None:
        """Return once everything recorded so far is on disk."""
        await self._idle.wait()

    async def _commit(self, records: list[Record]) -> None:
        try:
            await self._spool.append(records)
        except SpoolFailed:
            _log.exception("event=spool_failed waiting=%d", len(self._waiting))
            self._moved = True
            await asyncio.sleep(_RETRY_S)
            return
        reached("spool.committed")
        del self._waiting[: len(records)]
        self._moved = True
        self._committed(records[-1].seq)
