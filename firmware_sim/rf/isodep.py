"""ISO-DEP, the block protocol of type 4 cards (ISO/IEC 14443-4), on the card's side."""

from typing import Protocol

DESELECT = b"\xc2"
_I, _R_ACK, _S_WTX = 0x02, 0xA2, 0xF2
_BLOCK_NUMBER, _MORE = 0x01, 0x10
_WAIT_LONGER = bytes((_S_WTX, 1))  # one more frame waiting time, please
_PROLOGUE_AND_CRC = 3


class Application(Protocol):
    """What a type 4 card holds: it answers commands of ISO/IEC 7816-4."""

    def apdu(self, command: bytes) -> bytes:
        """Answer one command with data and status word (two bytes)."""
        ...

    def reset(self) -> None:
        """Lose power: whatever was selected or authenticated is no longer."""
        ...


class BlankApplication:
    """A card with nothing on it: no file to select, no instruction that it knows."""

    _SELECT_INSTRUCTION = 0xA4
    _NOT_FOUND, _UNKNOWN_INSTRUCTION, _WRONG_LENGTH = b"\x6a\x82", b"\x6d\x00", b"\x67\x00"

    def apdu(self, command: bytes) -> bytes:
        """Answer with the status word that says what is missing."""
        if len(command) < 4:  # noqa: PLR2004 - class, instruction and two parameters
            return self._WRONG_LENGTH
        return self._NOT_FOUND if command[1] == self._SELECT_INSTRUCTION else self._UNKNOWN_INSTRUCTION

    def reset(self) -> None:
        """Nothing is held that could be forgotten."""


class IsoDep:
    """The card's end of one ISO-DEP activation: blocks in, blocks out.

    Rules by their letters and numbers in ISO/IEC 14443-4, 7.5.4 and 7.5.5. Blocks are at most `frame_bytes`
    long with prologue and CRC; `extensions` is how often each command asks the reader for more time first.
    """

    def __init__(self, application: Application, *, frame_bytes: int, extensions: int = 0) -> None:
        self._application = application
        self._block_bytes = frame_bytes - _PROLOGUE_AND_CRC
        self._extensions = extensions
        self._number = 1  # rule C
        self._last = b""
        self._command = b""
        self._answer: list[bytes] = []
        self._pleas = 0

    def block(self, data: bytes) -> bytes | None:
        """Answer one block, or None for silence: the reader mends an error by asking again."""
        if not data:
            return None
        kind, number, content = data[0] & ~(_BLOCK_NUMBER | _MORE), data[0] & _BLOCK_NUMBER, data[1:]
        if data == DESELECT:
            return DESELECT
        if data == _WAIT_LONGER and self._last == _WAIT_LONGER:
            return self._send(self._carry_on())
        if kind == _I:
            self._number ^= 1  # rule D
            return self._send(self._take(content, more=bool(data[0] & _MORE)))
        if kind == _R_ACK:  # and R(NAK), which differs by the bit that elsewhere says "more"
            return self._recover(number, nak=bool(data[0] & _MORE))
        return None

    def _recover(self, number: int, *, nak: bool) -> bytes | None:
        if number == self._number:
            return self._last or None  # rule 11
        if nak:
            return bytes((_R_ACK | self._number,))  # rule 12: the command never came
        self._number ^= 1  # rule E
        return self._send(self._next()) if self._answer else None  # rule 13

    def _take(self, content: bytes, *, more: bool) -> bytes:
        self._command += content
        if more:
            return bytes((_R_ACK | self._number,))  # rule 2
        self._pleas = self._extensions
        return self._carry_on()

    def _carry_on(self) -> bytes:
        """Ask for time while it is needed, then answer the whole command."""
        if self._pleas > 0:
            self._pleas -= 1
            return _WAIT_LONGER
        command, self._command = self._command, b""
        answer, size = self._application.apdu(command), self._block_bytes
        self._answer = [answer[at : at + size] for at in range(0, len(answer), size)]
        return self._next()

    def _next(self) -> bytes:
        content = self._answer.pop(0)
        return bytes((_I | self._number | (_MORE if self._answer else 0),)) + content

    def _send(self, block: bytes) -> bytes:
        self._last = block
        return block
