"""Backups and what restores put aside go by their age, and nothing else does."""

from datetime import UTC, datetime
from pathlib import Path

from gateway.adapters.copies import OldCopies

LIMIT = datetime(2026, 11, 24, tzinfo=UTC)


def test_only_our_copies_from_before_the_limit_go(tmp_path: Path) -> None:
    usb, data = tmp_path / "usb", tmp_path / "data"
    (data / "before-restore-20261101T000000Z").mkdir(parents=True)
    (data / "before-restore-20261101T000000Z" / "ledger.sqlite").touch()
    usb.mkdir()
    for name in (
        "ledger-1-20261123T235959Z.tar.gz",
        "ledger-1-20261124T000000Z.tar.gz",
        "ledger-2-20260101T000000Z.tar.gz",
        "holidays-20200101T000000Z.tar.gz",
    ):
        (usb / name).touch()
    assert OldCopies("ledger-1", [usb, data, tmp_path / "unplugged"]).sweep(LIMIT) == 2
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "data",
        "holidays-20200101T000000Z.tar.gz",
        "ledger-1-20261124T000000Z.tar.gz",
        "ledger-2-20260101T000000Z.tar.gz",
        "usb",
    ]
