"""What has come from the wire and waits to be taken in: bounded, for it may come faster than it is taken."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from protocol.topics import parse_up

_log = logging.getLogger(__name__)

LIMIT_BYTES: Final = 32 * 1024 * 1024
_OVERHEAD_BYTES: Final = 512  # what a waiting message holds besides its payload


@dataclass(frozen=True, slots=True)
class Received:
    """A payload as it came."""

    topic: str
    payload: bytes


class Inbox:
    """Hands messages on in the order in which they came. Callable from any thread.

    Of a node's status and state only the latest word waits, in its own place. Where there is no room left a
    message is dropped and counted: nobody acknowledges it, so its node sends it again.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit = limit_bytes
        self._lock = threading.Lock()
        self._tickets = count()
        self._waiting: OrderedDict[int, Received] = OrderedDict()
        self._latest: dict[str, int] = {}
        self._bytes = 0
        self._dropped = 0
        self._full = False

    @property
    def empty(self) -> bool:
        return not self._waiting

    @property
    def dropped(self) -> int:
        """How many messages were dropped since this gateway started."""
        return self._dropped

    def put(self, message: Received) -> None:
        """Let `message` wait, where there is room. Never raises, never waits."""
        with self._lock:
            self._add(message)

    def take(self, most: int) -> list[Received]:
        """Take out the first messages, at most so many."""
        with self._lock:
            taken = [self._pop(next(iter(self._waiting))) for _ in range(min(most, len(self._waiting)))]
            if self._full and self._bytes < self._limit // 2:
                self._full = False
                _log.warning("event=inbox_has_room dropped=%d: their nodes send them again", self._dropped)
            return taken

    def put_back(self, messages: Sequence[Received]) -> None:
        """Let `messages`, just taken out, wait again before all others; newer words of their topics stand."""
        with self._lock:
            later, self._waiting, self._bytes = list(self._waiting.values()), OrderedDict(), 0
            newer, self._latest = self._latest.keys(), {}
            for message in [m for m in messages if m.topic not in newer] + later:
                self._add(message)

    def _add(self, message: Received) -> None:
        last_word = _is_last_word(message.topic)
        if last_word and message.topic in self._latest:
            self._pop(self._latest[message.topic])
        if self._bytes + _size(message) > self._limit:
            self._drop(message)
            return
        ticket = next(self._tickets)
        self._waiting[ticket] = message
        self._bytes += _size(message)
        if last_word:
            self._latest[message.topic] = ticket

    def _pop(self, ticket: int) -> Received:
        message = self._waiting.pop(ticket)
        self._bytes -= _size(message)
        if self._latest.get(message.topic) == ticket:
            del self._latest[message.topic]
        return message

    def _drop(self, message: Received) -> None:
        self._dropped += 1
        if not self._full:
            self._full = True
            _log.error("event=inbox_full bytes=%d topic=%s: messages are dropped", self._bytes, message.topic)


def _is_last_word(topic: str) -> bool:
    sender = parse_up(topic)
    return sender is not None and sender.kind != "events"


def _size(message: Received) -> int:
    return len(message.payload) + len(message.topic) + _OVERHEAD_BYTES
