"""Keys of cards, sealed so that one node alone can read them: HPKE (RFC 9180) in its base mode.

X25519, HKDF-SHA256, ChaCha20-Poly1305. What is sealed for one list opens for no other: site, node and
revision are part of the key (`info`). Who sent it is not said here: the signature of the list says that.
"""

import base64
from collections.abc import Mapping
from typing import Annotated, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import StringConstraints

Sealed = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]+={0,2}$")]
"""Base64 of an HPKE message; inside, reference and key of each card, 16 bytes each, one after the other."""

SealingKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{43}=$")]
"""Base64 of a node's X25519 public key, 32 bytes."""

CARD_KEY_BYTES: Final = 16

_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_REF_BYTES = 16
_ROW_BYTES = _REF_BYTES + CARD_KEY_BYTES


class SealBroken(ValueError):
    """What was sealed is damaged, or was sealed for another node or another list."""


def seal(key: X25519PublicKey, keys: Mapping[str, bytes], site: str, node: str, revision: int) -> str:
    """Seal card keys, by credential reference, for the node that has the private half of `key`."""
    rows = b"".join(bytes.fromhex(ref.removeprefix("c_")) + keys[ref] for ref in sorted(keys))
    return base64.b64encode(_SUITE.encrypt(rows, key, info=_info(site, node, revision))).decode()


def unseal(key: X25519PrivateKey, sealed: str, site: str, node: str, revision: int) -> dict[str, bytes]:
    """Return the card keys by credential reference. Raises SealBroken."""
    try:
        content = base64.b64decode(sealed, validate=True)
        rows = _SUITE.decrypt(content, key, info=_info(site, node, revision))
    except (InvalidTag, ValueError) as error:
        raise SealBroken(f"not sealed for revision {revision} at {site}/{node}") from error
    if len(rows) % _ROW_BYTES:
        raise SealBroken(f"{len(rows)} bytes, expected a multiple of {_ROW_BYTES}")
    starts = range(0, len(rows), _ROW_BYTES)
    return {f"c_{rows[at : at + _REF_BYTES].hex()}": rows[at + _REF_BYTES : at + _ROW_BYTES] for at in starts}


def sealing_text(key: X25519PublicKey) -> str:
    """Base64 of the raw 32 bytes."""
    return base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def sealing_from_text(text: str) -> X25519PublicKey:
    """Read `sealing_text` back. Raises ValueError on anything else, and on a key nothing can be sealed to."""
    key = X25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    X25519PrivateKey.generate().exchange(key)  # refuses points of low order (RFC 7748, 6.1)
    return key


def _info(site: str, node: str, revision: int) -> bytes:
    return f"passerelle card keys/{site}/{node}/{revision}".encode()
