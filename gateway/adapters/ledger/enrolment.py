"""Certificates and invitations within one transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from gateway.adapters.ledger.tables import certificates, invitations
from gateway.ports import NodeCertificate, OpenInvitation

_COLUMNS = ("serial", "node", "issued_at", "expires_at", "pem", "revoked_at")


class EnrolmentTables:
    """See `gateway.ports.Enrolments`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def issue(self, certificate: NodeCertificate) -> None:
        row = {name: getattr(certificate, name) for name in _COLUMNS}
        self._connection.execute(insert(certificates), row)

    def certificates(self, node: str | None = None) -> list[NodeCertificate]:
        wanted = select(certificates).order_by(certificates.c.issued_at, certificates.c.serial)
        if node is not None:
            wanted = wanted.where(certificates.c.node == node)
        return [_certificate(row) for row in self._connection.execute(wanted)]

    def revoke(self, node: str, at: datetime) -> int:
        held = (certificates.c.node == node, certificates.c.revoked_at.is_(None))
        return self._connection.execute(update(certificates).where(*held).values(revoked_at=at)).rowcount

    def revoked_nodes(self) -> frozenset[str]:
        all_revoked = func.count() == func.count(certificates.c.revoked_at)  # which counts no NULL
        found = select(certificates.c.node).group_by(certificates.c.node).having(all_revoked)
        return frozenset(self._connection.execute(found).scalars())

    def invite(self, invitation: OpenInvitation) -> None:
        self.uninvite(invitation.node)
        row = {name: getattr(invitation, name) for name in ("number", "node", "secret", "expires_at")}
        self._connection.execute(insert(invitations), row)

    def invitation(self, number: str) -> OpenInvitation | None:
        row = self._connection.execute(select(invitations).where(invitations.c.number == number)).first()
        return None if row is None else OpenInvitation(row.number, row.node, row.secret, row.expires_at)

    def uninvite(self, node: str) -> None:
        self._connection.execute(delete(invitations).where(invitations.c.node == node))


def _certificate(row: Row[Any]) -> NodeCertificate:
    return NodeCertificate(row.serial, row.node, row.issued_at, row.expires_at, row.pem, row.revoked_at)
