"""Badge readers through nfcpy. Every call of a driver runs in one thread that belongs to its reader."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

import nfc.clf
import nfc.tag
import nfc.tag.tt2_nxp  # nfcpy imports these two at the first card of their kind, which then waits for it
import nfc.tag.tt4

from edge.adapters.nfc_frontend import BoundedFrontend, close
from edge.core.tap import Proof
from edge.ports import Post, ReaderFails, ReaderWorks, Tapped

T = TypeVar("T")

_log = logging.getLogger(__name__)

_POLL_EVERY_S: Final = 0.05  # a serial reader answers "nothing" at once: without a pace this would spin
_FOR_A_CARD_S: Final = 0.8  # a PN532 rounds each wait up, to twice as long: still far below two seconds
_LONGEST_CALL_S: Final = 10.0  # the last resort: opening is not bounded by all drivers
_RETRY_S: Final = (0.2, 0.5, 1.0)
_STEADY_S: Final = 10.0  # a reader that fails sooner than this comes and goes: it is opened again more slowly

AWAY_S: Final = 0.7
"""A card that was away for so long, and is there again, was tapped again."""


@dataclass(slots=True)
class HeldCard:
    """The card seen last, and when: as long as it is held to the reader it is one tap."""

    card: bytes = b""
    seen_s: float = 0.0

    def holds(self, card: bytes, now_s: float) -> bool:
        """Say whether a card in the field at `now_s` is the one that was already there."""
        return card == self.card and now_s - self.seen_s < AWAY_S

    def saw(self, card: bytes, now_s: float) -> None:
        """Take note of a card that was read in full at `now_s`."""
        self.card, self.seen_s = card, now_s


@dataclass(frozen=True, slots=True)
class _Read:
    """A card that has just come and was read in full."""

    number: bytes
    proof: Proof


def by_number(_tag: Any) -> Proof:
    """Ask a card for nothing but its number."""
    return "uid"


class NfcReader:
    """See `edge.ports.BadgeReader`. `reference` makes of a card's number what may leave this reader.

    `prove` may talk to an activated card that has just come, and fail in any way over it.
    """

    def __init__(
        self,
        reader: str,
        path: str,
        reference: Callable[[bytes], str],
        uptime_s: Callable[[], float],
        prove: Callable[[Any], Proof] = by_number,
        open_frontend: Callable[[str, Callable[[], float]], Any] = BoundedFrontend,
    ) -> None:
        self._reader = reader
        self._open = partial(open_frontend, path, uptime_s)
        self._reference = reference
        self._uptime_s = uptime_s
        self._prove = prove
        self._held = HeldCard()
        self._works_since_s: float | None = None
        self._failures = 0
        self._unreadable = False
        self._frontend: Any = None
        self._executor = ThreadPoolExecutor(1, reader)

    async def run(self, post: Post) -> None:
        """Post taps until cancelled."""
        try:
            while True:
                try:
                    self._frontend = await self._call(self._open)
                    await self._poll_for_ever(self._frontend, post)
                except Exception as error:  # noqa: BLE001 - drivers fail in many ways; each is reported
                    post(ReaderFails(self._reader, f"{type(error).__name__}: {error}"))
                    await self._let_go()
                await asyncio.sleep(self._pause_s())
        finally:
            await self._let_go()
            self._executor.shutdown(wait=False)

    async def _poll_for_ever(self, frontend: Any, post: Post) -> None:
        while True:
            began_s = self._uptime_s()
            card = await self._call(partial(self._poll, frontend))
            if self._works_since_s is None:  # only now: a port that opens proves nothing
                self._works_since_s = began_s
                post(ReaderWorks(self._reader))
            if card is not None:
                post(Tapped(self._reader, self._reference(card.number), card.proof))
            await asyncio.sleep(max(0.0, began_s + _POLL_EVERY_S - self._uptime_s()))

    def _pause_s(self) -> float:
        """Return how long to wait before the reader is opened again: longer each time, up to a bound."""
        since_s, self._works_since_s = self._works_since_s, None
        if since_s is not None and self._uptime_s() - since_s >= _STEADY_S:
            self._failures = 0
        self._failures += 1
        return _RETRY_S[min(self._failures, len(_RETRY_S)) - 1]

    async def _call(self, job: Callable[[], T]) -> T:
        """Run a driver's call in its thread. A thread that hangs is left behind, and a new one begun."""
        call = asyncio.get_running_loop().run_in_executor(self._executor, job)
        try:
            async with asyncio.timeout(_LONGEST_CALL_S):  # wait_for may swallow a cancellation in Python 3.11
                return await asyncio.shield(call)
        except TimeoutError as error:
            if call.done():
                raise  # the driver's own
            self._frontend = None
            self._executor.shutdown(wait=False)
            self._executor = ThreadPoolExecutor(1, self._reader)
            raise TimeoutError(f"the driver did not return within {_LONGEST_CALL_S:g} s") from error

    def _poll(self, frontend: Any) -> _Read | None:
        """Return a card that has just come and was read in full, or None."""
        target = frontend.sense(nfc.clf.RemoteTarget("106A"), iterations=1)
        if target is None:
            self._unreadable = False
            return None
        frontend.allow(_FOR_A_CARD_S)
        try:
            tag = nfc.tag.activate(frontend, target)
            return None if tag is None else self._read(tag)
        except OSError:  # the reader's; all else is what a card's answers do to whoever reads them
            raise
        except Exception as error:  # noqa: BLE001 - too short, too long, without end: no reason to reopen
            if not self._unreadable:
                _log.warning("event=card_unreadable reader=%s error=%s", self._reader, type(error).__name__)
            self._unreadable = True
            return None

    def _read(self, tag: Any) -> _Read | None:
        """Read a card to its end; one that is torn away before is read anew when it is there again."""
        number = bytes(tag.identifier)
        came = not self._held.holds(number, self._uptime_s())
        proof = self._prove(tag) if came else "uid"
        self._held.saw(number, self._uptime_s())
        return _Read(number, proof) if came else None

    async def _let_go(self) -> None:
        frontend, self._frontend = self._frontend, None
        if frontend is not None:
            try:
                await self._call(partial(close, frontend))
            except Exception:  # noqa: BLE001 - the reader is lost already; it will be opened anew
                _log.exception("event=reader_close_failed reader=%s", self._reader)
