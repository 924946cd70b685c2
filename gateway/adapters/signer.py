"""The gateway's signing key, in a file that only its owner reads."""

from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.domain.audit import Head
from host.files import secret_file
from protocol.access import AccessList, AccessPatch
from protocol.enrolment import CertificateIssued
from protocol.messages import Command
from protocol.signing import Signed, holds, public_text, sign, signature_over


class FileSigner:
    """Signs with the key in `path` (32 raw bytes), made where there is none."""

    def __init__(self, path: Path) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(secret_file(path, _new_key))

    @property
    def public_text(self) -> str:
        """The public half, as node settings hold it."""
        return public_text(self._key.public_key())

    def access_list(self, body: AccessList) -> Signed:
        return sign(self._key, "access_list", body)

    def access_patch(self, body: AccessPatch) -> Signed:
        return sign(self._key, "access_patch", body)

    def command(self, body: Command) -> Signed:
        return sign(self._key, "command", body)

    def certificate(self, body: CertificateIssued) -> Signed:
        return sign(self._key, "certificate", body)

    def head(self, head: Head) -> Head:
        return replace(head, signature=signature_over(self._key, "audit_head", head.told()))

    def checkpoint(self, head: Head) -> Head:
        return replace(head, signature=signature_over(self._key, "audit_checkpoint", head.told()))

    def signed_head(self, head: Head) -> bool:
        return holds(self._key.public_key(), "audit_head", head.told(), head.signature)

    def signed_checkpoint(self, head: Head) -> bool:
        return holds(self._key.public_key(), "audit_checkpoint", head.told(), head.signature)


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
