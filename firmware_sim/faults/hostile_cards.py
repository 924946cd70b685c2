"""Hostile cards at real nfcpy, each followed by an honest one, which must be read as if nothing had been."""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any, Final

from edge.adapters.nfc_reader import NfcReader
from edge.core.tap import Proof
from edge.ports import PortFact, ReaderFails, Tapped
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.tally import Tally
from firmware_sim.rf.cards import Type2Card, Type4Card
from firmware_sim.rf.field import Field
from firmware_sim.rf.hostile import HOSTILE
from firmware_sim.rf.type_a import Card

_LANES: Final = 4
_HELD_FOR_S: Final = (0.0, 1.5)
_FREE_WITHIN_S: Final = 2.0
_LOOK_EVERY_S: Final = 0.05
_LOOKS: Final = 200
_LOST_AFTER_S: Final = 15.0


def play(plan: Plan) -> Tally:
    """Hold `plan.rounds` hostile cards to a few readers, and an honest card after each."""
    before = _belongings()
    with logged_to(plan.folder / "readers.log"):
        lanes = asyncio.run(_play(plan))
    left = [f"{now - then} {what} left behind" for what, then, now in _compared(before) if now > then]
    slow = [line for lane in lanes for line in lane.too_slow]
    failed = [f"the reader failed: {error}" for lane in lanes for error in lane.failures]
    releases = [each for lane in lanes for each in lane.releases_s]
    return Tally(
        tried=sum(lane.tried for lane in lanes),
        wrong=len(slow) + len(failed) + len(left),
        figures={"slowest_release_s": round(max(releases, default=_LOST_AFTER_S), 2)},
        details=(*slow, *failed, *left),
    )


async def _play(plan: Plan) -> "list[_Lane]":
    async with AsyncExitStack() as stack:
        fields = [await stack.enter_async_context(Field.open()) for _ in range(min(_LANES, plan.rounds))]
        lanes = [_Lane(field, Random(f"{plan.seed} {number}")) for number, field in enumerate(fields)]
        kinds = [kind for _, kind in zip(range(plan.rounds), cycle(HOSTILE), strict=False)]
        shares = [kinds[number :: len(lanes)] for number in range(len(lanes))]
        going = (lane.run(share, plan.advance) for lane, share in zip(lanes, shares, strict=True))
        await asyncio.gather(*going)
        return lanes


class _Lane:
    """One reader, and the people before it."""

    def __init__(self, field: Field, dice: Random) -> None:
        self.tried = 0
        self.releases_s: list[float] = []
        self.too_slow: list[str] = []
        self.failures: list[str] = []
        self._field = field
        self._dice = dice
        self._awaited = b""
        self._read = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    async def run(self, kinds: Sequence[str], advance: Callable[[], None]) -> None:
        """Hold up hostile cards of these kinds, one after the other."""
        path = f"udp:127.0.0.1:{self._field.port}"
        reader = NfcReader("reader", path, bytes.hex, self._loop.time, _talked_to)
        going = asyncio.create_task(reader.run(self._post))
        try:
            for kind in kinds:
                await self._round(kind)
                advance()
        finally:
            going.cancel()
            await asyncio.wait([going])

    async def _round(self, kind: str) -> None:
        self.tried += 1
        self._field.place(HOSTILE[kind](self._dice))
        await asyncio.sleep(self._dice.uniform(*_HELD_FOR_S))
        self._field.remove()
        self._awaited = b"\x04" + self.tried.to_bytes(6, "big")
        self._read.clear()
        self._field.place(_honest(self._awaited, self._dice))
        began_s = self._loop.time()
        try:
            async with asyncio.timeout(_LOST_AFTER_S):
                await self._read.wait()
        except TimeoutError:
            self.too_slow.append(f"a card that {kind}: the reader is lost")
        else:
            self.releases_s.append(self._loop.time() - began_s)
            if self.releases_s[-1] > _FREE_WITHIN_S:
                self.too_slow.append(f"a card that {kind}: free after {self.releases_s[-1]:.2f} s")
        self._field.remove()

    def _post(self, fact: PortFact) -> None:
        match fact:
            case Tapped(credential=credential) if credential == self._awaited.hex():
                self._read.set()
            case ReaderFails(error=error):
                self.failures.append(error)


class _Backwards:
    """Answers each command with its data backwards."""

    def apdu(self, command: bytes) -> bytes:
        """Answer one command."""
        return command[5 : 5 + command[4]][::-1] + b"\x90\x00"

    def reset(self) -> None:
        """Hold nothing that could be forgotten."""


def _honest(number: bytes, dice: Random) -> Card:
    return Type4Card(number, _Backwards()) if dice.random() < 0.5 else Type2Card(number)  # noqa: PLR2004


def _talked_to(tag: Any) -> Proof:
    """Talk to a type 4 card as a proof of its key would: a short exchange, and one in chained blocks."""
    if tag.type == "Type4Tag":
        tag.send_apdu(0x90, 0x71, 0, 0, bytes(2), mrl=256)
        tag.send_apdu(0x90, 0xAF, 0, 0, bytes(250), mrl=256)
    return "uid"


def _belongings() -> dict[str, int]:
    """Count what a process must not gather."""
    return {"threads": threading.active_count(), "open files": len(os.listdir("/proc/self/fd"))}  # noqa: PTH208


def _compared(before: dict[str, int]) -> list[tuple[str, int, int]]:
    """Compare, once a reader's thread has had the time that its last call may take."""
    for _ in range(_LOOKS):
        if all(now <= before[what] for what, now in _belongings().items()):
            break
        time.sleep(_LOOK_EVERY_S)
    return [(what, before[what], now) for what, now in _belongings().items()]


@contextmanager
def logged_to(file: Path) -> Iterator[None]:
    """Write what nfcpy and our adapter have to say about such cards to a file: it is a lot."""
    handler = logging.FileHandler(file, encoding="utf-8")
    loggers = [logging.getLogger(name) for name in ("nfc", "edge")]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
            logger.propagate = True
        handler.close()
