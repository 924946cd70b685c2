"""What a simulated node has to send: go-back-N as on a real node, over a wire that plays tricks."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from edge.core.delivery import BATCH_BYTES, Due, Fact, Held, Sender, Sent
from edge.identity import Identity
from edge.ports import Clock
from protocol.codec import encode
from protocol.events import EventBatch, Record

_ENVELOPE_BYTES: Final = 512  # what a batch holds besides its records
_JITTER: Final = 0.0  # one thread sends for all nodes: nothing needs to be kept apart


@dataclass(frozen=True, slots=True)
class Faults:
    """How often something goes wrong: a node cut off for a day, a batch delivered twice, or out of order."""

    cut_off_p: float = 0.01
    duplicate_p: float = 0.03
    reorder_p: float = 0.02


class Outbox:
    """Keeps records until the gateway has them, and publishes them when told what time it is."""

    def __init__(
        self,
        identity: Identity,
        epoch: str,
        publish: Callable[[str, bytes], object],
        faults: Faults,
        rng: random.Random,
    ) -> None:
        self.epoch = epoch
        self._start = identity.start
        self._topics = identity.topics
        self._publish = publish
        self._faults = faults
        self._rng = rng
        self._sender = Sender(identity.ledger, self._topics.node, epoch, cursor=0, last=0)
        self._kept: dict[int, tuple[Record, int]] = {}
        self._last = 0

    @property
    def pending(self) -> int:
        """How many records the gateway has not acknowledged."""
        return len(self._kept)

    def keep(self, record: Record) -> None:
        """Take in the next record."""
        self._kept[record.seq] = record, len(record.model_dump_json()) + 1
        self._last = record.seq

    def tell(self, fact: Fact, clock: Clock, real_s: float) -> None:
        """Pass on what happened at `real_s` of real time, and publish what may go now."""
        for known in (Held(self.epoch, cursor=0, held_from=1, last=self._last), fact):
            self._sender = self._sender.step(known, real_s, _JITTER)
        for seq in [seq for seq in self._kept if seq <= self._sender.cursor]:
            del self._kept[seq]
        batches = []
        while (span := self._sender.next_span()) is not None:
            records = self._fitting(*span)
            batches.append(self._batch(records, clock))
            self._sender = self._sender.step(Sent(records[-1].seq), real_s, _JITTER)
        for payload in self._tricked(batches):
            self._publish(self._topics.up("events"), payload)

    def nudge(self, clock: Clock, real_s: float) -> None:
        """Send again what has been on its way for too long."""
        self.tell(Due(), clock, real_s)

    def _fitting(self, first: int, last: int) -> list[Record]:
        records: list[Record] = []
        room = BATCH_BYTES - _ENVELOPE_BYTES
        for seq in range(first, last + 1):
            record, size = self._kept[seq]
            room -= size
            if records and room < 0:
                break
            records.append(record)
        return records

    def _batch(self, records: list[Record], clock: Clock) -> bytes:
        return encode(
            EventBatch(
                site=self._topics.site,
                node=self._topics.node,
                epoch=self.epoch,
                held_from=1,
                start=self._start,
                boot=clock.boot,
                sent_at=clock.now(),
                sent_uptime_s=clock.uptime_s(),
                records=tuple(records),
            )
        )

    def _tricked(self, batches: list[bytes]) -> list[bytes]:
        """Repeat some batches, and let some overtake the one before."""
        travelling: list[bytes] = []
        for payload in batches:
            twice = self._rng.random() < self._faults.duplicate_p
            travelling += [payload, payload] if twice else [payload]
            if len(travelling) > 1 and self._rng.random() < self._faults.reorder_p:
                travelling[-2:] = travelling[:-3:-1]
        return travelling
