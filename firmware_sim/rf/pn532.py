"""A PN532 on a serial line: the chip's frames over a pseudo-terminal, and a field that holds one card.

Only what nfcpy's driver asks of the chip to find a type A card, and to speak to it, is here.
"""

import os
import threading
import tty
from collections.abc import Callable
from select import select
from typing import Final

from firmware_sim.rf.type_a import SELECT, SENS_REQ, Card

_START: Final = b"\x00\x00\xff"
_ACK: Final = b"\x00\x00\xff\x00\xff\x00"
_EXTENDED: Final = b"\xff\xff"
_LONGEST_PLAIN: Final = 255
_TO_HOST: Final = 0xD5
_OK, _TIMED_OUT, _NOTHING = b"\x00", b"\x01", b"\x00"
_PN532_1_6: Final = bytes.fromhex("32010607")
_UID_NOT_COMPLETE: Final = 0x04


class Pn532:
    """A reader that is plugged in from the start until `unplug`. `port` is its device file."""

    def __init__(self) -> None:
        self._line, self._far_end = os.openpty()
        tty.setraw(self._far_end)
        self.port = os.ttyname(self._far_end)
        self._card: Card | None = None
        self._commands: dict[int, Callable[[bytes], bytes]] = {
            0x00: lambda data: data,  # Diagnose
            0x02: lambda _: _PN532_1_6,  # GetFirmwareVersion
            0x06: lambda data: SENS_REQ * (len(data) // 2),  # ReadRegister: the question is still to be seen
            0x16: lambda _: _OK,  # PowerDown
            0x42: self._exchange,  # InCommunicateThru
            0x4A: lambda _: self._found(),  # InListPassiveTarget
        }
        self._plug, self._pulled = os.pipe()
        self._thread = threading.Thread(target=self._serve, name="pn532", daemon=True)
        self._thread.start()

    def place(self, card: Card) -> None:
        """Hold a card to it, from any thread."""
        card.reset()
        self._card = card

    def unplug(self) -> None:
        """Pull it out: whoever has its device file open meets an error."""
        os.close(self._pulled)
        self._thread.join()

    def _serve(self) -> None:
        received = b""
        while self._plug not in select([self._line, self._plug], [], [])[0]:
            received += os.read(self._line, 512)
            while (frame := _first_frame(received)) is not None:
                command, data, received = frame
                answer = self._commands[command](data) if command in self._commands else b""
                os.write(self._line, _ACK + _framed(bytes((_TO_HOST, command + 1)) + answer))
        for each in (self._far_end, self._line, self._plug):
            os.close(each)

    def _exchange(self, data: bytes) -> bytes:
        answer = None if self._card is None else self._card.frame(data)
        return _TIMED_OUT if answer is None else _OK + answer

    def _found(self) -> bytes:
        """Select the card, as the chip does by itself, and tell what it is."""
        card = self._card
        if card is None:
            return _NOTHING
        card.reset()
        sens_res, uid = card.frame(SENS_REQ), b""
        for command in SELECT:
            part = card.frame(command + b"\x20")
            sel_res = card.frame(command + b"\x70" + (part or b""))
            if not (sens_res and part and sel_res):
                return _NOTHING
            if not sel_res[0] & _UID_NOT_COMPLETE:
                uid += part[:4]
                return b"\x01\x01" + sens_res[::-1] + sel_res + bytes((len(uid),)) + uid
            uid += part[1:4]
        return _NOTHING


def _first_frame(received: bytes) -> tuple[int, bytes, bytes] | None:
    """Return command, data and what comes after it; None where no whole command has come."""
    received = received[max(0, received.find(_START)) :].replace(_ACK, b"")
    body_at, length = 5, int.from_bytes(received[3:4])
    if received[3:5] == _EXTENDED:
        body_at, length = 8, int.from_bytes(received[5:7])
    end = body_at + length
    if not received.startswith(_START) or len(received) < end + 2:
        return None
    return received[body_at + 1], received[body_at + 2 : end], received[end + 2 :]


def _framed(body: bytes) -> bytes:
    plain = len(body) <= _LONGEST_PLAIN
    size = len(body).to_bytes(1 if plain else 2)
    head = (b"" if plain else _EXTENDED) + size + bytes((-sum(size) & 0xFF,))
    return _START + head + body + bytes((-sum(body) & 0xFF, 0))
