"""A damaged spool: moved aside, followed by a new epoch, and what can be read of it still delivered once."""

import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edge.adapters.spool import SqliteSpool
from edge.adapters.spool.quarantine import quarantined
from edge.core.delivery import Held
from edge.ports import EpochOver, Spool
from protocol.events import DoorHeldOpen, EpochBegun, RecordDropped
from tests.spools import opened, record, told
from tests.unit.edge.fakes import NINE

EVENTS, ACKNOWLEDGED = 60, 20


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Leave a spool behind of which a third is acknowledged."""
    path = tmp_path_factory.mktemp("intact") / "spool.sqlite"

    async def story(spool: Spool) -> None:
        await spool.append(spool.writing.epoch, [record(seq) for seq in range(1, EVENTS + 1)])
        await spool.acknowledge(spool.writing.epoch, ACKNOWLEDGED, NINE)

    told(opened(path), story)
    return path


def copied(intact: Path, folder: Path) -> Path:
    return Path(shutil.copy(intact, folder / "spool.sqlite"))


def epoch_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as database:
        return str(database.execute("SELECT epoch FROM line").fetchone()[0])


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)


async def everything(spool: Spool, held: Held) -> dict[int, object]:
    """Read what is not acknowledged, as a courier does: what each record says, by seq."""
    found = {}
    seq = max(held.cursor + 1, held.held_from)
    while seq <= held.last:
        for stored in await spool.read(held.epoch, seq, held.last, 100_000):
            found[stored.seq] = json.loads(stored.body)["event"]
            seq = stored.seq + 1
    return found


ONE = DoorHeldOpen(door="entrance").model_dump()


def test_one_record_that_is_not_what_was_written_makes_a_new_epoch(intact: Path, tmp_path: Path) -> None:
    path, old = copied(intact, tmp_path), epoch_of(intact)
    change(path, "UPDATE record SET body = replace(body, 'entrance', 'vault') WHERE seq = 30")

    async def story(spool: Spool) -> None:
        assert spool.sending == Held(old, ACKNOWLEDGED, ACKNOWLEDGED + 1, EVENTS, closed=True)
        left = await everything(spool, spool.sending)
        assert left.pop(30) == RecordDropped(reason="spool_damaged").model_dump()
        assert left == {seq: ONE for seq in range(ACKNOWLEDGED + 1, EVENTS + 1) if seq != 30}
        assert (spool.writing.epoch != old, spool.writing.last) == (True, 1)
        begun = await everything(spool, spool.writing)
        assert begun == {1: EpochBegun(cause="spool_damaged", before=old).model_dump()}
        await spool.acknowledge(old, EVENTS, NINE)
        assert spool.sending == spool.writing

    told(opened(path), story)
    assert len(quarantined(path)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM record WHERE seq = 30",
        "UPDATE record SET at = '2026-03-02T10:00:00.000000Z' WHERE seq = 30",
        "UPDATE record SET epoch = 'ffffffffffffffff' WHERE seq = 30",
        "UPDATE line SET cursor = 5",
        "UPDATE line SET epoch = 'ffffffffffffffff'",
        "DELETE FROM line",
        "DROP TABLE record",
        "PRAGMA user_version = 77",
    ],
)
def test_whatever_contradicts_itself_is_moved_aside(intact: Path, tmp_path: Path, statement: str) -> None:
    path = copied(intact, tmp_path)
    change(path, statement)

    async def story(spool: Spool) -> None:
        assert spool.writing.last == 1
        for held in {spool.sending, spool.writing}:
            assert list(await everything(spool, held)) == list(
                range(max(held.cursor + 1, held.held_from), held.last + 1)
            )

    told(opened(path), story)
    assert len(quarantined(path)) == 1


def test_a_file_that_is_no_spool_at_all_is_moved_aside(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    path.write_bytes(b"not a database, and long enough to be sure of it" * 100)

    async def story(spool: Spool) -> None:
        assert await everything(spool, spool.writing) == {
            1: EpochBegun(cause="spool_damaged", before=None).model_dump()
        }

    told(opened(path), story)
    assert quarantined(path)[0].read_bytes().startswith(b"not a database")


def test_any_byte_that_changes_is_noticed_or_changes_nothing(intact: Path, tmp_path: Path) -> None:
    sound = bytearray(intact.read_bytes())
    for place in random.Random(1).sample(range(len(sound)), 60):
        folder = tmp_path / str(place)
        folder.mkdir()
        changed = sound.copy()
        changed[place] ^= 0x55
        (folder / "spool.sqlite").write_bytes(changed)
        told(opened(folder / "spool.sqlite"), judge_in(folder))


def judge_in(folder: Path) -> Callable[[Spool], Coroutine[Any, Any, None]]:
    return lambda spool: judge(spool, folder)


async def judge(spool: Spool, folder: Path) -> None:
    """Nothing is invented; and nothing is missing, unless a quarantine tells of it."""
    assert not spool.failing
    left = await everything(spool, spool.sending)
    dropped = RecordDropped(reason="spool_damaged").model_dump()
    if quarantined(folder / "spool.sqlite"):
        begun = await everything(spool, spool.writing)
        assert begun[1]["type"] == "EpochBegun"  # type: ignore[index]
        allowed: list[object] = [ONE, dropped, begun[1]]
        assert all(event in allowed for event in left.values())
    else:
        assert left == dict.fromkeys(range(ACKNOWLEDGED + 1, EVENTS + 1), ONE)
        assert (await everything(spool, spool.writing)) == left


def test_damage_found_while_it_runs_begins_a_new_epoch_and_leaves_what_was_synced(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"

    async def story(spool: Spool) -> None:
        old = spool.writing.epoch
        await spool.append(old, [record(seq) for seq in range(1, 31)])
        change(path, "UPDATE record SET sum = 0 WHERE seq = 7")
        with pytest.raises(EpochOver):
            await spool.read(old, 1, 30, 100_000)
        assert (spool.sending.epoch, spool.sending.last, spool.failing) == (old, 30, False)
        left = await everything(spool, spool.sending)
        assert [seq for seq, event in left.items() if event != ONE] == [7]
        with pytest.raises(EpochOver):
            await spool.append(old, [record(31)])
        await spool.append(spool.writing.epoch, [record(2)])

    told(opened(path), story)


def test_what_the_disk_never_confirmed_is_not_saved_since_memory_still_has_it(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"

    async def story(spool: Spool) -> None:
        assert isinstance(spool, SqliteSpool)
        old = spool.writing.epoch
        await spool.append(old, [record(1), record(2), record(3)])
        spool._sure = 2  # as if the commit of 3 had failed, and had reached the disk all the same
        change(path, "UPDATE record SET sum = 0 WHERE seq = 1")
        with pytest.raises(EpochOver):
            await spool.read(old, 1, 2, 100)
        assert list(await everything(spool, spool.sending)) == [2]

    told(opened(path), story)


def test_a_spool_that_got_shorter_behind_our_back_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"

    async def story(spool: Spool) -> None:
        assert isinstance(spool, SqliteSpool)
        old = spool.writing.epoch
        await spool.append(old, [record(1), record(2)])
        spool._shut()  # as after an input or output error
        change(path, "DELETE FROM record WHERE seq = 2")
        with pytest.raises(EpochOver):
            await spool.append(old, [record(3)])
        assert list(await everything(spool, spool.sending)) == [1]

    told(opened(path), story)


def test_a_replacement_that_was_interrupted_is_finished(intact: Path, tmp_path: Path) -> None:
    path, old = copied(intact, tmp_path), epoch_of(intact)
    change(path, "UPDATE line SET sum = 0")
    told(opened(path), nothing)
    epoch = epoch_of_last(path)
    path.rename(tmp_path / "spool.sqlite.new")
    (tmp_path / "spool.sqlite-wal").write_bytes(b"the log of a spool that was moved away already")

    async def story(spool: Spool) -> None:
        assert (spool.writing.epoch, spool.sending.epoch) == (epoch, old)

    told(opened(path), story)
    assert not (tmp_path / "spool.sqlite.new").exists()
    assert (quarantined(path)[0].parent / "spool.sqlite-wal").read_bytes().startswith(b"the log of")


def test_a_replacement_that_had_hardly_begun_is_forgotten(intact: Path, tmp_path: Path) -> None:
    path = copied(intact, tmp_path)
    (tmp_path / "spool.sqlite.new").write_bytes(b"half of it")

    async def story(spool: Spool) -> None:
        assert (spool.writing.epoch, spool.writing.last) == (epoch_of(intact), EVENTS)

    told(opened(path), story)
    assert not (tmp_path / "spool.sqlite.new").exists()


def test_only_the_latest_three_damaged_spools_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    for number in range(5):
        path.write_bytes(b"damaged %d " % number * 100)
        told(opened(path), nothing)
    assert [file.read_bytes()[:9] for file in quarantined(path)] == [b"damaged %d" % n for n in (2, 3, 4)]


def test_a_spool_of_the_first_layout_is_taken_up(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    old_layout(path, range(3, 9), cursor=5)

    async def story(spool: Spool) -> None:
        assert spool.writing == Held("e" * 16, 5, 3, 8)
        assert await everything(spool, spool.writing) == dict.fromkeys((6, 7, 8), ONE)
        await spool.append("e" * 16, [record(9)])

    told(opened(path), story)
    told(opened(path), story_end)
    assert quarantined(path) == []


def test_a_spool_of_the_first_layout_with_a_hole_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    old_layout(path, (6, 8), cursor=5)
    told(opened(path), nothing)
    assert len(quarantined(path)) == 1


def old_layout(path: Path, seqs: range | tuple[int, ...], cursor: int) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(
            "CREATE TABLE spool (epoch TEXT NOT NULL, cursor INTEGER NOT NULL);"
            "CREATE TABLE record (seq INTEGER PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL);"
        )
        database.execute("INSERT INTO spool VALUES (?, ?)", ("e" * 16, cursor))
        rows = [(seq, "2026-03-02T09:00:00.000000Z", record(seq).model_dump_json()) for seq in seqs]
        database.executemany("INSERT INTO record VALUES (?, ?, ?)", rows)


def epoch_of_last(path: Path) -> str:
    with closing(sqlite3.connect(path)) as database:
        return str(database.execute("SELECT epoch FROM line ORDER BY base DESC").fetchone()[0])


async def nothing(_spool: Spool) -> None:
    pass


async def story_end(spool: Spool) -> None:
    assert spool.writing.last == 9
