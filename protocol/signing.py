"""Ed25519 signatures (RFC 8032) over messages that stay readable.

What is signed is the body's canonical JSON: keys sorted, no white space, UTF-8. Bodies hold no number
whose text could differ between writers other than floats written by Python's shortest form.
"""

import base64
import json
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from protocol.base import VERSION, Message

Kind = Literal["access_list", "access_patch", "command", "certificate"]


class Signed(Message):
    """A body with the signature of the gateway. `kind` is signed too: a list cannot pass for a command."""

    v: Literal[1] = VERSION
    kind: Kind
    signature: str
    body: dict[str, Any]


class SignatureRefused(ValueError):
    """The signature is not one of the trusted key over this body."""


def _canonical(kind: str, body: dict[str, Any]) -> bytes:
    return json.dumps([kind, body], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sign(key: Ed25519PrivateKey, kind: Kind, body: Message) -> Signed:
    """Sign `body` as a message of `kind`."""
    plain = body.model_dump(mode="json")
    return Signed(kind=kind, signature=signature_over(key, kind, plain), body=plain)


def verify(key: Ed25519PublicKey, message: Signed, kind: Kind) -> dict[str, Any]:
    """Return the body. Raises SignatureRefused where it is of another kind or not signed by `key`."""
    if message.kind != kind:
        raise SignatureRefused(f"a message signed as {message.kind} came where {kind} was expected")
    if not holds(key, kind, message.body, message.signature):
        raise SignatureRefused(f"this {kind} is not signed by the gateway this node trusts")
    return message.body


def signature_over(key: Ed25519PrivateKey, kind: str, body: dict[str, Any]) -> str:
    """Return the signature (base64) over `body` as one of `kind`, on the wire or off it."""
    return base64.b64encode(key.sign(_canonical(kind, body))).decode()


def holds(key: Ed25519PublicKey, kind: str, body: dict[str, Any], signature: str) -> bool:
    """Whether `signature` was made by `key` over this `body` as one of this `kind`."""
    try:
        key.verify(base64.b64decode(signature, validate=True), _canonical(kind, body))
    except (InvalidSignature, ValueError):
        return False
    return True


def public_text(key: Ed25519PublicKey) -> str:
    """Base64 of the raw 32 bytes, as node settings hold it."""
    return base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def public_from_text(text: str) -> Ed25519PublicKey:
    """Read `public_text` back. Raises ValueError on anything else."""
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
