"""Whose word a node takes, and how it opens what it is sent."""

from dataclasses import dataclass
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError

from protocol.base import Message
from protocol.codec import MessageRefused, decode
from protocol.signing import Kind, Signed, verify

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Trust:
    """The gateway's key, and the node that speaks here."""

    key: Ed25519PublicKey
    site: str
    node: str

    def open(self, kind: type[M], payload: bytes, signed_as: Kind) -> M:
        """Read a signed message. Raises MessageRefused or SignatureRefused."""
        body = verify(self.key, decode(Signed, payload), signed_as)
        try:
            return kind.model_validate(body)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"])
            raise MessageRefused("bad_field", f"{field}: {first['msg']}") from error
