"""The radio field of one reader, spoken over UDP as nfcpy's `udp` driver expects it.

One datagram is one frame: `106A 93702a...`, technology and hexadecimal bytes without CRC. `RFOFF` says that
the reader switched its field off; an answer that names the technology alone says "nothing here", at once.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self, cast

from firmware_sim.rf.type_a import SELECT, SENS_REQ, Card, LateAnswer

_log = logging.getLogger(__name__)

_TECHNOLOGY = b"106A"
_FIELD_OFF = b"RFOFF"
_HOLD_S = 0.1  # a question held open lets a card that arrives meanwhile be seen at once
_SENS_RES_BYTES = 2
_FINDING = (SENS_REQ, *SELECT, b"\x78")  # the last asks a type 1 card for its number

_Address = tuple[str, int]


class Field(asyncio.DatagramProtocol):
    """One reader's field, holding at most one card. Its methods belong to the event loop's thread."""

    def __init__(self) -> None:
        self._card: Card | None = None
        self._reader: _Address | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._served = asyncio.Event()
        self._queue = asyncio.Lock()
        self._transport: asyncio.DatagramTransport

    @classmethod
    @asynccontextmanager
    async def open(cls, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Self]:
        """Serve a field on a UDP port (0: any that is free; see `port`) until the block ends."""
        field = cls()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: field, local_addr=(host, port))
        try:
            yield field
        finally:
            field._answer_held()
            transport.close()

    @property
    def port(self) -> int:
        """The UDP port, for the reader's path `udp:HOST:PORT`."""
        return cast("_Address", self._transport.get_extra_info("sockname"))[1]

    def place(self, card: Card) -> None:
        """Hold a card at the reader. Raises RuntimeError where one is held already: a field holds one."""
        if self._card is not None:
            raise RuntimeError(f"the field on port {self.port} holds a card already: remove it first")
        card.reset()
        self._card = card
        self._served.clear()
        self._answer_held()

    def remove(self) -> None:
        """Take the card away, if there is one; in the midst of a transaction this tears it."""
        if self._card is not None:
            self._card.reset()
            self._card = None

    async def tap(self, card: Card, for_s: float = 0.2, and_on_s: float = 0.0) -> bool:
        """Hold a card until the reader has selected it and let it go, or `for_s` seconds at most.

        A card that is selected by then is held for `and_on_s` more: a busy machine is slow to let it go.
        Returns whether the reader had selected it. People queue: a second tap waits for the first to end.
        """
        async with self._queue:
            self.place(card)
            try:
                if not await self._is_served(for_s) and card.selected:
                    await self._is_served(and_on_s)
                return self._served.is_set() or card.selected
            finally:
                self.remove()

    async def _is_served(self, within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s):
                await self._served.wait()
        except TimeoutError:
            return False
        return True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket, to answer on."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: _Address) -> None:
        """Answer one frame of a reader, at the address that sent it."""
        if data.startswith(_FIELD_OFF):
            self._field_off()
            return
        if addr != self._reader:  # nfcpy opens a new socket each time its field comes on
            self._field_off()
            self._reader = addr
        technology, _, digits = data.partition(b" ")
        try:
            frame = bytes.fromhex(digits.decode("ascii"))
        except ValueError:
            _log.warning("the field on port %d ignores a datagram that is no frame: %r", self.port, data)
            return
        if technology != _TECHNOLOGY:
            self._transport.sendto(technology, addr)
        elif self._card is not None:
            self._pass(frame, self._card)
        elif frame == SENS_REQ:
            self._drop_held()
            self._patience = asyncio.get_running_loop().call_later(_HOLD_S, self._answer_held)
        elif frame.startswith(SELECT):
            self._transport.sendto(technology, addr)  # real readers give up on this one in milliseconds

    def _pass(self, frame: bytes, card: Card) -> None:
        answer = card.frame(frame)
        if frame.startswith(_FINDING) and not _is_found(frame, answer):
            self._transport.sendto(_TECHNOLOGY, self._reader)  # real readers give a card milliseconds here
        elif isinstance(answer, LateAnswer):
            asyncio.get_running_loop().call_later(answer.after_s, self._send, answer, self._reader)
        elif answer is not None:
            self._send(answer, self._reader)

    def _send(self, answer: bytes, reader: _Address | None) -> None:
        self._transport.sendto(_TECHNOLOGY + b" " + answer.hex().encode(), reader)

    def _answer_held(self) -> None:
        """End the wait of a held question: the card's answer if one came, else "nothing here"."""
        if self._patience is None:
            return
        self._drop_held()
        if self._card is not None:
            self._pass(SENS_REQ, self._card)
        else:
            self._transport.sendto(_TECHNOLOGY, self._reader)

    def _drop_held(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _field_off(self) -> None:
        self._drop_held()
        if self._card is not None:
            if self._card.selected:
                self._served.set()
            self._card.reset()


def _is_found(frame: bytes, answer: bytes | None) -> bool:
    """Whether a reader takes this for an answer while it looks for a card: in time, and not malformed."""
    if answer is None or isinstance(answer, LateAnswer):
        return False
    return frame != SENS_REQ or len(answer) == _SENS_RES_BYTES
