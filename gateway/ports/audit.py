"""The audit: the chain in the ledger, and its witness outside."""

from datetime import datetime
from typing import Protocol

from gateway.domain.audit import AuditRecord, Head


class Audit(Protocol):
    """Who did what and who looked at whom: a chain that only grows, but for months that are let go."""

    def append(self, record: AuditRecord, head: Head) -> None:
        """Write `record`, and in the same breath the head that signs for it."""
        ...

    def head(self) -> Head | None:
        """Return the head that was written with the last record."""
        ...

    def after(self, number: int, limit: int) -> list[AuditRecord]: ...
    def latest(self, limit: int, before: int | None = None, subject: str | None = None) -> list[AuditRecord]:
        """Return the last records below number `before`, latest first; with `subject` those about it."""
        ...

    def last_before(self, moment: datetime) -> AuditRecord | None:
        """Return the last record from before `moment`."""
        ...

    def checkpoints(self) -> list[Head]:
        """Return the checkpoints, the earliest first."""
        ...

    def put_checkpoint(self, checkpoint: Head) -> None: ...
    def prune(self, checkpoint: Head) -> int:
        """Let go all records up to `checkpoint`, and the checkpoints before it; return how many went."""
        ...


class Witness(Protocol):
    """Where signed heads are kept outside of the ledger. Raises OSError."""

    def write(self, head: Head) -> None:
        """Put `head` behind the others, on the disk for good, where it is not the last one already."""
        ...
