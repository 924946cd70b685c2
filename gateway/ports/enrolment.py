"""Who belongs to the place: the certificates that it issued, who was invited, and what signs for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class NodeCertificate:
    """A certificate that a node was issued; `serial` in hexadecimal."""

    serial: str
    node: str
    issued_at: datetime
    expires_at: datetime
    pem: str
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation that nobody has used, until `expires_at`."""

    number: str
    node: str
    secret: bytes
    expires_at: datetime


class Enrolments(Protocol):
    """Certificates issued, for ever, and invitations until they are used."""

    def issue(self, certificate: NodeCertificate) -> None: ...
    def certificates(self, node: str | None = None) -> list[NodeCertificate]:
        """Return those of one node or of all, the latest last."""
        ...

    def revoke(self, node: str, at: datetime) -> int:
        """Revoke what a node has; returns how many certificates that were."""
        ...

    def revoked_nodes(self) -> frozenset[str]:
        """Return the nodes that had certificates, all of which are revoked."""
        ...

    def invite(self, invitation: OpenInvitation) -> None:
        """Let a node come in; an earlier invitation of the same node counts no longer."""
        ...

    def invitation(self, number: str) -> OpenInvitation | None: ...
    def uninvite(self, node: str) -> None: ...


class CertificateAuthority(Protocol):
    """The place's own certificate authority."""

    @property
    def place(self) -> str:
        """The id of the ledger, which its certificates name as their organisation."""
        ...

    @property
    def certificate(self) -> str:
        """Its certificate, in PEM."""
        ...

    def certify(self, node: str, csr: str, now: datetime) -> NodeCertificate:
        """Sign a certificate for the key in `csr`. Raises CertificateRefused."""
        ...

    def tell_revoked(self, certificates: Iterable[NodeCertificate], now: datetime) -> None:
        """Write down, for brokers to read, which of these are revoked."""
        ...
