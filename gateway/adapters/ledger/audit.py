"""The audit's tables: the chain, its signed head, and a checkpoint for each month that has ended."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select

from gateway.adapters.ledger.tables import audit, audit_heads
from gateway.domain.audit import Act, AuditRecord, Head, Link

_HEAD: Final = "head"
_CHECKPOINT: Final = "checkpoint"


class AuditTables:
    """The audit within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, record: AuditRecord, head: Head) -> None:
        row = {"number": record.number, **asdict(record.act), "before": record.before, "hash": record.hash}
        self._connection.execute(insert(audit), row)
        self._connection.execute(delete(audit_heads).where(audit_heads.c.kind == _HEAD))
        self._put(_HEAD, head)

    def head(self) -> Head | None:
        row = self._connection.execute(select(audit_heads).where(audit_heads.c.kind == _HEAD)).first()
        return _head(row) if row else None

    def after(self, number: int, limit: int) -> list[AuditRecord]:
        wanted = select(audit).where(audit.c.number > number).order_by(audit.c.number).limit(limit)
        return [_record(row) for row in self._connection.execute(wanted)]

    def latest(self, limit: int, before: int | None = None, subject: str | None = None) -> list[AuditRecord]:
        wanted = select(audit).order_by(audit.c.number.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(audit.c.number < before)
        if subject is not None:
            wanted = wanted.where(audit.c.subject == subject)
        return [_record(row) for row in self._connection.execute(wanted)]

    def last_before(self, moment: datetime) -> AuditRecord | None:
        last = select(func.max(audit.c.number)).where(audit.c.at < moment).scalar_subquery()
        row = self._connection.execute(select(audit).where(audit.c.number == last)).first()
        return _record(row) if row else None

    def checkpoints(self) -> list[Head]:
        wanted = select(audit_heads).where(audit_heads.c.kind == _CHECKPOINT).order_by(audit_heads.c.number)
        return [_head(row) for row in self._connection.execute(wanted)]

    def put_checkpoint(self, checkpoint: Head) -> None:
        self._put(_CHECKPOINT, checkpoint)

    def prune(self, checkpoint: Head) -> int:
        number = checkpoint.link.number
        self._connection.execute(
            delete(audit_heads).where(audit_heads.c.kind == _CHECKPOINT, audit_heads.c.number < number)
        )
        return self._connection.execute(delete(audit).where(audit.c.number <= number)).rowcount

    def _put(self, kind: str, head: Head) -> None:
        row = {
            "number": head.link.number,
            "kind": kind,
            "ledger": head.ledger,
            "hash": head.link.hash,
            "at": head.at,
            "signature": head.signature,
        }
        self._connection.execute(insert(audit_heads), row)


def _record(row: Row[Any]) -> AuditRecord:
    act = Act(row.at, row.actor, row.act, row.outcome, row.subject, row.details)
    return AuditRecord(row.number, act, row.before, row.hash)


def _head(row: Row[Any]) -> Head:
    return Head(row.ledger, Link(row.number, row.hash), row.at, row.signature)
