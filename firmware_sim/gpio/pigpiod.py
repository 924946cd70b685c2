"""A look-alike of the pigpio daemon: one device's pins, on the TCP protocol of gpiozero's pigpio factory.

A request and its reply are four 32-bit words: command, two parameters, then a length or the result. A client
that sent NOIB gets reports on that connection, of 12 bytes: sequence, flags, microsecond tick, all levels.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import IntEnum
from struct import Struct
from typing import Self, cast

from firmware_sim.gpio.pins import GpioError, Pins, Refusal
from firmware_sim.gpio.reports import Reports

_REQUEST = Struct("<IIII")
_REPORT = Struct("<HHII")
_WORD = 0xFFFF_FFFF
_RASPBERRY_PI_4B = 0xC03114


class Command(IntEnum):
    """The requests that gpiozero makes, out of pigpio's hundred and more."""

    MODES = 0
    MODEG = 1
    PUD = 2
    READ = 3
    WRITE = 4
    PWM = 5
    PRS = 6
    PFS = 7
    BR1 = 10
    TICK = 16
    HWVER = 17
    NB = 19
    NC = 21
    PRG = 22
    PFG = 23
    GDC = 83
    FG = 97
    NOIB = 99


_PIN_SETTERS: dict[int, Callable[[Pins, int, int], None]] = {
    Command.MODES: Pins.set_mode,
    Command.PUD: Pins.set_pull,
    Command.WRITE: Pins.write,
    Command.PWM: Pins.set_duty,
    Command.PRS: Pins.set_duty_range,
    Command.PFS: Pins.set_frequency,
}
_PIN_GETTERS: dict[int, Callable[[Pins, int], int]] = {
    Command.MODEG: Pins.mode,
    Command.READ: Pins.level,
    Command.PRG: Pins.duty_range,
    Command.PFG: Pins.frequency,
    Command.GDC: Pins.duty,
}
_REPORT_SETTERS: dict[int, Callable[[Reports, int, int], None]] = {
    Command.NB: Reports.monitor,
    Command.NC: lambda reports, handle, _: reports.close(handle),
    Command.FG: Reports.set_filter,
}


class Pigpiod(Pins):
    """The pins of one device, served on TCP; the building's side is called on the event loop's thread.

    Close the clients first: a pigpio client whose daemon is gone spins on its dead connection.
    """

    def __init__(self) -> None:
        super().__init__(time.monotonic_ns)
        self._reports = Reports(self)
        self._connections: set[_Connection] = set()
        self._server: asyncio.Server

    @classmethod
    @asynccontextmanager
    async def open(cls, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Self]:
        """Serve one device's pins on a TCP port (0: any that is free; see `port`) until the block ends."""
        daemon = cls()
        daemon._server = await asyncio.get_running_loop().create_server(daemon._accept, host, port)
        try:
            yield daemon
        finally:
            daemon._server.close()
            daemon._reports.stop()
            for connection in daemon._connections:
                connection.hang_up()
            await daemon._server.wait_closed()

    @property
    def port(self) -> int:
        """The TCP port, for PIGPIO_PORT."""
        return cast("int", self._server.sockets[0].getsockname()[1])

    @property
    def has_clients(self) -> bool:
        """Whether any process is connected."""
        return bool(self._connections)

    def tick_us(self) -> int:
        """Return the clock as the protocol has it: 32 bits of microseconds, which wrap every 71.6 minutes."""
        return self._clock_ns() // 1000 & _WORD

    def _accept(self) -> "_Connection":
        return _Connection(self, self._reports, self._connections)

    def _moved(self, pin: int) -> None:
        self._reports.moved(pin)


class _Connection(asyncio.Protocol):
    """One client's connection: its requests, and its reports once it asked for them."""

    def __init__(self, daemon: Pigpiod, reports: Reports, peers: "set[_Connection]") -> None:
        self._daemon = daemon
        self._reports = reports
        self._peers = peers
        self._received = bytearray()
        self._sequence = 0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._peers.add(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self._peers.discard(self)
        self._reports.forget(self)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while len(self._received) >= _REQUEST.size:
            command, first, second, extra_bytes = _REQUEST.unpack_from(self._received)
            if len(self._received) < _REQUEST.size + extra_bytes:
                return
            del self._received[: _REQUEST.size + extra_bytes]
            result = self._result(command, first, second)
            self._transport.write(_REQUEST.pack(command, first, second, result & _WORD))

    def report(self, levels: int) -> None:
        """Send one report; see `Listener`."""
        self._transport.write(_REPORT.pack(self._sequence, 0, self._daemon.tick_us(), levels))
        self._sequence = (self._sequence + 1) & 0xFFFF

    def hang_up(self) -> None:
        """Close the connection."""
        self._transport.close()

    def _result(self, command: int, first: int, second: int) -> int:
        try:
            if command in _PIN_GETTERS:
                return _PIN_GETTERS[command](self._daemon, first)
            if command in _PIN_SETTERS:
                _PIN_SETTERS[command](self._daemon, first, second)
                return 0
            if command in _REPORT_SETTERS:
                _REPORT_SETTERS[command](self._reports, first, second)
                return 0
            return self._own_result(command)
        except GpioError as error:
            return error.refusal

    def _own_result(self, command: int) -> int:
        match command:
            case Command.BR1:
                return self._daemon.levels()
            case Command.TICK:
                return self._daemon.tick_us()
            case Command.HWVER:
                return _RASPBERRY_PI_4B
            case Command.NOIB:
                return self._reports.listen(self)
            case _:
                return Refusal.UNKNOWN_COMMAND
