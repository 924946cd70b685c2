"""How a node comes to belong to a place, and goes on belonging: what it asks for and what it is given."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from protocol.base import VERSION, Id, Message
from protocol.sealing import SealingKey

Pem = Annotated[str, Field(max_length=8192)]
Base64 = Annotated[str, Field(max_length=512 * 1024)]
SerialNumber = Annotated[str, Field(pattern=r"^[0-9a-f]{1,40}$")]
"""Of a certificate (RFC 5280, 4.1.2.2: at most 20 octets), in hexadecimal."""


class EnrolmentRequest(Message):
    """A node's wish to belong: a certificate signing request (PKCS #10) for a key that never leaves it.

    To `sealing_key` the keys of cards are sealed for it; without, it gets none.
    """

    v: Literal[1] = VERSION
    node: Id
    csr: Pem
    sealing_key: SealingKey | None = None


class Bundle(Message):
    """All that a node must know of its place (`ledger`), to be kept from others for its `credential_key`.

    `certificate` is the node's, signed by `authority`; `gateway_key` checks lists and commands.
    """

    v: Literal[1] = VERSION
    ledger: Id
    site: Id
    node: Id
    certificate: Pem
    authority: Pem
    gateway_key: str
    credential_key: str
    site_file: str
    broker_host: str
    broker_port: Annotated[int, Field(ge=1, le=65535)]


class SealedRequest(Message):
    """An EnrolmentRequest that only those can read and write who hold the invitation's secret."""

    v: Literal[1] = VERSION
    invitation: Annotated[str, Field(max_length=64)]
    box: Base64


class SealedBundle(Message):
    """The Bundle that answers it, kept in the same way."""

    v: Literal[1] = VERSION
    box: Base64


class Renewal(Message):
    """Asks for the certificate that follows `serial`. Its key has signed `csr`, and so has the new one.

    `signature` is the old key's over the text of `csr`: ECDSA with SHA-256 (FIPS 186-5), DER, in base64.
    """

    v: Literal[1] = VERSION
    site: Id
    node: Id
    serial: SerialNumber
    csr: Pem
    signature: Annotated[str, Field(max_length=256)]


class CertificateIssued(Message):
    """The certificate that a renewal asked for. It travels signed."""

    v: Literal[1] = VERSION
    site: Id
    node: Id
    certificate: Pem


def renewal_due(begins: datetime, ends: datetime, now: datetime) -> bool:
    """Whether a third of a certificate's life or less is left."""
    return now >= ends - (ends - begins) / 3
