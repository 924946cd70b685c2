"""Each card's own key, made of one master key and the card's number (NXP AN10922, 2.2: AES-128)."""

from typing import Final

from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC

from protocol.identifiers import CARD_APPLICATION

_AES_128: Final = b"\x01"
_SYSTEM: Final = b"passerelle"
_INPUT_BYTES: Final = range(16, 32)  # shorter inputs are padded in a way of their own, and none occurs here


def card_key(master: bytes, uid: bytes) -> bytes:
    """Return the key of the card with this UID (4, 7 or 10 bytes): 16 bytes."""
    return diversified(master, uid + CARD_APPLICATION + _SYSTEM)


def diversified(master: bytes, of: bytes) -> bytes:
    """Return the key that belongs to `of` (UID, AID and system identifier; 16 to 31 bytes): 16 bytes."""
    if len(of) not in _INPUT_BYTES:
        raise ValueError(f"a diversification input of {len(of)} bytes, expected 16 to 31")
    cmac = CMAC(algorithms.AES128(master))
    cmac.update(_AES_128 + of)
    return cmac.finalize()
