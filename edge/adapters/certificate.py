"""The node's certificate and its private key, together in one file: replaced whole, or as they were."""

import base64
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from host.files import replace
from protocol.certificates import (
    CertificateRefused,
    Holder,
    check_own,
    holder_of,
    read_certificate,
    signing_request,
)
from protocol.enrolment import Renewal, renewal_due


class FileCertificate:
    """See `edge.ports.Certificate`. `authority` is the file of the place's authority."""

    def __init__(self, path: Path, authority: Path, node: str) -> None:
        self._path = path
        self._node = node
        self._authority = authority
        self._next: EllipticCurvePrivateKey | None = None

    def due(self, now: datetime) -> bool:
        held = self._held()
        return renewal_due(held.not_valid_before_utc, held.not_valid_after_utc, now)

    def ask(self, site: str, node: str) -> Renewal:
        self._next = self._next or generate_private_key(SECP256R1())
        held, key = self._held(), private_key(self._path)
        csr = signing_request(self._next)
        return Renewal(
            site=site,
            node=node,
            serial=f"{held.serial_number:x}",
            csr=csr,
            signature=base64.b64encode(key.sign(csr.encode(), ECDSA(SHA256()))).decode(),
        )

    def check(self, now: datetime) -> None:
        """Raise CertificateRefused where a broker would refuse what is held, or know another by it."""
        self._check(self._held(), private_key(self._path), now)

    def take(self, pem: str, now: datetime) -> None:
        if self._next is None:
            raise CertificateRefused("this node has not asked for a certificate")
        self._check(read_certificate(pem, "what the gateway sent"), self._next, now)
        write_certificate(self._path, self._next, pem)
        self._next = None

    def _check(self, own: x509.Certificate, key: EllipticCurvePrivateKey, now: datetime) -> None:
        authority = read_certificate(_text(self._authority), str(self._authority))
        holder = Holder(holder_of(authority).place, self._node)
        check_own(own, authority, holder, key.public_key(), now)

    def _held(self) -> x509.Certificate:
        return read_certificate(_text(self._path), str(self._path))


def private_key(path: Path) -> EllipticCurvePrivateKey:
    """Read the key in a file. Raises CertificateRefused."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise CertificateRefused(f"{path} holds no private key: {error}") from error
    if not isinstance(key, EllipticCurvePrivateKey):
        raise CertificateRefused(f"{path} holds a key that is not an elliptic curve's")
    return key


def write_certificate(path: Path, key: EllipticCurvePrivateKey, pem: str) -> None:
    """Put a key and its certificate in the place of what `path` holds, for its owner alone."""
    replace(path, private_pem(key) + pem.encode(), mode=0o600)


def private_pem(key: EllipticCurvePrivateKey) -> bytes:
    """Write a key as PEM (PKCS #8), unencrypted."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise CertificateRefused(f"{path} cannot be read: {error}") from error
