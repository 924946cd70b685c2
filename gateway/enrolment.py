"""How nodes come to belong to the place, go on belonging to it, and are put out."""

import base64
import binascii
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from gateway.auditor import Auditor
from gateway.commands import Fault, Refused
from gateway.domain.audit import Act
from gateway.domain.authority import ANYONE, Actor
from gateway.ports import Books, CertificateAuthority, Clock, Ledger, NodeCertificate, OpenInvitation
from protocol.certificates import CertificateRefused, read_certificate, requested_key, signed_by
from protocol.codec import MessageRefused, decode, encode
from protocol.enrolment import (
    Bundle,
    CertificateIssued,
    EnrolmentRequest,
    Renewal,
    SealedBundle,
    SealedRequest,
)
from protocol.invitation import NONCE_BYTES, SECRET_BYTES, Invitation, InvitationRefused
from protocol.sealing import sealing_from_text, sealing_text

_log = logging.getLogger(__name__)

INVITATION_LIVES: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PlaceWords:
    """What every node is told: two keys, its site's file, and where it reaches the broker."""

    gateway_key: str
    credential_key: str
    site_files: Mapping[str, str]
    broker_host: str
    broker_port: int


class Enrolment:
    """Invites, admits, renews and revokes; `site_of_node` are the nodes of the site files."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        authority: CertificateAuthority,
        words: PlaceWords,
        site_of_node: Mapping[str, str],
        auditor: Auditor,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._authority = authority
        self._words = words
        self._site_of_node = site_of_node
        self._auditor = auditor

    def invite(self, node: str, by: Actor, lives: timedelta = INVITATION_LIVES) -> Invitation:
        """Let a node enrol once, within `lives`. An earlier invitation counts no longer. Raises Refused."""
        _authorise(by)
        self._check_known(node, "/node")
        invitation = Invitation(node, secrets.token_hex(4), secrets.token_bytes(SECRET_BYTES))
        now = self._clock.now()
        with self._ledger.writing() as books:
            open_until = OpenInvitation(invitation.number, node, invitation.secret, now + lives)
            books.enrolments.invite(open_until)
            self._note(books, now, by, "InviteNode", node)
        _log.info("event=node_invited node=%s by=%s", node, by.id)
        return invitation

    def enrol(self, sealed: SealedRequest) -> SealedBundle:
        """Admit the node that holds an invitation, and spend that. Raises Refused."""
        now = self._clock.now()
        with self._ledger.writing() as books:
            known = books.enrolments.invitation(sealed.invitation)
            if known is None or now >= known.expires_at:
                text = "this invitation is unknown, was used or has expired: make a new one at the gateway"
                raise Refused("not_found", Fault("/invitation", "spent", text))
            invitation = Invitation(known.node, known.number, known.secret)
            try:
                request = decode(EnrolmentRequest, invitation.open("request", sealed.box))
            except InvitationRefused as refusal:
                raise Refused("invalid", Fault("/box", "not_sealed_by_it", str(refusal))) from refusal
            except MessageRefused as refusal:
                raise Refused("invalid", Fault("/box", refusal.reason, str(refusal))) from refusal
            if request.node != known.node:
                raise Refused("invalid", Fault("/box", "wrong_node", f"it invites {known.node}, nobody else"))
            bundle = self._admit(books, request, now, ANYONE)
            books.enrolments.uninvite(known.node)
        self.publish()
        return SealedBundle(box=invitation.seal("bundle", encode(bundle), secrets.token_bytes(NONCE_BYTES)))

    def sign(self, request: EnrolmentRequest, by: Actor) -> Bundle:
        """Admit a node whose request somebody carried here by hand. Raises Refused."""
        _authorise(by)
        self._check_known(request.node, "/node")
        with self._ledger.writing() as books:
            bundle = self._admit(books, request, self._clock.now(), by)
        self.publish()
        return bundle

    def renew(self, renewal: Renewal) -> CertificateIssued | None:
        """Issue the certificate that follows a node's; None, with a line in the log, where it must not.

        Asked again with the same key, the answer is the same certificate: the first may have been lost.
        """
        now = self._clock.now()
        try:
            with self._ledger.writing() as books:
                certificate = self._renew(books, renewal, now)
        except CertificateRefused as refusal:
            who = (renewal.node, renewal.serial, str(refusal))
            _log.warning("event=renewal_refused node=%s serial=%s reason=%r", *who)
            return None
        return CertificateIssued(site=renewal.site, node=renewal.node, certificate=certificate.pem)

    def revoke(self, node: str, by: Actor) -> int:
        """Put a node out: its certificates hold no longer, nor does an invitation. Raises Refused."""
        _authorise(by)
        self._check_known(node, "/node")
        with self._ledger.writing() as books:
            now = self._clock.now()
            revoked = books.enrolments.revoke(node, now)
            books.enrolments.uninvite(node)
            books.nodes.seal_to(node, None, now)
            self._note(books, now, by, "RevokeNode", node)
        self.publish()
        _log.warning("event=node_revoked node=%s certificates=%d by=%s", node, revoked, by.id)
        return revoked

    def publish(self) -> None:
        """Write down for brokers what was revoked."""
        with self._ledger.reading() as books:
            certificates = books.enrolments.certificates()
        self._authority.tell_revoked(certificates, self._clock.now())

    def _admit(self, books: Books, request: EnrolmentRequest, now: datetime, by: Actor) -> Bundle:
        """Issue a node's first certificate; what it had before was another machine's, or is lost."""
        try:
            certificate = self._authority.certify(request.node, request.csr, now)
        except CertificateRefused as refusal:
            raise Refused("invalid", Fault("/csr", "csr", str(refusal))) from refusal
        books.enrolments.revoke(request.node, now)
        books.enrolments.issue(certificate)
        books.nodes.seal_to(request.node, _checked_key(request.sealing_key), now)
        self._note(books, now, by, "EnrolNode", request.node)
        site, words = self._site_of_node[request.node], self._words
        _log.info("event=node_enrolled node=%s serial=%s", request.node, certificate.serial)
        return Bundle(
            ledger=self._authority.place,
            site=site,
            node=request.node,
            certificate=certificate.pem,
            authority=self._authority.certificate,
            gateway_key=words.gateway_key,
            credential_key=words.credential_key,
            site_file=words.site_files[site],
            broker_host=words.broker_host,
            broker_port=words.broker_port,
        )

    def _renew(self, books: Books, renewal: Renewal, now: datetime) -> NodeCertificate:
        if self._site_of_node.get(renewal.node) != renewal.site:
            raise CertificateRefused("no site file has this node")
        of_node = books.enrolments.certificates(renewal.node)
        before = next((held for held in of_node if held.serial == renewal.serial), None)
        if before is None:
            raise CertificateRefused("the certificate to be followed is not this node's")
        if before.revoked_at is not None or now >= before.expires_at:
            raise CertificateRefused("the certificate to be followed was revoked or has expired: enrol again")
        if not signed_by(_key_of(before), _bytes(renewal.signature), renewal.csr.encode()):
            raise CertificateRefused("the key of the certificate to be followed has not signed this")
        wanted = requested_key(renewal.csr)
        for held in of_node:
            if held.revoked_at is None and _key_of(held) == wanted:
                return held
        certificate = self._authority.certify(renewal.node, renewal.csr, now)
        books.enrolments.issue(certificate)
        _log.info("event=certificate_renewed node=%s serial=%s", renewal.node, certificate.serial)
        return certificate

    def _note(self, books: Books, now: datetime, by: Actor, act: str, node: str) -> None:
        """Write it into the audit, in the transaction of the act."""
        self._auditor.write(books, Act(now, by.id, act, "done", f"node:{node}"))

    def _check_known(self, node: str, pointer: str) -> None:
        if node not in self._site_of_node:
            known = ", ".join(self._site_of_node)
            text = f"no site file has a node {node!r}, expected one of: {known}"
            raise Refused("not_found", Fault(pointer, "unknown_node", text))


def _authorise(by: Actor) -> None:
    if not by.may("administer"):
        raise Refused("forbidden", Fault("", "forbidden", "this needs the scope administer"))


def _checked_key(key: str | None) -> str | None:
    try:
        return key and sealing_text(sealing_from_text(key))
    except ValueError as error:
        text = f"nothing can be sealed to this key: {error}"
        raise Refused("invalid", Fault("/sealing_key", "not_a_key", text)) from error


def _key_of(certificate: NodeCertificate) -> EllipticCurvePublicKey:
    key = read_certificate(certificate.pem, "what was issued").public_key()
    if not isinstance(key, EllipticCurvePublicKey):
        raise CertificateRefused("the certificate to be followed has a key that is not EC P-256")
    return key


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise CertificateRefused("the signature is not base64") from error
