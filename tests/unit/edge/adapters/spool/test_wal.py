"""A write-ahead log that is damaged before its end, which SQLite itself takes for one that was cut short."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from edge.adapters.spool import wal
from tests.spools import opened, record

COMMITS = 12
HEADER_BYTES = 32
FRAME_BYTES = 24 + 4096


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Leave a spool behind as a kill leaves it: everything is in its log."""
    folder = tmp_path_factory.mktemp("killed")

    async def story() -> None:
        spool = opened(folder / "alive.sqlite")
        for seq in range(1, COMMITS + 1):
            await spool.append(spool.writing.epoch, [record(seq)])
        for side in ("", "-wal"):
            shutil.copy(folder / f"alive.sqlite{side}", folder / f"spool.sqlite{side}")
        await spool.close()

    asyncio.run(story())
    return folder / "spool.sqlite"


def copied(killed: Path, folder: Path) -> Path:
    shutil.copy(f"{killed}-wal", folder)
    return Path(shutil.copy(killed, folder))


def flip(log: Path, where: int) -> None:
    content = bytearray(log.read_bytes())
    content[where] ^= 0x40
    log.write_bytes(content)


def reopened(path: Path) -> tuple[str, int]:
    """Open the spool again: its epoch, and how far it reaches."""
    spool = opened(path)
    epoch, last = spool.writing.epoch, spool.writing.last
    asyncio.run(spool.close())
    return epoch, last


def test_a_spool_is_whole_after_a_kill(killed: Path, tmp_path: Path) -> None:
    path = copied(killed, tmp_path)
    assert reopened(path)[1] == COMMITS
    assert not (tmp_path / "quarantine").exists()


@pytest.mark.parametrize("where", [5, 9, 17, HEADER_BYTES + 9, HEADER_BYTES + 20, HEADER_BYTES + 2000])
def test_a_flip_before_the_last_commit_is_found_and_begins_a_new_epoch(
    killed: Path, tmp_path: Path, where: int
) -> None:
    path = copied(killed, tmp_path)
    flip(Path(f"{path}-wal"), where)
    opened_anew = opened(path)
    asyncio.run(opened_anew.close())
    assert [folder.name[:5] for folder in (tmp_path / "quarantine").iterdir()] == ["0001-"]


def test_a_log_that_was_cut_short_in_its_last_commit_is_not_damaged(killed: Path, tmp_path: Path) -> None:
    path = copied(killed, tmp_path)
    log = Path(f"{path}-wal")
    (*_, last) = wal.commits(log)
    flip(log, HEADER_BYTES + (last - 1) * FRAME_BYTES + 100)
    assert reopened(path)[1] < COMMITS
    assert not (tmp_path / "quarantine").exists()


def test_what_an_earlier_round_of_the_log_left_behind_is_no_damage(tmp_path: Path) -> None:
    log = tmp_path / "any.sqlite-wal"
    with closing(sqlite3.connect(tmp_path / "any.sqlite", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE seen (number)")
        for number in range(COMMITS):
            database.execute("INSERT INTO seen VALUES (?)", (number,))
        assert len(wal.commits(log)) == COMMITS + 1
        database.execute("PRAGMA wal_checkpoint(RESTART)")
        database.execute("INSERT INTO seen VALUES (0)")
        assert wal.commits(log) == [1]
