"""The reader's half of AuthenticateEV2First and of the secure messaging that follows, as arithmetic alone.

MIFARE DESFire EV2 and EV3 and NTAG 424 DNA share it: NXP AN12343 chapter 7, AN12196 chapter 5, and data sheet
NT4H2421Gx chapter 9.1. Chance is an argument. Keys have 16 bytes, as do RndA and RndB.
"""

import binascii
import hmac
from dataclasses import dataclass, replace
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

BLOCK_BYTES: Final = 16
MAC_BYTES: Final = 8

_COMMAND_IV, _ANSWER_IV = b"\xa5\x5a", b"\x5a\xa5"  # also the labels of the two session keys
_SV_COUNTER = b"\x00\x01\x00\x80"


class NotGenuine(Exception):
    """A card did not prove that it has the key, or that what it says comes from it."""


@dataclass(frozen=True, slots=True, repr=False)
class Challenge:
    """The card has sent its RndB, encrypted: `of` read it, `answer` is what the card wants to hear."""

    key: bytes
    rnd_a: bytes
    rnd_b: bytes

    @classmethod
    def of(cls, key: bytes, rnd_a: bytes, encrypted_rnd_b: bytes) -> "Challenge":
        """Read the card's challenge. Raises NotGenuine where it has not the length of one."""
        if len(encrypted_rnd_b) != BLOCK_BYTES:
            raise NotGenuine(f"a challenge of {len(encrypted_rnd_b)} bytes")
        return cls(key, rnd_a, _decrypt(key, bytes(BLOCK_BYTES), encrypted_rnd_b))

    def answer(self) -> bytes:
        """Return E(K, RndA || RndB'), RndB' being RndB rotated left by a byte: 32 bytes."""
        return _encrypt(self.key, bytes(BLOCK_BYTES), self.rnd_a + _rotated(self.rnd_b))

    def session(self, proof: bytes) -> "Session":
        """Return the session that the card's last answer opens. Raises NotGenuine.

        That is E(K, TI || RndA' || PDcap2 || PCDcap2), 32 bytes; who has not the key does not know RndA.
        """
        if len(proof) != 2 * BLOCK_BYTES:
            raise NotGenuine(f"a proof of {len(proof)} bytes")
        plain = _decrypt(self.key, bytes(BLOCK_BYTES), proof)
        if not hmac.compare_digest(plain[4:20], _rotated(self.rnd_a)):
            raise NotGenuine("it does not have the key")
        mixed = bytes(a ^ b for a, b in zip(self.rnd_a[2:8], self.rnd_b[:6], strict=True))
        context = _SV_COUNTER + self.rnd_a[:2] + mixed + self.rnd_b[6:] + self.rnd_a[8:]
        return Session(
            enc_key=_cmac(self.key, _COMMAND_IV + context),
            mac_key=_cmac(self.key, _ANSWER_IV + context),
            transaction=plain[:4],
        )


@dataclass(frozen=True, slots=True, repr=False)
class Session:
    """Secure messaging in CommMode.Full: what travels is encrypted, and its MAC tells who said it and when.

    `counter` is the number of commands so far; each exchange is followed by the session `next`.
    """

    enc_key: bytes
    mac_key: bytes
    transaction: bytes
    counter: int = 0

    @property
    def next(self) -> "Session":
        """The session after one more command."""
        return replace(self, counter=self.counter + 1)

    def command(self, code: int, header: bytes = b"", data: bytes = b"") -> bytes:
        """Return what to send with command `code`: its header, its data encrypted, and the MAC of all."""
        sealed = _encrypt(self.enc_key, self._iv(_COMMAND_IV), _padded(data)) if data else b""
        return header + sealed + self._mac(code, header + sealed)

    def answer(self, code: int, received: bytes) -> bytes:
        """Return the data of the answer with status `code` to the last command. Raises NotGenuine.

        Called on the session `next` to the one that made the command.
        """
        sealed, mac = received[:-MAC_BYTES], received[-MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(code, sealed)):
            raise NotGenuine("its answer has another MAC")
        if len(sealed) % BLOCK_BYTES:
            raise NotGenuine(f"its answer has {len(sealed)} encrypted bytes")
        return _unpadded(_decrypt(self.enc_key, self._iv(_ANSWER_IV), sealed)) if sealed else b""

    def _iv(self, label: bytes) -> bytes:
        plain = label + self.transaction + self.counter.to_bytes(2, "little")
        return _encrypt(self.enc_key, bytes(BLOCK_BYTES), plain.ljust(BLOCK_BYTES, b"\0"))

    def _mac(self, code: int, message: bytes) -> bytes:
        heading = bytes((code,)) + self.counter.to_bytes(2, "little") + self.transaction
        return _cmac(self.mac_key, heading + message)[1::2]


def new_key_data(new: bytes, version: int, instead_of: bytes | None = None) -> bytes:
    """Return the data of ChangeKey (AN12196 5.16) for the key of this session, or for another one.

    Another is sent `instead_of` its old value: as an exclusive-or, which takes the old one to read, and
    with a CRC-32 of the new.
    """
    if instead_of is None:
        return new + bytes((version,))
    mixed = bytes(a ^ b for a, b in zip(new, instead_of, strict=True))
    check = (binascii.crc32(new) ^ 0xFFFFFFFF).to_bytes(4, "little")  # JAMCRC: without the last inversion
    return mixed + bytes((version,)) + check


def _rotated(data: bytes) -> bytes:
    return data[1:] + data[:1]


def _padded(data: bytes) -> bytes:
    """ISO/IEC 9797-1, method 2."""
    return data + b"\x80" + bytes(-(len(data) + 1) % BLOCK_BYTES)


def _unpadded(data: bytes) -> bytes:
    rest = data.rstrip(b"\0")
    if not rest.endswith(b"\x80"):
        raise NotGenuine("its answer has no end")
    return rest[:-1]


def _encrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES128(key), modes.CBC(iv)).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def _decrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES128(key), modes.CBC(iv)).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def _cmac(key: bytes, message: bytes) -> bytes:
    """NIST SP 800-38B."""
    cmac = CMAC(algorithms.AES128(key))
    cmac.update(message)
    return cmac.finalize()
