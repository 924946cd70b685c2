"""Carries committed events from the spool to the gateway, as `edge.core.delivery` says."""

import asyncio
import logging
import random
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from edge.core.delivery import BATCH_BYTES, Due, Fact, Sent, begun
from edge.identity import Identity
from edge.ports import Clock, EpochOver, Spool, SpoolFailed, Stored, Uplink
from protocol.codec import encode_batch
from protocol.events import Envelope, unreadable
from protocol.messages import Ack, Renew

_log = logging.getLogger(__name__)

_ENVELOPE_BYTES: Final = 512  # what a batch holds besides its records
_RETRY_S: Final = 1.0
_SOON_S: Final = 0.001  # a timer that is due a hair too early is not set again for nothing
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Courier:
    """Tells the sender machine what happens, and does what it then allows."""

    def __init__(self, identity: Identity, spool: Spool, uplink: Uplink, clock: Clock) -> None:
        self._start = identity.start
        self._topics = topics = identity.topics
        self._spool = spool
        self._uplink = uplink
        self._clock = clock
        self._sender = begun(identity.ledger, topics.node, spool.sending)
        self._work = asyncio.Event()
        self._renewal: int | None = None
        self._set_aside: tuple[str, int] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def pending(self) -> int:
        """How many committed events the gateway has not acknowledged."""
        writing = self._spool.writing
        later = writing.last - writing.cursor if writing.epoch != self._sender.epoch else 0
        return self._sender.pending + later

    def tell(self, fact: Fact) -> None:
        """Pass a fact to the sender machine."""
        sender = self._sender
        if isinstance(fact, Ack) and fact.renew is not None:
            self._asked_to_renew(fact, fact.renew)
            return
        if isinstance(fact, Ack) and fact.epoch == sender.epoch and fact.seq > sender.last:
            _log.error("event=ack_beyond_spool epoch=%s seq=%d last=%d", fact.epoch, fact.seq, sender.last)
        self._sender = sender.step(fact, self._clock.uptime_s(), random.random())  # noqa: S311 - no secret
        if sender.suspicion.stands_in and self._sender.cursor > sender.cursor:
            self._set_aside = sender.epoch, sender.base + 1
        self._work.set()
        self._set_timer()

    def _asked_to_renew(self, ack: Ack, renew: Renew) -> None:
        """Heed what is said to this run: below `first` the ledger has its events, from there on others."""
        if not self._sender.concerns(ack) or renew.start != self._start:
            return
        if renew.first <= self._sender.last:
            self._renewal = renew.first
        self.tell(ack.model_copy(update={"seq": min(ack.seq, renew.first - 1), "renew": None}))

    def look(self) -> None:
        """See how the spool stands."""
        self.tell(self._spool.sending)

    async def tidy(self, forget_before: datetime) -> None:
        """Keep the cursor on disk, and forget what is acknowledged and older. Raises SpoolFailed."""
        sender = self._sender
        with suppress(EpochOver):
            await self._spool.acknowledge(sender.epoch, sender.cursor, forget_before)
        self.look()

    async def run(self) -> None:
        """Send for ever."""
        while True:
            self._work.clear()
            while await self._carry():
                pass
            await self._work.wait()

    async def _carry(self) -> bool:
        """Do what is to be done next; False where nothing is."""
        sender, span = self._sender, self._sender.next_span()
        if span is None and not sender.finished and self._renewal is None and self._set_aside is None:
            return False
        try:
            if self._set_aside is not None:
                await self._spool.set_aside(*self._set_aside)
                self._set_aside = None
                return True
            if self._renewal is not None:
                await self._spool.renew(sender.epoch, self._renewal)
                self._renewal = None
                self.look()
                return True
            if span is None:
                await self._spool.acknowledge(sender.epoch, sender.cursor, _LONG_AGO)
                self.look()
                return True
            records = await self._spool.read(sender.epoch, *span, BATCH_BYTES - _ENVELOPE_BYTES)
        except EpochOver:
            self._renewal = self._set_aside = None
            records = ()
        except SpoolFailed as failure:
            _log.error("event=spool_unreadable error=%r", str(failure))
            await asyncio.sleep(_RETRY_S)
            return True
        if not records:
            self.look()
        elif self._sender.may_send(sender.epoch, records[0].seq):
            self._send(records)  # else the sender went back while the disk was read
        return True

    def _send(self, records: tuple[Stored, ...]) -> None:
        envelope = Envelope(
            site=self._topics.site,
            node=self._topics.node,
            epoch=self._sender.epoch,
            held_from=min(self._sender.held_from, records[0].seq),
            start=self._start,
            boot=self._clock.boot,
            sent_at=self._clock.now(),
            sent_uptime_s=self._clock.uptime_s(),
        )
        bodies = [stored.body for stored in records]
        if self._sender.suspicion.stands_in:
            bodies = [unreadable(body) for body in bodies]
        self._uplink.publish(self._topics.up("events"), encode_batch(envelope, bodies))
        self.tell(Sent(records[-1].seq))

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._sender.resend_at_s is not None:
            wait_s = self._sender.resend_at_s - self._clock.uptime_s()
            self._timer = asyncio.get_running_loop().call_later(max(_SOON_S, wait_s), self.tell, Due())
