"""How a card becomes a reference that can travel."""

import hashlib
import hmac
from typing import Final

CODE_DIGITS: Final = 8
"""So many digits a visitor's code has."""

CARD_APPLICATION: Final = b"PSL"
"""The application identifier (AID) of Passerelle on a DESFire, least significant byte first."""


def credential_ref(site_key: bytes, uid: bytes) -> str:
    """Keyed hash of a card's UID (4, 7 or 10 bytes): HMAC-SHA-256 (RFC 2104), cut to 128 bits.

    A bare hash would not do: there are few enough UIDs to try them all.
    """
    return "c_" + hmac.new(site_key, b"uid:" + uid, hashlib.sha256).hexdigest()[:32]


def pass_ref(site_key: bytes, code: str) -> str:
    """Keyed hash of a visitor's code, as of a UID: all codes of eight digits are tried in a minute."""
    return "v_" + hmac.new(site_key, b"pass:" + code.encode(), hashlib.sha256).hexdigest()[:32]
