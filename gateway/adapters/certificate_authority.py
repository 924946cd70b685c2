"""The place's certificate authority: an EC P-256 key and its certificate, in one file for its owner alone."""

import ipaddress
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from gateway.ports import NodeCertificate
from host.files import replace, secret_file
from protocol.certificates import Holder, requested_key
from protocol.enrolment import renewal_due

PUBLIC: Final = "ca.pem"
REVOKED: Final = "revoked.pem"

_LIFE: Final = timedelta(days=20 * 365)
_OWN_LIFE: Final = timedelta(days=365)
_EARLIER: Final = timedelta(days=1)
"""Certificates begin a day before they are made: the clock of whoever is shown one may lag."""

_CLIENT, _SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


class FileAuthority:
    """Signs with the key in `path`, made where there is none; nodes' certificates hold for `node_days`."""

    def __init__(self, path: Path, place: str, node_days: int, now: datetime) -> None:
        self.place = place
        self._path = path
        self._node_life = timedelta(days=node_days)
        text = secret_file(path, lambda: _new_authority(place, now))
        self._key = _private_key(text)
        self._certificate = x509.load_pem_x509_certificate(text)
        self.public_file = path.with_name(PUBLIC)
        _keep(self.public_file, _pem(self._certificate))

    @property
    def certificate(self) -> str:
        return _pem(self._certificate).decode()

    def certify(self, node: str, csr: str, now: datetime) -> NodeCertificate:
        made = self._sign(Holder(self.place, node), requested_key(csr), now, self._node_life, _CLIENT)
        return NodeCertificate(
            serial=f"{made.serial_number:x}",
            node=node,
            issued_at=now,
            expires_at=made.not_valid_after_utc,
            pem=_pem(made).decode(),
        )

    def keep_client(self, file: Path, name: str, now: datetime) -> None:
        """Have a client's key and certificate in `file`, made anew where a third of its life is left."""
        if not _serves(file, self._certificate, (), now):
            key = generate_private_key(SECP256R1())
            made = self._sign(Holder(self.place, name), key.public_key(), now, _OWN_LIFE, _CLIENT)
            replace(file, _pem_of_key(key) + _pem(made), mode=0o600)

    def keep_server(self, file: Path, names: Sequence[str], now: datetime) -> None:
        """Have the broker's key and certificate for `names` (hosts, addresses) in `file`, likewise."""
        if not _serves(file, self._certificate, names, now):
            key, holder = generate_private_key(SECP256R1()), Holder(self.place, names[0])
            alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
            made = self._sign(holder, key.public_key(), now, _OWN_LIFE, _SERVER, alternatives)
            replace(file, _pem_of_key(key) + _pem(made), mode=0o600)

    def tell_revoked(self, certificates: Iterable[NodeCertificate], now: datetime) -> None:
        """Keep REVOKED beside the key, for whoever waits for it to change."""
        self.keep_revoked(self._path.with_name(REVOKED), certificates, now)

    def keep_revoked(self, file: Path, certificates: Iterable[NodeCertificate], now: datetime) -> None:
        """Have the list of the revoked (RFC 5280, 5) in `file`, written anew only where another is on it.

        It holds as long as the authority: an early end would shut every node out, did nobody fetch the next.
        """
        revoked = {int(c.serial, 16): c.revoked_at for c in certificates if c.revoked_at is not None}
        if _lists(file, self._certificate, revoked.keys()):
            return
        names = self._certificate
        made = x509.CertificateRevocationListBuilder(
            names.subject, max(now - _EARLIER, names.not_valid_before_utc), names.not_valid_after_utc
        )
        for serial, at in sorted(revoked.items()):
            made = made.add_revoked_certificate(x509.RevokedCertificateBuilder(serial, at).build())
        replace(file, made.sign(self._key, SHA256()).public_bytes(Encoding.PEM))

    def _sign(
        self,
        holder: Holder,
        key: EllipticCurvePublicKey,
        now: datetime,
        life: timedelta,
        use: x509.ObjectIdentifier,
        names: x509.SubjectAlternativeName | None = None,
    ) -> x509.Certificate:
        issuer = self._certificate
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        builder = (
            x509.CertificateBuilder(issuer.subject, holder.as_subject(), key, x509.random_serial_number())
            .not_valid_before(max(now - _EARLIER, issuer.not_valid_before_utc))
            .not_valid_after(min(now + life, issuer.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own), critical=False
            )
        )
        if names is not None:
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, SHA256())


def _keep(file: Path, content: bytes) -> None:
    """Write where that changes something."""
    if not file.exists() or file.read_bytes() != content:
        replace(file, content)


def _new_authority(place: str, now: datetime) -> bytes:
    key = generate_private_key(SECP256R1())
    name = Holder(place, "Passerelle").as_subject()
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, SHA256())
    )
    return _pem_of_key(key) + _pem(made)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _serves(file: Path, issuer: x509.Certificate, names: Sequence[str], now: datetime) -> bool:
    """Whether what `file` holds is still good for a while: of this authority, for these names."""
    try:
        held = x509.load_pem_x509_certificate(file.read_bytes())
        held.verify_directly_issued_by(issuer)
        alternatives = held.extensions.get_extension_for_class(x509.SubjectAlternativeName) if names else None
    except (OSError, ValueError, TypeError, x509.ExtensionNotFound, x509.InvalidVersion):
        return False
    if alternatives is not None and set(alternatives.value) != {_general_name(name) for name in names}:
        return False
    return not renewal_due(held.not_valid_before_utc, held.not_valid_after_utc, now)


def _lists(file: Path, issuer: x509.Certificate, serials: AbstractSet[int]) -> bool:
    """Whether `file` is this authority's list of just these."""
    try:
        listed = x509.load_pem_x509_crl(file.read_bytes())
    except (OSError, ValueError):
        return False
    key = issuer.public_key()
    ours = isinstance(key, EllipticCurvePublicKey) and listed.is_signature_valid(key)
    return ours and {each.serial_number for each in listed} == serials


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _private_key(text: bytes) -> EllipticCurvePrivateKey:
    key = load_pem_private_key(text, password=None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise TypeError("the authority's key is not an elliptic curve's")
    return key


def _pem_of_key(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
