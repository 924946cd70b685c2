"""How a type A card is found and selected (ISO/IEC 14443-3), before any protocol of its own."""

from abc import ABC, abstractmethod
from enum import Enum, auto
from functools import reduce
from operator import xor
from typing import Protocol, Self

SENS_REQ = b"\x26"
ALL_REQ = b"\x52"
HALT = b"\x50\x00"
SELECT = (b"\x93", b"\x95", b"\x97")  # one command per cascade level
_CASCADE_TAG = b"\x88"
_ANTICOLLISION, _WHOLE_UID = b"\x20", b"\x70"
_UID_NOT_COMPLETE = 0x04
_UID_BYTES = (4, 7, 10)


class Card(Protocol):
    """What a reader's field can hold: something that answers frames, or stays silent."""

    @property
    def selected(self) -> bool:
        """True from its selection until the field goes off, or an error sends the card back to idle."""
        ...

    def frame(self, data: bytes) -> bytes | None:
        """Answer one frame (without its CRC), or None: silence, as of a card that is not there."""
        ...

    def reset(self) -> None:
        """Lose power: everything that is not stored is forgotten."""
        ...


class LateAnswer(bytes):
    """An answer that comes only after a while."""

    after_s: float

    def __new__(cls, answer: bytes, after_s: float) -> Self:
        late = super().__new__(cls, answer)
        late.after_s = after_s
        return late


class State(Enum):
    """Where a card stands between the field coming on and its own protocol."""

    IDLE = auto()
    READY = auto()
    ACTIVE = auto()
    HALTED = auto()


class TypeACard(ABC):
    """A type A card with a UID of 4, 7 or 10 bytes, found through one to three cascade levels.

    Bit-wise anticollision is left out: one card is in the field at a time.
    """

    def __init__(self, uid: bytes, *, sens_res: int, sel_res: int) -> None:
        """Raise ValueError for a UID that no card can have: its length, or a cascade tag out of place."""
        self.uid = uid
        self._levels = _cascade(uid)
        self._sens_res = bytes((sens_res & 0x3F | (len(self._levels) - 1) << 6, sens_res >> 8))
        self._sel_res = sel_res
        self._state = State.IDLE
        self._level = 0

    @property
    def selected(self) -> bool:
        """See `Card.selected`; a card put to sleep by the reader counts, for the reader had done with it."""
        return self._state in {State.ACTIVE, State.HALTED}

    def reset(self) -> None:
        """Lose power."""
        self._state, self._level = State.IDLE, 0

    def frame(self, data: bytes) -> bytes | None:
        """Answer one frame, or None for silence."""
        match self._state:
            case State.IDLE | State.HALTED:
                return self._wake(data)
            case State.READY:
                return self._find(data)
            case State.ACTIVE:
                if data == HALT:
                    self._halt()
                    return None
                return self._command(data)

    @abstractmethod
    def _command(self, data: bytes) -> bytes | None:
        """Answer a frame of the card's own protocol, once selected."""

    def _fail(self) -> None:
        """Fall silent and wait to be found again, as a card does over a frame that it does not accept."""
        self.reset()

    def _halt(self) -> None:
        self.reset()
        self._state = State.HALTED

    def _wake(self, data: bytes) -> bytes | None:
        if data == ALL_REQ or (data == SENS_REQ and self._state is State.IDLE):
            self._state, self._level = State.READY, 0
            return self._sens_res
        return None

    def _find(self, data: bytes) -> bytes | None:
        select, part = SELECT[self._level], self._levels[self._level]
        if data == select + _ANTICOLLISION:
            return part
        if data != select + _WHOLE_UID + part:
            self._fail()
            return None
        self._level += 1
        if self._level < len(self._levels):
            return bytes((self._sel_res | _UID_NOT_COMPLETE,))
        self._state = State.ACTIVE
        return bytes((self._sel_res,))


def check_byte(data: bytes) -> bytes:
    """Return the exclusive-or of all bytes (BCC), as one byte."""
    return bytes((reduce(xor, data),))


def _cascade(uid: bytes) -> tuple[bytes, ...]:
    """Cut a UID into the parts, each with its check byte, that the cascade levels show."""
    if len(uid) not in _UID_BYTES:
        raise ValueError(f"the UID {uid.hex()} has {len(uid)} bytes: a type A card has 4, 7 or 10")
    levels, rest = [], uid
    while len(rest) > len(_CASCADE_TAG) + 3:
        levels.append(_CASCADE_TAG + rest[:3])
        rest = rest[3:]
    levels.append(rest)
    if rest.startswith(_CASCADE_TAG):
        raise ValueError(
            f"the UID {uid.hex()} has 88 where its last level begins: it means that more follows"
        )
    return tuple(part + check_byte(part) for part in levels)
