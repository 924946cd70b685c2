"""A wire that can be cut: a TCP proxy before a broker, which falls silent, resets, or slows down on demand.

Silence is the nasty one: nothing is read any more, nothing is refused, nobody is told, and TCP waits.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, Literal

Way = Literal["up", "down"]
"""Towards the broker, or back from it."""

Pump = Callable[[asyncio.StreamReader, asyncio.StreamWriter, Way], Awaitable[None]]

_CHUNK_BYTES: Final = 16 * 1024
_WAYS: Final[tuple[Way, ...]] = ("up", "down")
_NO_LINGER: Final = struct.pack("ii", 1, 0)  # close(2) sends RST


class Middle:
    """Stands on a free loopback port before `target`. Its methods belong to the event loop's thread.

    While it is open it passes on all there is. `delay_s` holds back each piece on each way.
    """

    def __init__(self, target: tuple[str, int], pump: Pump | None = None) -> None:
        self.delay_s = 0.0
        self._target = target
        self._pump = pump or self._pass_on
        self._flows = {way: asyncio.Event() for way in _WAYS}
        self._refuses = False
        self._lines: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server
        self.mend()

    @classmethod
    @asynccontextmanager
    async def open(cls, target: tuple[str, int], pump: Pump | None = None) -> AsyncIterator["Middle"]:
        """Stand there until the block ends; `pump` may do other things than pass all on."""
        middle = cls(target, pump)
        middle._server = await asyncio.start_server(middle._accept, "127.0.0.1")
        try:
            yield middle
        finally:
            middle._server.close()
            for task in middle._tasks:
                task.cancel()
            middle._reset_all()
            await asyncio.gather(*middle._tasks, return_exceptions=True)

    @property
    def address(self) -> tuple[str, int]:
        """Where clients find it."""
        host, port = self._server.sockets[0].getsockname()
        return host, port

    def silence(self, *ways: Way) -> None:
        """Let nothing more come through these ways, and say nothing about it."""
        for way in ways or _WAYS:
            self._flows[way].clear()

    def reset(self) -> None:
        """Break every connection with a RST, and each new one, until mended."""
        self._refuses = True
        self._reset_all()

    def mend(self) -> None:
        """Let everything through again, at full speed; what waited on its way comes first."""
        self._refuses = False
        self.delay_s = 0.0
        for flow in self._flows.values():
            flow.set()

    async def flows(self, way: Way) -> None:
        """Wait until this way is open."""
        await self._flows[way].wait()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self._refuses:
            _reset(writer)
            return
        with suppress(OSError, asyncio.CancelledError):
            await self._join(reader, writer)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.flows("up")
        onward_reader, onward_writer = await asyncio.open_connection(*self._target)
        both = (writer, onward_writer)
        self._lines.update(both)
        for each in both:
            each.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await asyncio.gather(
                self._pump_to_its_end(reader, onward_writer, "up"),
                self._pump_to_its_end(onward_reader, writer, "down"),
            )
        finally:
            self._lines.difference_update(both)
            for each in both:
                each.close()

    async def _pump_to_its_end(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way
    ) -> None:
        """Pump, and let the other side know when this side has ended: both ways end together in MQTT."""
        try:
            with suppress(ConnectionError):
                await self._pump(reader, writer, way)
            await self.flows(way)
        finally:
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
        while piece := await reader.read(_CHUNK_BYTES):
            await asyncio.sleep(self.delay_s)
            await self.flows(way)
            writer.write(piece)
            await writer.drain()

    def _reset_all(self) -> None:
        for writer in self._lines:
            _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    writer.transport.abort()
