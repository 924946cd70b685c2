"""What a node relies on in its spool, asked of the one in memory and of the real one."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.adapters.spool import SqliteSpool
from edge.ports import Spool, SpoolFailed, Unavailable
from protocol.events import DoorHeldOpen, Record
from tests.unit.edge.fakes import NINE, SpoolInMemory


def record(seq: int, minute: int = 0) -> Record:
    return Record(
        seq=seq,
        at=NINE + timedelta(minutes=minute),
        boot="b007b007b007b007",
        uptime_s=12.345678,
        clock="synchronised",
        event=DoorHeldOpen(door="entrance"),
    )


Open = Callable[[], Spool]


@pytest.fixture(params=["in memory", "sqlite"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Open a spool that was just born."""
    return SpoolInMemory if request.param == "in memory" else lambda: SqliteSpool(tmp_path / "spool.sqlite")


def told(spool: Spool, story: Callable[[Spool], Coroutine[Any, Any, None]]) -> None:
    async def play() -> None:
        try:
            await story(spool)
        finally:
            await spool.close()

    asyncio.run(play())


def test_a_new_spool_is_empty_and_has_an_epoch(fresh: Open) -> None:
    async def story(spool: Spool) -> None:
        assert (spool.last_seq, spool.cursor, spool.held_from) == (0, 0, 1)
        assert len(bytes.fromhex(spool.epoch)) == 8
        assert await spool.read(1, 100, 10_000) == ()

    told(fresh(), story)


def test_records_are_read_back_as_they_were_in_order(fresh: Open) -> None:
    async def story(spool: Spool) -> None:
        await spool.append([record(1), record(2)])
        await spool.append([record(3)])
        assert await spool.read(1, 100, 10_000) == (record(1), record(2), record(3))
        assert await spool.read(2, 2, 10_000) == (record(2),)
        assert spool.last_seq == 3

    told(fresh(), story)


def test_reading_stops_at_the_size_but_gives_one_record_at_least(fresh: Open) -> None:
    async def story(spool: Spool) -> None:
        await spool.append([record(seq) for seq in range(1, 10)])
        size = len(record(1).model_dump_json()) + 1
        assert [r.seq for r in await spool.read(1, 9, 3 * size)] == [1, 2, 3]
        assert [r.seq for r in await spool.read(4, 9, 1)] == [4]

    told(fresh(), story)


def test_only_what_is_acknowledged_and_old_is_forgotten(fresh: Open) -> None:
    async def story(spool: Spool) -> None:
        await spool.append(
            [record(1, minute=1), record(2, minute=2), record(3, minute=3), record(4, minute=4)]
        )
        await spool.acknowledge(3, NINE + timedelta(minutes=3))
        assert (spool.cursor, spool.held_from) == (3, 3)
        assert [r.seq for r in await spool.read(1, 9, 10_000)] == [3, 4]
        await spool.acknowledge(4, NINE + timedelta(hours=1))
        assert spool.held_from == 5

    told(fresh(), story)


def test_a_clock_that_was_in_1970_for_a_while_leaves_no_hole(fresh: Open) -> None:
    async def story(spool: Spool) -> None:
        long_ago = record(2).model_copy(update={"at": datetime(1970, 1, 1, tzinfo=UTC)})
        await spool.append([record(1), long_ago, record(3)])
        await spool.acknowledge(3, NINE - timedelta(days=7))
        assert [r.seq for r in await spool.read(1, 9, 10_000)] == [1, 2, 3]

    told(fresh(), story)


def test_a_spool_goes_on_where_it_was_closed(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    epochs = []

    async def before(spool: Spool) -> None:
        epochs.append(spool.epoch)
        await spool.append([record(1), record(2), record(3)])
        await spool.acknowledge(2, NINE + timedelta(hours=1))

    async def after(spool: Spool) -> None:
        assert (spool.last_seq, spool.cursor, spool.held_from) == (3, 2, 3)
        assert spool.epoch == epochs[0]

    told(SqliteSpool(path), before)
    told(SqliteSpool(path), after)


def test_numbers_are_never_used_again_though_everything_was_forgotten(tmp_path: Path) -> None:
    async def before(spool: Spool) -> None:
        await spool.append([record(1), record(2)])
        await spool.acknowledge(2, NINE + timedelta(hours=1))

    async def after(spool: Spool) -> None:
        assert (spool.last_seq, spool.held_from) == (2, 3)

    told(SqliteSpool(tmp_path / "spool.sqlite"), before)
    told(SqliteSpool(tmp_path / "spool.sqlite"), after)


def test_two_spools_have_different_epochs(tmp_path: Path) -> None:
    epochs = set()

    async def story(spool: Spool) -> None:
        epochs.add(spool.epoch)

    told(SqliteSpool(tmp_path / "one.sqlite"), story)
    told(SqliteSpool(tmp_path / "two.sqlite"), story)
    assert len(epochs) == 2


def test_every_commit_is_synced_to_the_disk(tmp_path: Path) -> None:
    async def story(spool: Spool) -> None:
        assert isinstance(spool, SqliteSpool)
        modes = await spool._call(
            lambda: [
                spool._database.execute(f"PRAGMA {p}").fetchone()[0] for p in ("journal_mode", "synchronous")
            ]
        )
        assert modes == ["wal", 2]  # 2 is FULL

    told(SqliteSpool(tmp_path / "spool.sqlite"), story)


def test_a_record_that_cannot_be_written_fails_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async def story(spool: Spool) -> None:
        await spool.append([record(1)])
        with pytest.raises(SpoolFailed):
            await spool.append([record(2), record(1)])
        assert [r.seq for r in await spool.read(1, 9, 10_000)] == [1]

    told(SqliteSpool(tmp_path / "spool.sqlite"), story)


def test_a_file_that_is_no_spool_stops_the_start_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    path.write_bytes(b"not a database, and long enough to be sure of it" * 100)
    with pytest.raises(Unavailable, match=r"spool\.sqlite"):
        SqliteSpool(path)
