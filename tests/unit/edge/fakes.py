"""A node's surroundings in memory: what a test moves by hand, and what it can look at afterwards."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel

from edge.core.floor import TimeFloor
from edge.core.wiring import Wire
from edge.ports import LinkUp, ListUnreadable, Post, SignalKind, SpoolFailed
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
    """`broken` makes every write fail."""

    epoch: str = "e0e0e0e0e0e0e0e0"
    cursor: int = 0
    records: dict[int, Record] = field(default_factory=dict)
    last_seq: int = 0
    held_from: int = 1
    broken: bool = False

    async def append(self, records: Sequence[Record]) -> None:
        await asyncio.sleep(0)
        if self.broken:
            raise SpoolFailed("no space left")
        self.records |= {record.seq: record for record in records}
        self.last_seq = records[-1].seq

    async def read(self, first: int, last: int, max_bytes: int) -> tuple[Record, ...]:
        await asyncio.sleep(0)
        found: list[Record] = []
        size = 0
        for seq in range(first, last + 1):
            if seq in self.records:
                size += len(self.records[seq].model_dump_json()) + 1
                if found and size > max_bytes:
                    break
                found.append(self.records[seq])
        return tuple(found)

    async def acknowledge(self, cursor: int, forget_before: datetime) -> None:
        await asyncio.sleep(0)
        self.cursor = cursor
        recent = min((s for s, r in self.records.items() if r.at >= forget_before), default=cursor + 1)
        self.records = {s: r for s, r in self.records.items() if s > cursor or s >= recent}
        self.held_from = min(self.records, default=self.last_seq + 1)

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

    def start(self, post: Post) -> None:
        post(LinkUp())

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.sent.append((topic, payload, retain))

    async def close(self) -> None:
        await asyncio.sleep(0)

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
