"""Badge readers through nfcpy. Every call of a driver runs in one thread that belongs to its reader."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

import nfc
import nfc.clf
import nfc.tag
import nfc.tag.tt2_nxp  # nfcpy imports these two at the first card of their kind, which then waits for it
import nfc.tag.tt4

from edge.ports import Post, ReaderFails, ReaderWorks, Tapped

T = TypeVar("T")

_log = logging.getLogger(__name__)

_POLL_EVERY_S: Final = 0.05  # a serial reader answers "nothing" at once: without a pace this would spin
_LONGEST_CALL_S: Final = 10.0  # some drivers read without any timeout
_RETRY_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)

AWAY_S: Final = 0.7
"""A card that was away for so long, and is there again, was tapped again."""


@dataclass(slots=True)
class HeldCard:
    """The card seen last, and when: as long as it is held to the reader it is one tap."""

    card: bytes = b""
    seen_s: float = 0.0

    def is_tap(self, card: bytes, now_s: float) -> bool:
        """Take note of a card in the field at `now_s`, and say whether it has just come."""
        came = card != self.card or now_s - self.seen_s >= AWAY_S
        self.card, self.seen_s = card, now_s
        return came


class NfcReader:
    """See `edge.ports.BadgeReader`. `reference` makes of a card's number what may leave this reader."""

    def __init__(
        self,
        reader: str,
        path: str,
        reference: Callable[[bytes], str],
        uptime_s: Callable[[], float],
        open_frontend: Callable[[str], Any] = nfc.ContactlessFrontend,
    ) -> None:
        self._reader = reader
        self._open = partial(open_frontend, path)
        self._reference = reference
        self._uptime_s = uptime_s
        self._held = HeldCard()
        self._frontend: Any = None
        self._executor = ThreadPoolExecutor(1, reader)

    async def run(self, post: Post) -> None:
        """Post taps until cancelled."""
        failures = 0
        try:
            while True:
                try:
                    self._frontend = await self._call(self._open)
                    post(ReaderWorks(self._reader))
                    failures = 0
                    await self._poll_for_ever(post)
                except Exception as error:  # noqa: BLE001 - drivers fail in many ways; each is reported
                    post(ReaderFails(self._reader, f"{type(error).__name__}: {error}"))
                    await self._let_go()
                await asyncio.sleep(_RETRY_S[min(failures, len(_RETRY_S) - 1)])
                failures += 1
        finally:
            await self._let_go()
            self._executor.shutdown(wait=False)

    async def _poll_for_ever(self, post: Post) -> None:
        while True:
            began_s = self._uptime_s()
            card = await self._call(self._poll)
            if card is not None and self._held.is_tap(card, self._uptime_s()):
                post(Tapped(self._reader, self._reference(card)))
            await asyncio.sleep(max(0.0, began_s + _POLL_EVERY_S - self._uptime_s()))

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

    def _poll(self) -> bytes | None:
        """Return the UID of a card that was read in full, or None."""
        target = self._frontend.sense(nfc.clf.RemoteTarget("106A"), iterations=1)
        if target is None:
            return None
        try:
            tag = nfc.tag.activate(self._frontend, target)
        except IndexError:  # an answer too short: the card's fault, and no reason to reopen the reader
            _log.warning("event=card_unreadable reader=%s", self._reader)
            return None
        return None if tag is None else bytes(tag.identifier)

    async def _let_go(self) -> None:
        frontend, self._frontend = self._frontend, None
        if frontend is not None:
            await self._call(lambda: _close(frontend))


def _close(frontend: Any) -> None:
    """Close a frontend, also one whose device is gone: there nfcpy fails and leaves the port open."""
    device = frontend.device
    try:
        frontend.close()
    except Exception as error:  # noqa: BLE001 - termios.error, IndexError: the reader is lost already
        _log.info("event=reader_close_failed error=%r", error)
        transport = getattr(getattr(device, "chipset", None), "transport", None)
        port = getattr(transport, "tty", None)
        if port is not None:
            port.close()
