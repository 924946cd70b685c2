"""A node's surroundings in memory: what a test moves by hand, and what it can look at afterwards."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel

from edge.core.delivery import Held
from edge.core.floor import TimeFloor
from edge.core.wiring import Wire
from edge.ports import EpochOver, LinkUp, ListUnreadable, Post, SignalKind, SpoolFailed, Stored
from protocol.codec import decode
from protocol.events import ClockQuality, Event, EventBatch, Record

M = TypeVar("M", bound=BaseModel)
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class LoopClock:
    """Tells the loop's time, as its timers do; `stepped` moves the wall time alone.

    `rate` lets uptime run otherwise than the loop's timers do.
    """

    boot: str = "b007b007b007b007"
    in_step: bool = True
    stepped: timedelta = timedelta(0)
    rate: float = 1.0

    def now(self) -> datetime:
        return NINE + timedelta(seconds=self.uptime_s() - 1000) + self.stepped

    def uptime_s(self) -> float:
        return asyncio.get_running_loop().time() * self.rate

    def quality(self) -> ClockQuality:
        return "synchronised" if self.in_step else "unsynchronised"


@dataclass
class HandClock:
    """Stands still until it is moved."""

    boot: str = "b007b007b007b007"
    in_step: bool = True
    at: datetime = NINE
    up_s: float = 1000.0

    def now(self) -> datetime:
        return self.at

    def uptime_s(self) -> float:
        return self.up_s

    def quality(self) -> ClockQuality:
        return "synchronised" if self.in_step else "unsynchronised"

    def pass_s(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.up_s += seconds


@dataclass
class LockInMemory:
    """`history` holds what was done, True for current."""

    energised: bool = False
    history: list[bool] = field(default_factory=list)

    def energise(self) -> None:
        self.energised = True
        self.history.append(True)

    def release(self) -> None:
        if self.energised:
            self.history.append(False)
        self.energised = False


@dataclass
class InputsInMemory:
    """`press` tells the node; `levels` can also be changed behind its back."""

    levels: dict[Wire, bool]
    post: Post | None = None

    def watch(self, post: Post) -> None:
        self.post = post

    def read(self) -> Mapping[Wire, bool]:
        return dict(self.levels)


@dataclass
class IndicatorInMemory:
    shown: list[SignalKind] = field(default_factory=list)

    def show(self, signal: SignalKind) -> None:
        self.shown.append(signal)


@dataclass
class SpoolInMemory:
    """`broken` makes every write fail; `left` is what an earlier epoch left behind, by seq."""

    epoch: str = "e0e0e0e0e0e0e0e0"
    cursor: int = 0
    records: dict[int, Record] = field(default_factory=dict)
    last_seq: int = 0
    held_from: int = 1
    broken: bool = False
    failing: bool = False
    dropped: int = 0
    left: dict[int, Record] = field(default_factory=dict)
    left_epoch: str = ""
    aside: list[int] = field(default_factory=list)

    @property
    def writing(self) -> Held:
        return Held(self.epoch, self.cursor, self.held_from, self.last_seq)

    @property
    def sending(self) -> Held:
        if not self.left:
            return self.writing
        return Held(self.left_epoch, min(self.left) - 1, min(self.left), max(self.left), closed=True)

    def begin(self, epoch: str, begun: Record, left: Iterable[int] = ()) -> None:
        """Begin another epoch, as after damage from which these records could be saved."""
        self.left, self.left_epoch = {seq: self.records[seq] for seq in left}, self.epoch
        self.epoch, self.cursor, self.held_from, self.last_seq = epoch, 0, 1, 1
        self.records = {1: begun}

    async def append(self, epoch: str, records: Sequence[Record]) -> None:
        await asyncio.sleep(0)
        self.failing = self.broken
        if self.broken:
            raise SpoolFailed("no space left")
        if epoch != self.epoch:
            raise EpochOver(epoch)
        self.records |= {record.seq: record for record in records}
        self.last_seq = records[-1].seq

    async def read(self, epoch: str, first: int, last: int, max_bytes: int) -> tuple[Stored, ...]:
        await asyncio.sleep(0)
        held = self._of(epoch)
        found: list[Stored] = []
        size = 0
        for seq in range(first, last + 1) if first in held else ():
            if seq in held:
                body = held[seq].model_dump_json()
                size += len(body) + 1
                if found and size > max_bytes:
                    break
                found.append(Stored(seq, body))
        return tuple(found)

    async def acknowledge(self, epoch: str, cursor: int, forget_before: datetime) -> None:
        await asyncio.sleep(0)
        if self._of(epoch) is self.left:
            self.left = {seq: record for seq, record in self.left.items() if seq > cursor}
            return
        self.cursor = cursor
        recent = min((s for s, r in self.records.items() if r.at >= forget_before), default=cursor + 1)
        self.records = {s: r for s, r in self.records.items() if s > cursor or s >= recent}
        self.held_from = min(self.records, default=self.last_seq + 1)

    async def set_aside(self, epoch: str, seq: int) -> None:
        await asyncio.sleep(0)
        self.aside.append(seq)

    async def renew(self, epoch: str, first: int) -> None:
        await asyncio.sleep(0)
        assert epoch == self.epoch
        moved = [record for seq, record in self.records.items() if seq >= first]
        self.epoch, self.cursor, self.held_from, self.last_seq = "f1f1f1f1f1f1f1f1", 0, 1, len(moved)
        self.records = {n: r.model_copy(update={"seq": n}) for n, r in enumerate(moved, start=1)}

    def _of(self, epoch: str) -> dict[int, Record]:
        if epoch == self.epoch:
            return self.records
        if not self.left or epoch != self.left_epoch:
            raise EpochOver(epoch)
        return self.left

    async def close(self) -> None:
        await asyncio.sleep(0)

    def events(self) -> list[Event]:
        return [record.event for record in self.records.values()]


@dataclass
class ListStoreInMemory:
    saved: Sequence[bytes] = ()
    damaged: bool = False
    floor: TimeFloor | None = None
    floor_damaged: bool = False

    def load(self) -> Sequence[bytes]:
        if self.damaged:
            raise ListUnreadable("access-list.json: not JSON")
        return self.saved

    async def save(self, messages: Sequence[bytes]) -> None:
        await asyncio.sleep(0)
        self.saved = messages

    def load_floor(self) -> TimeFloor | None:
        if self.floor_damaged:
            raise ListUnreadable("time-floor.json: not JSON")
        return self.floor

    async def save_floor(self, floor: TimeFloor) -> None:
        await asyncio.sleep(0)
        self.floor = floor


@dataclass
class UplinkInMemory:
    """A broker that is always there; `sent` holds topic, payload and whether it is retained."""

    sent: list[tuple[str, bytes, bool]] = field(default_factory=list)
    reconnections: int = 0

    def start(self, post: Post) -> None:
        post(LinkUp())

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.sent.append((topic, payload, retain))

    async def close(self) -> None:
        await asyncio.sleep(0)

    def reconnect(self) -> None:
        self.reconnections += 1

    def last(self, kind: type[M], topic_end: str) -> M:
        return decode(kind, next(p for t, p, _ in reversed(self.sent) if t.endswith(topic_end)))

    def batches(self) -> list[EventBatch]:
        return [
            decode(EventBatch, payload) for topic, payload, _ in self.sent if topic.endswith("/up/events")
        ]


class ManagerInMemory:
    """Asks every ten seconds whether the node lives, and keeps the answers."""

    def __init__(self) -> None:
        self.answers: list[bool] = []

    async def attend(self, lives: Callable[[], bool]) -> None:
        while True:
            await asyncio.sleep(10)
            self.answers.append(lives())
