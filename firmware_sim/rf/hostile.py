"""Cards made to harm: each keeps a reader busy, or feeds it what no honest card says."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from firmware_sim.rf.cards import Type2Card, Type4Card
from firmware_sim.rf.faults import TornCard
from firmware_sim.rf.type_a import SELECT, SENS_REQ, Card, LateAnswer, TypeACard, check_byte

_UID = bytes.fromhex("04badbadbadbad")
_RATS = b"\xe0"
_PATIENT_ATS = bytes.fromhex("067577e10280")  # FWI 14: every wait may last five seconds
_FOR_EVER = 10**9
_LONGEST_FRAME = 40
_SILENT_P, _ENDS_P = 0.1, 0.8


class ScriptedCard(TypeACard):
    """A card that lets itself be found and selected, and then answers as a script says."""

    def __init__(self, answer: Callable[[bytes], bytes | None], *, sel_res: int = 0x20) -> None:
        super().__init__(_UID, sens_res=0x0344, sel_res=sel_res)
        self._answer = answer

    def _command(self, data: bytes) -> bytes | None:
        return self._answer(data)


class GarbageCard:
    """A card whose every answer, also while it is being found, is noise of any length, or none."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self.selected = False

    def frame(self, data: bytes) -> bytes | None:
        """Answer noise; the first question often rightly, so that a reader goes on."""
        self.selected = self.selected or data[1:2] == b"\x70"
        if self._dice.random() < _SILENT_P:
            return None
        if data == SENS_REQ:
            return self._dice.choice((b"\x44\x03", b"\x44\x00", b"\x00\x0c", b"\x00\x00", b"\x01"))
        return self._dice.randbytes(self._dice.randint(1, _LONGEST_FRAME))

    def reset(self) -> None:
        """Lose power."""
        self.selected = False


class OddUidCard:
    """A card with a UID of a length that no card has, or one that never comes to its end."""

    def __init__(self, length: int, *, ends: bool, sel_res: int) -> None:
        self._part = bytes(range(4, 4 + length))
        self._sel_res = sel_res if ends else sel_res | 0x04
        self.selected = False

    def frame(self, data: bytes) -> bytes | None:
        """Answer the finding; then be silent."""
        if data == SENS_REQ:
            return b"\x44\x00"
        if data[:1] in SELECT:
            self.selected = self.selected or data[1:2] == b"\x70"
            whole = self._part + check_byte(self._part)
            return whole if data[1:2] == b"\x20" else bytes((self._sel_res,))
        return None

    def reset(self) -> None:
        """Lose power."""
        self.selected = False


class LateCard:
    """A card that takes a while over each answer."""

    def __init__(self, card: Card, after_s: float) -> None:
        self._card = card
        self._after_s = after_s

    @property
    def selected(self) -> bool:
        """See `Card.selected`."""
        return self._card.selected

    def frame(self, data: bytes) -> bytes | None:
        """Answer late once it was selected: before, a reader would not see it at all."""
        was_selected = self._card.selected
        answer = self._card.frame(data)
        return LateAnswer(answer, self._after_s) if was_selected and answer is not None else answer

    def reset(self) -> None:
        """Lose power."""
        self._card.reset()


def _activated(then: Callable[[bytes], bytes | None]) -> Card:
    """Make a card that activates itself as it should, and then answers each block as `then` says."""
    return ScriptedCard(lambda data: _PATIENT_ATS if data[:1] == _RATS else then(data))


def _malformed_ats(dice: Random) -> Card:
    ats = dice.choice((b"\x01", b"\x02\x00", b"\x06\x75\x77", b"\xff" * 20, bytes(1), dice.randbytes(3)))
    return ScriptedCard(lambda _: ats)


def _odd_uid(dice: Random) -> Card:
    return OddUidCard(
        dice.randint(1, 20), ends=dice.random() < _ENDS_P, sel_res=dice.choice((0x00, 0x20, 0x60))
    )


HOSTILE: Final[Mapping[str, Callable[[Random], Card]]] = {
    "asks for more time for ever": lambda _: Type4Card(_UID, extensions=_FOR_EVER),
    "asks for the longest time for ever": lambda _: _activated(lambda _: b"\xf2\x3b"),
    "asks for more time in a block cut short": lambda dice: _activated(
        lambda _: dice.choice((b"\xf2", b"\xf2\0"))
    ),
    "promises more for ever": lambda _: _activated(lambda data: bytes((0x12 | data[0] & 1,)) + bytes(16)),
    "wants the last block again for ever": lambda _: _activated(lambda data: bytes((0xA2 | ~data[0] & 1,))),
    "says nothing after its activation": lambda _: _activated(lambda _: None),
    "answers noise after its activation": lambda dice: _activated(
        lambda _: dice.randbytes(dice.randint(1, 9))
    ),
    "is activated by a malformed answer": _malformed_ats,
    "is torn away": lambda dice: TornCard(Type4Card(_UID), dice.randint(0, 12)),
    "refuses every command": lambda _: ScriptedCard(lambda _: b"\x00", sel_res=0x00),
    "has a UID of odd length": _odd_uid,
    "answers noise": GarbageCard,
    "answers late": lambda dice: LateCard(Type4Card(_UID), dice.uniform(0.02, 5.0)),
    "answers late as a type 2": lambda dice: LateCard(Type2Card(_UID), dice.uniform(0.001, 0.5)),
}
"""What each hostile card does, and how to make one."""
