"""An invitation: a token that lets one node enrol once, and keeps what both sides say from everyone else.

Its secret is never sent. Each direction has a key of its own, derived from it (HKDF with SHA-256, RFC 5869),
and what is said is encrypted and authenticated with that (ChaCha20-Poly1305, RFC 8439): who opens it knows
that the other side holds the same token. So an enrolment is safe over plain HTTP.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

Direction = Literal["request", "bundle"]

SECRET_BYTES: Final = 20
NONCE_BYTES: Final = 12


class InvitationRefused(ValueError):
    """A token that is none, or words that another token sealed; the text is for whoever typed it."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """For which node it is, its number at the gateway, and its secret."""

    node: str
    number: str
    secret: bytes

    @property
    def token(self) -> str:
        """The text that a person carries from the gateway to the node."""
        return ".".join((self.node, self.number, base64.b32encode(self.secret).decode().lower()))

    @classmethod
    def read(cls, token: str) -> "Invitation":
        """Read `token` back. Raises InvitationRefused."""
        try:
            node, number, secret = token.strip().split(".")
            invitation = cls(node, number, base64.b32decode(secret.upper()))
        except (ValueError, binascii.Error) as error:
            raise InvitationRefused("this is no invitation: expected NODE.NUMBER.SECRET, whole") from error
        if len(invitation.secret) != SECRET_BYTES:
            raise InvitationRefused("this invitation is cut short: copy the whole of it")
        return invitation

    def seal(self, direction: Direction, said: bytes, nonce: bytes) -> str:
        """Keep `said` from others, as base64. `nonce` is 12 random bytes, never used before."""
        sealed = self._cipher(direction).encrypt(nonce, said, self._bound_to())
        return base64.b64encode(nonce + sealed).decode()

    def open(self, direction: Direction, box: str) -> bytes:
        """Return what was sealed with this token. Raises InvitationRefused."""
        try:
            raw = base64.b64decode(box, validate=True)
            return self._cipher(direction).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], self._bound_to())
        except (ValueError, InvalidTag) as error:
            raise InvitationRefused("the other side does not hold this invitation: make a new one") from error

    def _cipher(self, direction: Direction) -> ChaCha20Poly1305:
        derived = HKDF(SHA256(), 32, salt=None, info=f"passerelle enrolment {direction}".encode())
        return ChaCha20Poly1305(derived.derive(self.secret))

    def _bound_to(self) -> bytes:
        return f"{self.node}/{self.number}".encode()
