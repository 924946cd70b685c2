"""The way to the nodes, and the signature that they ask for."""

from dataclasses import dataclass
from typing import Protocol

from gateway.domain.audit import Head
from gateway.ports.journal import Cursor
from protocol.access import AccessList, AccessPatch
from protocol.enrolment import CertificateIssued
from protocol.messages import Command
from protocol.signing import Signed


@dataclass(frozen=True, slots=True)
class Answer:
    """What the run `start` of a node is told: the ledger has its events up to `cursor`, committed.

    `renew` asks it to begin a new epoch: from that seq on its events are not those that the ledger has.
    """

    site: str
    start: str
    cursor: Cursor
    renew: int | None = None


class Downlink(Protocol):
    """The way to the nodes. Sending never waits for a broker."""

    def acknowledge(self, answer: Answer) -> None: ...
    def send_list(self, site: str, node: str, signed: Signed) -> None: ...
    def send_patch(self, site: str, node: str, signed: Signed) -> None: ...
    def send_command(self, site: str, node: str, signed: Signed) -> None: ...
    def send_certificate(self, site: str, node: str, signed: Signed) -> None: ...


class Signer(Protocol):
    """The gateway's signature."""

    def access_list(self, body: AccessList) -> Signed: ...
    def access_patch(self, body: AccessPatch) -> Signed: ...
    def command(self, body: Command) -> Signed: ...
    def certificate(self, body: CertificateIssued) -> Signed: ...
    def head(self, head: Head) -> Head:
        """Return `head` of the audit, signed as one."""
        ...

    def checkpoint(self, head: Head) -> Head:
        """Return `head` signed as a checkpoint, which no head can pass for."""
        ...

    def signed_head(self, head: Head) -> bool: ...
    def signed_checkpoint(self, head: Head) -> bool: ...
