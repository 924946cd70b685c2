"""Cards that show a member's number without having the member's card: none of them may ever be believed."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from firmware_sim.rf.cards import Application, Type2Card, Type4Card
from firmware_sim.rf.secure import Desfire, Ntag424, SecureApplication, overheard
from firmware_sim.rf.type_a import Card

Forge = Callable[[bytes, bytes, bytes, Random], Card]
"""Makes a forged card for a number, the application's identifier and the key that the true card has."""

_RND_A = slice(4, 20)
_PROVING = (0x71, 0xAF, 0x51)


class Replay:
    """Says what a true card said when somebody listened: to the same questions, whatever is in them."""

    def __init__(self, recorded: Mapping[int, bytes]) -> None:
        self._recorded = recorded

    def apdu(self, command: bytes) -> bytes:
        """Answer by the instruction alone."""
        return self._recorded.get(command[1], b"\x91\x1c")

    def reset(self) -> None:
        """Hold nothing that could be forgotten."""


class Flipping:
    """A true card, and somebody between it and the reader who turns over one bit of its proof, each time."""

    def __init__(self, application: Application, dice: Random) -> None:
        self._application = application
        self._dice = dice
        self._flipped = dice.choice(_PROVING)

    def apdu(self, command: bytes) -> bytes:
        """Answer, with a bit turned over in one of the answers that make the proof."""
        answer = bytearray(self._application.apdu(command))
        if command[1] == self._flipped:
            bit = self._dice.randrange(8 * len(answer))
            answer[bit // 8] ^= 1 << bit % 8
        return bytes(answer)

    def reset(self) -> None:
        """Lose power."""
        self._application.reset()


class Echo:
    """Gives the reader its own words back, with the status that it waits for."""

    def apdu(self, command: bytes) -> bytes:
        """Answer with what was asked."""
        said = command[5 : 5 + command[4]]
        match command[1]:
            case 0x71:
                return bytes(16) + b"\x91\xaf"
            case 0xAF | 0x51:
                return said + b"\x91\x00"
        return b"\x91\x00"

    def reset(self) -> None:
        """Hold nothing that could be forgotten."""


def _true(uid: bytes, aid: bytes, key: bytes, dice: Random) -> SecureApplication:
    return _with(dice.choice((Desfire, Ntag424))(uid, dice), aid, key)


def _with(application: SecureApplication, aid: bytes, key: bytes) -> SecureApplication:
    if isinstance(application, Desfire):
        application.applications[aid] = key
    else:
        application.put_key(key)
    return application


def _another_key(uid: bytes, aid: bytes, key: bytes, dice: Random) -> Card:
    other = bytearray(key)
    other[dice.randrange(16)] ^= 1 << dice.randrange(8)
    return Type4Card(uid, _true(uid, aid, bytes(other), dice))


def _factory_key(uid: bytes, aid: bytes, _key: bytes, dice: Random) -> Card:
    return Type4Card(uid, _true(uid, aid, bytes(16), dice))


def _replay(uid: bytes, aid: bytes, key: bytes, dice: Random) -> Card:
    """Listen to a true card at a true reader, then say the same again."""
    return Type4Card(uid, Replay(overheard(_true(uid, aid, key, dice), aid, key, dice)))


def _another_rnd_a(uid: bytes, aid: bytes, key: bytes, dice: Random) -> Card:
    """Know even the key, but say RndA otherwise than it was: a bit over, not turned, or of before."""

    def forge(proof: bytes) -> bytes:
        turned = proof[_RND_A]
        wrong = bytearray(turned)
        wrong[dice.randrange(16)] ^= 1 << dice.randrange(8)
        said = dice.choice((bytes(wrong), turned[-1:] + turned[:-1], bytes(16), dice.randbytes(16)))
        return proof[:4] + said + proof[20:]

    return Type4Card(uid, _with(dice.choice((Desfire, Ntag424))(uid, dice, forge), aid, key))


def _flipped(uid: bytes, aid: bytes, key: bytes, dice: Random) -> Card:
    return Type4Card(uid, Flipping(_true(uid, aid, key, dice), dice))


def _another_number(uid: bytes, aid: bytes, key: bytes, dice: Random) -> Card:
    """Have the key, found under one number and made for another."""
    return Type4Card(uid, _true(b"\x04" + dice.randbytes(6), aid, key, dice))


FORGED: Final[Mapping[str, Forge]] = {
    "has another key": _another_key,
    "still has the factory's key": _factory_key,
    "says again what a true card said": _replay,
    "says another RndA": _another_rnd_a,
    "has a bit turned over on the way": _flipped,
    "has the key and another number inside": _another_number,
    "gives the reader its own words back": lambda uid, _aid, _key, _dice: Type4Card(uid, Echo()),
    "has no application": lambda uid, _aid, _key, _dice: Type4Card(uid),
    "has nothing but a number": lambda uid, _aid, _key, _dice: Type2Card(uid),
}
"""What each forged card does, and how to make one."""
