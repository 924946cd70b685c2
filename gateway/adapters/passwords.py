"""Passwords as argon2id hashes (RFC 9106), and second factors by time (RFC 6238)."""

import base64
import secrets
from pathlib import Path
from typing import Final

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from host.files import secret_file

_STEP_S: Final = 30
_NONCE_BYTES: Final = 12


class Argon2Passwords:
    """See `gateway.ports.Passwords`. The costs are the library's: the second choice of RFC 9106, 4."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobodys = self.hash(secrets.token_urlsafe(16))

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def fits(self, password: str, hashed: str | None) -> bool:
        try:
            self._hasher.verify(hashed or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return False
        return hashed is not None


class TotpFactor:
    """See `gateway.ports.SecondFactor`. The key that seals secrets stands in `path`."""

    def __init__(self, path: Path) -> None:
        self._box = AESGCM(secret_file(path, lambda: AESGCM.generate_key(256)))

    def new(self) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._box.encrypt(nonce, pyotp.random_base32().encode(), None)

    def address(self, sealed: bytes, mail: str) -> str:
        return self._totp(sealed).provisioning_uri(name=mail, issuer_name="Passerelle")

    def secret(self, sealed: bytes) -> str:
        return self._totp(sealed).secret

    def opened(self, text: str) -> bytes | None:
        try:
            sealed = base64.urlsafe_b64decode(text)
            self._totp(sealed)
        except (ValueError, InvalidTag):  # ValueError: no base 64, or too short to hold a nonce
            return None
        return sealed

    def step(self, sealed: bytes, code: str, at: float) -> int | None:
        """See the port; a code of the step before or after will do, for clocks differ."""
        totp, now = self._totp(sealed), int(at) // _STEP_S
        digits = "".join(code.split())
        for step in (now, now - 1, now + 1):
            if pyotp.utils.strings_equal(digits, totp.generate_otp(step)):
                return step
        return None

    def _totp(self, sealed: bytes) -> pyotp.TOTP:
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        return pyotp.TOTP(self._box.decrypt(nonce, rest, None).decode(), interval=_STEP_S)
