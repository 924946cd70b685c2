"""Cards with keys: the card's half of AuthenticateEV2First, on a DESFire EV2 or an NTAG 424 DNA.

Written from NXP's data sheets, on another library than the reader's half: each is a check of the other.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from Crypto.Cipher import AES
from Crypto.Hash import CMAC

from firmware_sim.rf.cards import Type4Card

FACTORY_KEY: Final = bytes(16)

_BLOCK = 16
_OK, _MORE = 0x00, 0xAF
_UNKNOWN_COMMAND, _INTEGRITY, _NO_SUCH_KEY, _LENGTH = 0x1C, 0x1E, 0x40, 0x7E
_DENIED, _NO_APPLICATION, _AUTHENTICATION, _DUPLICATE = 0x9D, 0xA0, 0xAE, 0xDE
_NTAG_NAME = bytes.fromhex("d2760000850101")
_KEY_DATA_BYTES = 17


class _Refusal(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(f"91{status:02X}")
        self.status = status


@dataclass(slots=True)
class Channel:
    """Session keys, and how many commands there were."""

    enc: bytes
    mac: bytes
    ti: bytes
    commands: int = 0

    def iv(self, label: bytes) -> bytes:
        block = label + self.ti + self.commands.to_bytes(2, "little") + bytes(8)
        return bytes(AES.new(self.enc, AES.MODE_ECB).encrypt(block))

    def tag(self, first: int, body: bytes) -> bytes:
        whole = bytes([first]) + self.commands.to_bytes(2, "little") + self.ti + body
        full = CMAC.new(self.mac, whole, ciphermod=AES).digest()
        return bytes(full[place] for place in range(1, _BLOCK, 2))


class SecureApplication(ABC):
    """What both kinds of card have in common. `forge` may change each proof before it is encrypted."""

    def __init__(
        self, uid: bytes, dice: Random, forge: Callable[[bytes], bytes] = lambda proof: proof
    ) -> None:
        self.uid = uid
        self._dice = dice
        self._forge = forge
        self.channel: Channel | None = None
        self._rnd_b: bytes | None = None

    def reset(self) -> None:
        """Lose power."""
        self.close()

    def close(self) -> None:
        """End what was authenticated."""
        self.channel = self._rnd_b = None

    def apdu(self, command: bytes) -> bytes:
        """Answer a wrapped native command, or one of ISO/IEC 7816-4."""
        if len(command) < 5:  # noqa: PLR2004 - header and length
            return b"\x67\x00"
        data = command[5 : 5 + command[4]] if len(command) > 5 else b""  # noqa: PLR2004
        if command[0] != 0x90:  # noqa: PLR2004 - the class of wrapped commands
            return self.iso(command[1], data)
        try:
            status, answer = self.native(command[1], data)
        except _Refusal as refusal:
            self.close()
            return bytes([0x91, refusal.status])
        return answer + bytes([0x91, status])

    def iso(self, instruction: int, data: bytes) -> bytes:
        """Answer a command of ISO/IEC 7816-4: no file of that name."""
        return b"\x6a\x82" if instruction == 0xA4 and data else b"\x6d\x00"  # noqa: PLR2004 - SELECT

    def native(self, command: int, data: bytes) -> tuple[int, bytes]:
        """Answer a native command with status and data. Raises _Refusal."""
        waiting, self._rnd_b = self._rnd_b, None
        match command:
            case 0x71:
                return self._begin(data)
            case 0xAF if waiting is not None:
                return self._finish(waiting, data)
            case 0x51:
                self._unwrapped(command, data, 0)
                return self._wrapped(self.uid)
            case 0xC4:
                return self._change_key(data)
        raise _Refusal(_UNKNOWN_COMMAND)

    @property
    @abstractmethod
    def key(self) -> bytes:
        """Key 0 of what is selected. Raises _Refusal where nothing is."""

    @abstractmethod
    def put_key(self, new: bytes) -> None:
        """Replace that key."""

    def _begin(self, data: bytes) -> tuple[int, bytes]:
        if len(data) < 2 or len(data) != 2 + data[1]:  # noqa: PLR2004 - key number and LenCap
            raise _Refusal(_LENGTH)
        if data[0] != 0:
            raise _Refusal(_NO_SUCH_KEY)
        key = self.key
        self.channel = None
        self._rnd_b = self._dice.randbytes(_BLOCK)
        return _MORE, bytes(AES.new(key, AES.MODE_CBC, iv=bytes(_BLOCK)).encrypt(self._rnd_b))

    def _finish(self, rnd_b: bytes, data: bytes) -> tuple[int, bytes]:
        if len(data) != 2 * _BLOCK:
            raise _Refusal(_LENGTH)
        plain = AES.new(self.key, AES.MODE_CBC, iv=bytes(_BLOCK)).decrypt(data)
        rnd_a, turned = plain[:_BLOCK], plain[_BLOCK:]
        if turned[-1:] + turned[:-1] != rnd_b:
            raise _Refusal(_AUTHENTICATION)
        ti = self._dice.randbytes(4)
        self.channel = _channel(self.key, rnd_a, rnd_b, ti)
        proof = self._forge(ti + rnd_a[1:] + rnd_a[:1] + bytes(12))
        return _OK, bytes(AES.new(self.key, AES.MODE_CBC, iv=bytes(_BLOCK)).encrypt(proof))

    def _change_key(self, data: bytes) -> tuple[int, bytes]:
        plain = self._unwrapped(0xC4, data, 1)
        if data[0] != 0 or len(plain) != _KEY_DATA_BYTES:
            raise _Refusal(_NO_SUCH_KEY)
        self.put_key(plain[:_BLOCK])
        self.channel = None
        return _OK, b""

    def _unwrapped(self, command: int, data: bytes, header: int) -> bytes:
        channel = self.channel
        if channel is None:
            raise _Refusal(_AUTHENTICATION)
        body, told = data[:-8], data[-8:]
        if channel.tag(command, body) != told:
            raise _Refusal(_INTEGRITY)
        sealed = body[header:]
        if not sealed:
            return b""
        plain = AES.new(channel.enc, AES.MODE_CBC, iv=channel.iv(b"\xa5\x5a")).decrypt(sealed)
        return bytes(plain[: plain.rindex(b"\x80")])

    def _wrapped(self, answer: bytes) -> tuple[int, bytes]:
        channel = self.channel
        assert channel is not None
        channel.commands += 1
        padded = (answer + b"\x80").ljust(-(-(len(answer) + 1) // _BLOCK) * _BLOCK, b"\0")
        sealed = bytes(AES.new(channel.enc, AES.MODE_CBC, iv=channel.iv(b"\x5a\xa5")).encrypt(padded))
        return _OK, sealed + channel.tag(_OK, sealed)


class Desfire(SecureApplication):
    """A DESFire EV2: applications by their AID, none at first, and each with a key 0."""

    def __init__(
        self, uid: bytes, dice: Random, forge: Callable[[bytes], bytes] = lambda proof: proof
    ) -> None:
        super().__init__(uid, dice, forge)
        self.applications: dict[bytes, bytes] = {}
        self._selected: bytes | None = None

    def reset(self) -> None:
        """Lose power."""
        super().reset()
        self._selected = None

    def native(self, command: int, data: bytes) -> tuple[int, bytes]:
        """See SecureApplication; and CreateApplication and SelectApplication."""
        match command:
            case 0xCA:
                return self._create(data)
            case 0x5A:
                self.close()
                self._selected = None
                if data not in self.applications:
                    raise _Refusal(_NO_APPLICATION)
                self._selected = data
                return _OK, b""
        return super().native(command, data)

    @property
    def key(self) -> bytes:
        """See SecureApplication. The card's own master key is a DES key, which this command cannot use."""
        if self._selected is None:
            raise _Refusal(_AUTHENTICATION)
        return self.applications[self._selected]

    def put_key(self, new: bytes) -> None:
        """See SecureApplication."""
        assert self._selected is not None
        self.applications[self._selected] = new

    def _create(self, data: bytes) -> tuple[int, bytes]:
        if len(data) != 5 or not data[4] & 0x80:  # noqa: PLR2004 - AID, settings, number and kind of keys
            raise _Refusal(_LENGTH)
        if self._selected is not None:
            raise _Refusal(_DENIED)
        if data[:3] in self.applications:
            raise _Refusal(_DUPLICATE)
        self.applications[data[:3]] = FACTORY_KEY
        return _OK, b""


class Ntag424(SecureApplication):
    """An NTAG 424 DNA: one application, which is there from the factory."""

    def __init__(
        self, uid: bytes, dice: Random, forge: Callable[[bytes], bytes] = lambda proof: proof
    ) -> None:
        super().__init__(uid, dice, forge)
        self._key = FACTORY_KEY
        self._is_selected = False

    def reset(self) -> None:
        """Lose power."""
        super().reset()
        self._is_selected = False

    def iso(self, instruction: int, data: bytes) -> bytes:
        """Select the application by its name."""
        if instruction != 0xA4 or data != _NTAG_NAME:  # noqa: PLR2004 - SELECT
            return super().iso(instruction, data)
        self.close()
        self._is_selected = True
        return b"\x90\x00"

    @property
    def key(self) -> bytes:
        """See SecureApplication."""
        if not self._is_selected:
            raise _Refusal(_DENIED)
        return self._key

    def put_key(self, new: bytes) -> None:
        """See SecureApplication."""
        self._key = new


def desfire_card(uid: bytes, aid: bytes, key: bytes, dice: Random) -> Type4Card:
    """Make a DESFire that was personalised: the application `aid` has `key`."""
    application = Desfire(uid, dice)
    application.applications[aid] = key
    return Type4Card(uid, application)


def ntag_card(uid: bytes, key: bytes, dice: Random) -> Type4Card:
    """Make an NTAG 424 DNA that was personalised."""
    application = Ntag424(uid, dice)
    application.put_key(key)
    return Type4Card(uid, application)


def _channel(key: bytes, rnd_a: bytes, rnd_b: bytes, ti: bytes) -> Channel:
    xored = (int.from_bytes(rnd_a[2:8]) ^ int.from_bytes(rnd_b[:6])).to_bytes(6)
    tail = bytes.fromhex("00010080") + rnd_a[:2] + xored + rnd_b[6:] + rnd_a[8:]
    enc, mac = (CMAC.new(key, label + tail, ciphermod=AES).digest() for label in (b"\xa5\x5a", b"\x5a\xa5"))
    return Channel(bytes(enc), bytes(mac), ti)


def overheard(application: SecureApplication, aid: bytes, key: bytes, dice: Random) -> dict[int, bytes]:
    """Return what a card answers, by instruction, to a reader that has its key and asks it for proof."""
    answers: dict[int, bytes] = {}

    def ask(instruction: int, data: bytes, kind: int = 0x90) -> bytes:
        command = bytes([kind, instruction, 0, 0, len(data)]) + data + b"\0"
        answers[instruction] = application.apdu(command)
        return answers[instruction]

    ask(0x5A, aid)
    ask(0xA4, _NTAG_NAME, 0x00)
    challenge = ask(0x71, b"\0\0")[:_BLOCK]
    rnd_b = AES.new(key, AES.MODE_CBC, iv=bytes(_BLOCK)).decrypt(challenge)
    reply = dice.randbytes(_BLOCK) + rnd_b[1:] + rnd_b[:1]
    ask(0xAF, AES.new(key, AES.MODE_CBC, iv=bytes(_BLOCK)).encrypt(reply))
    assert application.channel is not None
    ask(0x51, application.channel.tag(0x51, b""))
    return answers
