"""A hostile middle: MQTT messages doubled, held back past others, and said again long after their time."""

import asyncio
import random
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from firmware_sim.middle import Way

_CHUNK_BYTES: Final = 16 * 1024
_PUBLISH: Final = 3
_MORE: Final = 0x80  # set in each byte of a length but the last
_KEPT_OF_A_TOPIC: Final = 50


class Frames:
    """Cuts a stream of bytes into MQTT control packets (3.1.1, section 2.2)."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Take in what came, and yield the packets that are complete."""
        self._rest += piece
        while (size := _size(self._rest)) is not None and len(self._rest) >= size:
            frame, self._rest = self._rest[:size], self._rest[size:]
            yield frame


def _size(data: bytes) -> int | None:
    """Return how long the first packet is, None where that is not told yet."""
    length = 0
    for place, byte in enumerate(data[1:5]):
        length |= (byte & ~_MORE) << (7 * place)
        if byte < _MORE:
            return 2 + place + length
    return None


def topic_of(frame: bytes) -> str | None:
    """Return a PUBLISH packet's topic; None for all others."""
    if frame[0] >> 4 != _PUBLISH:
        return None
    at = next(place for place in range(1, 5) if frame[place] < _MORE) + 1
    size = int.from_bytes(frame[at : at + 2])
    return frame[at + 2 : at + 2 + size].decode()


@dataclass(frozen=True, slots=True)
class Tricks:
    """How often each trick is played on a message, and how long one is held back at most."""

    twice_p: float = 0.3
    late_p: float = 0.2
    again_p: float = 0.2
    late_s: float = 3.0


@dataclass(slots=True)
class Mischief:
    """Plays tricks on what passes, by `dice`. Only messages: the talk between client and broker stays whole.

    What it lets be said again is of the same way and the same client, however long ago and over whichever
    connection; each topic has the same chance, so that a rare list comes again as often as events do.
    """

    dice: random.Random
    tricks: Tricks = Tricks()
    played: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _past: dict[Way, dict[str, deque[bytes]]] = field(
        default_factory=lambda: {"up": defaultdict(_memory), "down": defaultdict(_memory)}
    )

    def play(self, frame: bytes, way: Way) -> list[tuple[float, bytes]]:
        """Say what comes of a packet: packets, each with the seconds after which it goes on."""
        topic = topic_of(frame)
        if topic is None:
            return [(0.0, frame)]
        past = self._past[way]
        sent = [(self._hold(), frame)]
        if self._chance("twice", self.tricks.twice_p):
            sent.append((self._hold(), frame))
        if past and self._chance("again", self.tricks.again_p):
            sent.append((self._hold(), self.dice.choice(past[self.dice.choice(sorted(past))])))
        past[topic].append(frame)
        return sent

    def _hold(self) -> float:
        return self.dice.uniform(0, self.tricks.late_s) if self._chance("late", self.tricks.late_p) else 0.0

    def _chance(self, trick: str, probability: float) -> bool:
        drawn = self.dice.random() < probability
        self.played[trick] += drawn
        return drawn

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
        """Pass on what is read, with tricks: for a `Middle`."""
        frames, loop = Frames(), asyncio.get_running_loop()
        while piece := await reader.read(_CHUNK_BYTES):
            for frame in frames.feed(piece):
                for wait_s, told in self.play(frame, way):
                    if wait_s:
                        loop.call_later(wait_s, _write, writer, told)
                    else:
                        writer.write(told)
            await writer.drain()


def _memory() -> deque[bytes]:
    return deque(maxlen=_KEPT_OF_A_TOPIC)


def _write(writer: asyncio.StreamWriter, frame: bytes) -> None:
    if not writer.is_closing():
        writer.write(frame)
