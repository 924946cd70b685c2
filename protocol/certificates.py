"""How a certificate names its holder, and when a node takes one for its own. X.509 (RFC 5280), EC P-256.

The organisation is the place (the id of its ledger), the common name the node's id. The gateway's clients
have names with a dot, which no node's id has.
"""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID


class CertificateRefused(ValueError):
    """A certificate or a request for one that is not taken; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a certificate names."""

    place: str
    name: str

    def as_subject(self) -> x509.Name:
        """Return the distinguished name, in the order in which brokers show it: `CN=...,O=...`."""
        organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.place)
        return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, self.name)])


def gateway_at(site: str) -> str:
    """Return the name of the gateway's client for one site: it has a connection for each."""
    return f"gateway.{site}"


def holder_of(certificate: x509.Certificate) -> Holder:
    """Return whom a certificate names, empty where it does not say."""
    place, name = (
        _only(certificate.subject, oid) for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
    )
    return Holder(place, name)


def signing_request(key: EllipticCurvePrivateKey) -> str:
    """Write a request (PKCS #10, PEM) for `key`. It names nobody: the gateway knows whom it asks for."""
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, SHA256())
    return request.public_bytes(Encoding.PEM).decode()


def requested_key(csr: str) -> EllipticCurvePublicKey:
    """Return the public key in a request, whose holder has signed it. Raises CertificateRefused."""
    try:
        request = x509.load_pem_x509_csr(csr.encode())
        key, proven = request.public_key(), request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateRefused("the certificate signing request is no PKCS #10 in PEM") from error
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise CertificateRefused("the certificate signing request has a key that is not EC P-256")
    if not proven:
        raise CertificateRefused("whoever made the certificate signing request does not hold its key")
    return key


def signed_by(key: EllipticCurvePublicKey, signature: bytes, said: bytes) -> bool:
    """Whether `key` has signed `said` (ECDSA with SHA-256)."""
    try:
        key.verify(signature, said, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def read_certificate(pem: str, what: str) -> x509.Certificate:
    """Read a certificate in PEM; `what` it is, for the error. Raises CertificateRefused."""
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise CertificateRefused(f"{what} is no certificate in PEM") from error


def check_own(
    certificate: x509.Certificate,
    authority: x509.Certificate,
    holder: Holder,
    key: EllipticCurvePublicKey,
    now: datetime,
) -> None:
    """Raise CertificateRefused where `holder`, with `key`, should not take this certificate for its own."""
    named = holder_of(certificate)
    if named != holder:
        raise CertificateRefused(
            f"the certificate is of {named.name!r} at {named.place!r}, expected {holder.name!r} at"
            f" {holder.place!r}: enrol this node with an invitation of its own"
        )
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise CertificateRefused("the certificate is not signed by the place's authority") from error
    if certificate.public_key() != key:
        raise CertificateRefused("the certificate is for another key than this node's")
    check_time(certificate, now)


def check_time(certificate: x509.Certificate, now: datetime) -> None:
    """Raise CertificateRefused where a certificate does not hold at `now`."""
    if now < certificate.not_valid_before_utc:
        raise CertificateRefused(
            f"the certificate begins at {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC and here it is"
            f" {now:%Y-%m-%d %H:%M}: set this machine's clock"
        )
    if now >= certificate.not_valid_after_utc:
        raise CertificateRefused(
            f"the certificate ended at {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC: enrol this node"
            " again with a new invitation"
        )


def _only(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if len(found) == 1 else ""
