"""The audit on a real ledger: what somebody with its file can do to it, and how it shows."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.adapters.ledger import SqlLedger
from gateway.adapters.signer import FileSigner
from gateway.adapters.witness import FileWitness
from gateway.auditor import Auditor
from gateway.domain.audit import Act, Break, Head, Link, Verdict

JANUARY = datetime(2026, 1, 15, tzinfo=UTC)


class Archive:
    """An audit, its witness, and a hand that can reach the database."""

    def __init__(self, ledger: SqlLedger, folder: Path) -> None:
        self.ledger = ledger
        self.witness = FileWitness(folder / "audit-heads")
        self.signer = FileSigner(folder / "signing.key")
        self.auditor = Auditor(ledger, self.signer)

    def write(self, count: int, at: datetime = JANUARY) -> None:
        for _ in range(count):
            with self.ledger.writing() as books:
                self.auditor.write(books, Act(at, "api:1", "Look", "done", "visits"))

    def tamper(self, statement: str) -> None:
        with self.ledger._engine.begin() as connection:
            connection.execute(text(statement))

    def verify(self) -> Verdict:
        return self.auditor.verify(self.witness.heads()[0])

    def numbers(self) -> list[int]:
        with self.ledger.reading() as books:
            return [record.number for record in books.audit.after(0, 1000)]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    ledger = SqlLedger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    archive = Archive(ledger, tmp_path)
    archive.write(10)
    archive.auditor.bear_witness(archive.witness)
    yield archive
    ledger.close()


def test_what_was_written_is_whole(archive: Archive) -> None:
    verdict = archive.verify()
    assert (verdict.broken, verdict.records, verdict.since) == (None, 10, JANUARY)


@pytest.mark.parametrize(
    ("deed", "broken"),
    [
        ("UPDATE audit SET actor = 'api:2' WHERE number = 4", Break(4, "altered")),
        ("DELETE FROM audit WHERE number = 4", Break(4, "missing")),
        ("DELETE FROM audit WHERE number > 8", Break(9, "cut_off", 10)),
        ("DELETE FROM audit", Break(1, "cut_off", 10)),
        ("DELETE FROM audit_heads", Break(1, "unsigned")),
        ("UPDATE audit_heads SET signature = 'AAAA'", Break(10, "unsigned")),
    ],
)
def test_what_is_done_to_the_database_shows(archive: Archive, deed: str, broken: Break) -> None:
    archive.tamper(deed)
    assert archive.verify().broken == broken


def test_a_cut_end_stays_visible_when_more_is_written(archive: Archive) -> None:
    archive.tamper("DELETE FROM audit WHERE number > 8")
    archive.write(3)
    assert archive.verify().broken == Break(9, "missing")


def test_a_ledger_that_was_put_back_whole_differs_from_the_witness(archive: Archive) -> None:
    """Its own old head was really signed: only what is kept elsewhere knows of more."""
    with archive.ledger.reading() as books:
        old = archive.signer.head(Head(archive.ledger.id, books.audit.after(6, 1)[0].link, JANUARY))
    archive.tamper("DELETE FROM audit WHERE number > 7")
    archive.tamper(
        f"UPDATE audit_heads SET number = 7, hash = '{old.link.hash}', signature = '{old.signature}'"
    )
    assert archive.auditor.verify([]).broken is None
    assert archive.verify().broken == Break(8, "cut_off", 10)


def test_a_head_cannot_pass_for_a_checkpoint(archive: Archive) -> None:
    """Whoever lets the beginning go, and has only a head to put in its place, is found out."""
    archive.tamper("DELETE FROM audit WHERE number <= 5")
    with archive.ledger.writing() as books:
        fifth = Link(5, books.audit.after(5, 1)[0].before)
        books.audit.put_checkpoint(archive.signer.head(Head(archive.ledger.id, fifth, JANUARY)))
    assert archive.verify().broken == Break(5, "unsigned")


def test_months_that_are_too_old_go_and_the_rest_can_still_be_vouched_for(archive: Archive) -> None:
    for month in range(2, 13):
        archive.write(2, datetime(2026, month, 3, tzinfo=UTC))
        archive.auditor.let_go(datetime(2026, month, 4, tzinfo=UTC), 12)
    assert archive.numbers()[0] == 1
    archive.auditor.bear_witness(archive.witness)
    assert archive.auditor.let_go(datetime(2027, 1, 1, tzinfo=UTC), 12) == 10
    assert archive.numbers()[0] == 11
    verdict = archive.verify()
    assert (verdict.broken, verdict.since) == (None, datetime(2026, 2, 3, tzinfo=UTC))
    assert archive.auditor.let_go(datetime(2027, 1, 2, tzinfo=UTC), 12) == 0
    archive.tamper("DELETE FROM audit WHERE number <= 13")
    assert archive.verify().broken == Break(1, "missing")


def test_nobody_signs_for_a_month_that_was_changed(archive: Archive) -> None:
    archive.tamper("UPDATE audit SET subject = 'nothing' WHERE number = 3")
    archive.write(1, JANUARY + timedelta(days=400))
    assert archive.auditor.let_go(JANUARY + timedelta(days=400), 12) == 0
    assert archive.numbers()[0] == 1
    assert archive.verify().broken == Break(3, "altered")


def test_a_later_checkpoint_cannot_hide_what_was_before_it(archive: Archive) -> None:
    archive.write(2, datetime(2026, 2, 3, tzinfo=UTC))
    archive.auditor.let_go(datetime(2026, 2, 4, tzinfo=UTC), 12)
    assert archive.verify().broken is None
    archive.tamper("DELETE FROM audit WHERE number <= 10")
    assert archive.verify().broken == Break(11, "pruned_unasked")


def test_the_witness_writes_each_head_once_and_gets_over_a_torn_line(
    archive: Archive, tmp_path: Path
) -> None:
    file = tmp_path / "audit-heads"
    archive.auditor.bear_witness(archive.witness)
    assert len(file.read_text(encoding="utf-8").splitlines()) == 1
    file.write_bytes(file.read_bytes() + b'{"ledger":"ledg')
    archive.write(1)
    archive.auditor.bear_witness(archive.witness)
    heads, unreadable = archive.witness.heads()
    assert ([head.link.number for head in heads], unreadable) == ([10, 11], [2])
    assert archive.verify().broken is None
