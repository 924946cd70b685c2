"""Writing the audit, vouching for it with the gateway's signature, and letting its oldest months go."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Final

from gateway.domain.audit import (
    PRUNED,
    Act,
    AuditRecord,
    Break,
    Head,
    Link,
    Verdict,
    beginning,
    details,
    examine,
    first_break,
    follow,
    oldest_kept,
)
from gateway.domain.authority import SYSTEM
from gateway.ports import Books, Ledger, Signer, Witness

_log = logging.getLogger(__name__)
_TOGETHER: Final = 1000


class Auditor:
    """Keeps the chain of one ledger: whatever is written there is, within the transaction of the act."""

    def __init__(self, ledger: Ledger, signer: Signer) -> None:
        self.ledger = ledger
        self._signer = signer

    def write(self, books: Books, act: Act) -> None:
        """Put `act` behind what the last signed head says, though records were cut off: so the hole stays."""
        head = books.audit.head()
        record = follow(head.link if head else beginning(self.ledger.id), act)
        books.audit.append(record, self._signer.head(Head(self.ledger.id, record.link, act.at)))

    def bear_witness(self, witness: Witness) -> None:
        """Have the last head written outside of the ledger. Raises OSError."""
        with self.ledger.reading() as books:
            head = books.audit.head()
        if head is not None:
            witness.write(head)

    def let_go(self, now: datetime, months: int) -> int:
        """Sign for the months that have ended, and let go what is older than `months`; return how many went.

        A month that is not as it was written is signed for by nobody, and stays until somebody has looked.
        """
        with self.ledger.writing() as books:
            for kept in (months, 1):
                self._sign_until(books, oldest_kept(now, kept), now)
            old = [each for each in books.audit.checkpoints() if self._is_old(books, each, now, months)]
            if not old:
                return 0
            gone = books.audit.prune(old[-1])
            if gone:
                up_to = old[-1].link.number
                self.write(
                    books, Act(now, SYSTEM.id, PRUNED, "done", "audit", details(up_to=up_to, records=gone))
                )
            return gone

    def verify(self, witnesses: Sequence[Head]) -> Verdict:
        """Hold the whole chain against its heads, checkpoints and `witnesses`."""
        with self.ledger.reading() as books:
            head, checkpoints = books.audit.head(), books.audit.checkpoints()
            start = self._start(books, checkpoints)
            found = examine(_records(books, start.number), start, head, [*witnesses, *checkpoints])
        unsigned = self._unsigned(head, checkpoints, witnesses)
        if unsigned is None or (found.broken is not None and found.broken.number <= unsigned.number):
            return found
        return Verdict(found.records, found.since, found.last, unsigned)

    def _start(self, books: Books, checkpoints: Sequence[Head]) -> Link:
        """Return where the chain begins: at its beginning, or at the checkpoint up to which it was let go."""
        first = next(iter(books.audit.after(0, 1)), None)
        if first is None or first.number > 1:
            before = first.number - 1 if first else None
            for checkpoint in checkpoints:
                if before is None or checkpoint.link.number == before:
                    return checkpoint.link
        return beginning(self.ledger.id)

    def _unsigned(
        self, head: Head | None, checkpoints: Sequence[Head], witnesses: Sequence[Head]
    ) -> Break | None:
        ours = self.ledger.id
        wrong = [
            each.link.number
            for each in (*((head,) if head else ()), *witnesses)
            if each.ledger != ours or not self._signer.signed_head(each)
        ] + [
            each.link.number
            for each in checkpoints
            if each.ledger != ours or not self._signer.signed_checkpoint(each)
        ]
        return Break(min(wrong), "unsigned") if wrong else None

    def _sign_until(self, books: Books, end: datetime, now: datetime) -> None:
        last = books.audit.last_before(end)
        signed = books.audit.checkpoints()
        start = signed[-1].link if signed else beginning(self.ledger.id)
        if last is None or last.number <= start.number:
            return
        part = takewhile(lambda record: record.number <= last.number, _records(books, start.number))
        broken = first_break(part, start)
        if broken is not None:
            _log.error("event=audit_broken number=%d why=%s: see passerelle audit verify", *_told(broken))
            return
        books.audit.put_checkpoint(self._signer.checkpoint(Head(self.ledger.id, last.link, now)))

    def _is_old(self, books: Books, checkpoint: Head, now: datetime, months: int) -> bool:
        last = books.audit.after(checkpoint.link.number - 1, 1)
        return bool(last) and last[0].act.at < oldest_kept(now, months)


def _records(books: Books, number: int) -> Iterator[AuditRecord]:
    while some := books.audit.after(number, _TOGETHER):
        yield from some
        number = some[-1].number


def _told(broken: Break) -> tuple[int, str]:
    return broken.number, broken.why
