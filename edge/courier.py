"""Carries committed events from the spool to the gateway, as `edge.core.delivery` says."""

import asyncio
import logging
import random
from datetime import datetime
from typing import Final

from edge.core.delivery import BATCH_BYTES, Due, Fact, Forgotten, Sender, Sent
from edge.identity import Identity
from edge.ports import Clock, Spool, SpoolFailed, Uplink
from protocol.codec import encode
from protocol.events import EventBatch, Record
from protocol.messages import Ack

_log = logging.getLogger(__name__)

_ENVELOPE_BYTES: Final = 512  # what a batch holds besides its records
_RETRY_S: Final = 1.0


class Courier:
    """Tells the sender machine what happens, and does what it then allows."""

    def __init__(self, identity: Identity, spool: Spool, uplink: Uplink, clock: Clock) -> None:
        self._start = identity.start
        self._topics = topics = identity.topics
        self._spool = spool
        self._uplink = uplink
        self._clock = clock
        self._sender = Sender(
            identity.ledger, topics.node, spool.epoch, spool.cursor, spool.last_seq, spool.held_from
        )
        self._work = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def pending(self) -> int:
        """How many committed events the gateway has not acknowledged."""
        return self._sender.pending

    def tell(self, fact: Fact) -> None:
        """Pass a fact to the sender machine."""
        if isinstance(fact, Ack) and fact.epoch == self._spool.epoch and fact.seq > self._sender.last:
            _log.error("event=ack_beyond_spool seq=%d last=%d", fact.seq, self._sender.last)
        self._sender = self._sender.step(fact, self._clock.uptime_s(), random.random())  # noqa: S311 - no secret
        if self._sender.next_span() is not None:
            self._work.set()
        self._set_timer()

    async def tidy(self, forget_before: datetime) -> None:
        """Keep the cursor on disk, and forget what is acknowledged and older. Raises SpoolFailed."""
        await self._spool.acknowledge(self._sender.cursor, forget_before)
        self.tell(Forgotten(self._spool.held_from))

    async def run(self) -> None:
        """Send for ever."""
        while True:
            await self._work.wait()
            span = self._sender.next_span()
            if span is None:
                self._work.clear()
                continue
            try:
                records = await self._spool.read(*span, BATCH_BYTES - _ENVELOPE_BYTES)
            except SpoolFailed:
                _log.exception("event=spool_unreadable first=%d last=%d", *span)
                await asyncio.sleep(_RETRY_S)
                continue
            now = self._sender.next_span()
            if now is not None and now[0] == span[0]:  # else the sender went back while the disk was read
                self._send(records)

    def _send(self, records: tuple[Record, ...]) -> None:
        batch = EventBatch(
            site=self._topics.site,
            node=self._topics.node,
            epoch=self._spool.epoch,
            held_from=self._spool.held_from,
            start=self._start,
            boot=self._clock.boot,
            sent_at=self._clock.now(),
            sent_uptime_s=self._clock.uptime_s(),
            records=records,
        )
        self._uplink.publish(self._topics.up("events"), encode(batch))
        self.tell(Sent(records[-1].seq))

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._sender.resend_at_s is not None:
            wait_s = self._sender.resend_at_s - self._clock.uptime_s()
            self._timer = asyncio.get_running_loop().call_later(max(0.0, wait_s), self.tell, Due())
