"""What a node relies on in its spool, asked of the one in memory and of the real one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.adapters.spool import SqliteSpool
from edge.ports import EpochOver, Spool, SpoolFailed
from tests.spools import opened, record, told
from tests.unit.edge.fakes import NINE, SpoolInMemory

Open = Callable[[], Spool]


@pytest.fixture(params=["in memory", "sqlite"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Open a spool that was just born."""
    return SpoolInMemory if request.param == "in memory" else lambda: opened(tmp_path / "spool.sqlite")


async def append(spool: Spool, *seqs: int) -> None:
    await spool.append(spool.writing.epoch, [record(seq, minute=seq) for seq in seqs])


async def seqs(spool: Spool, first: int, last: int, max_bytes: int = 10_000) -> list[int]:
    return [stored.seq for stored in await spool.read(spool.writing.epoch, first, last, max_bytes)]


def test_a_new_spool_is_empty_and_has_an_epoch(fresh: Open) -> None:
    async def story(spool: Spool) -> None:
        held = spool.writing
        assert (held.last, held.cursor, held.held_from, held.closed) == (0, 0, 1, False)
        assert len(bytes.fromhex(held.epoch)) == 8
        assert spool.sending == held
        assert await seqs(spool, 1, 100) == []

    told(fresh(), story)


def test_records_are_read_back_as_they_were_in_order(fresh: Open) -> None:
    async def story(spool: Spool) -> None:
        await append(spool, 1, 2)
        await append(spool, 3)
        found = await spool.read(spool.writing.epoch, 1, 100, 10_000)
        assert [r.body for r in found] == [record(seq, minute=seq).model_dump_json() for seq in (1, 2, 3)]
        assert await seqs(spool, 2, 2) == [2]
        assert spool.writing.last == 3

    told(fresh(), story)


def test_reading_stops_at_the_size_but_gives_one_record_at_least(fresh: Open) -> None:
    async def story(spool: Spool) -> None:
        await append(spool, *range(1, 10))
        size = len(record(1).model_dump_json()) + 1
        assert await seqs(spool, 1, 9, 3 * size) == [1, 2, 3]
        assert await seqs(spool, 4, 9, 1) == [4]

    told(fresh(), story)


def test_only_what_is_acknowledged_and_old_is_forgotten(fresh: Open) -> None:
    async def story(spool: Spool) -> None:
        await append(spool, 1, 2, 3, 4)
        await spool.acknowledge(spool.writing.epoch, 3, NINE + timedelta(minutes=3))
        assert (spool.writing.cursor, spool.writing.held_from) == (3, 3)
        assert await seqs(spool, 3, 9) == [3, 4]
        assert await seqs(spool, 1, 9) == []
        await spool.acknowledge(spool.writing.epoch, 4, NINE + timedelta(hours=1))
        assert spool.writing.held_from == 5

    told(fresh(), story)


def test_another_epoch_than_the_spools_is_over(fresh: Open) -> None:
    async def story(spool: Spool) -> None:
        for refused in (
            spool.append("f" * 16, [record(1)]),
            spool.read("f" * 16, 1, 1, 100),
            spool.acknowledge("f" * 16, 0, NINE),
        ):
            with pytest.raises(EpochOver):
                await refused
        assert spool.writing.last == 0

    told(fresh(), story)


def test_a_clock_that_was_in_1970_for_a_while_leaves_no_hole(fresh: Open) -> None:
    async def story(spool: Spool) -> None:
        long_ago = record(2).model_copy(update={"at": datetime(1970, 1, 1, tzinfo=UTC)})
        await spool.append(spool.writing.epoch, [record(1), long_ago, record(3)])
        await spool.acknowledge(spool.writing.epoch, 3, NINE - timedelta(days=7))
        assert await seqs(spool, 1, 9) == [1, 2, 3]

    told(fresh(), story)


def test_a_spool_goes_on_where_it_was_closed(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    epochs = []

    async def before(spool: Spool) -> None:
        epochs.append(spool.writing.epoch)
        await append(spool, 1, 2, 3)
        await spool.acknowledge(epochs[0], 2, NINE + timedelta(minutes=3))

    async def after(spool: Spool) -> None:
        held = spool.writing
        assert (held.epoch, held.last, held.cursor, held.held_from) == (epochs[0], 3, 2, 3)

    told(opened(path), before)
    told(opened(path), after)


def test_numbers_are_never_used_again_though_everything_was_forgotten(tmp_path: Path) -> None:
    async def before(spool: Spool) -> None:
        await append(spool, 1, 2)
        await spool.acknowledge(spool.writing.epoch, 2, NINE + timedelta(hours=1))

    async def after(spool: Spool) -> None:
        assert (spool.writing.last, spool.writing.held_from) == (2, 3)

    told(opened(tmp_path / "spool.sqlite"), before)
    told(opened(tmp_path / "spool.sqlite"), after)


def test_two_spools_have_different_epochs(tmp_path: Path) -> None:
    epochs = set()

    async def story(spool: Spool) -> None:
        epochs.add(spool.writing.epoch)

    told(opened(tmp_path / "one.sqlite"), story)
    told(opened(tmp_path / "two.sqlite"), story)
    assert len(epochs) == 2


def test_every_commit_is_synced_to_the_disk(tmp_path: Path) -> None:
    async def story(spool: Spool) -> None:
        assert isinstance(spool, SqliteSpool)
        modes = await spool._call(
            spool.writing.epoch,
            lambda file: [
                file._database.execute(f"PRAGMA {p}").fetchone()[0] for p in ("journal_mode", "synchronous")
            ],
        )
        assert modes == ["wal", 2]  # 2 is FULL

    told(opened(tmp_path / "spool.sqlite"), story)


def test_what_is_written_again_because_the_disk_did_not_answer_is_there_once(tmp_path: Path) -> None:
    async def story(spool: Spool) -> None:
        await append(spool, 1, 2)
        await append(spool, 1, 2, 3)
        assert await seqs(spool, 1, 9) == [1, 2, 3]

    told(opened(tmp_path / "spool.sqlite"), story)


def test_a_disk_that_is_full_fails_until_it_has_space_again(tmp_path: Path) -> None:
    async def story(spool: Spool) -> None:
        assert isinstance(spool, SqliteSpool)
        await append(spool, 1)
        await spool._call(
            spool.writing.epoch, lambda file: file._database.execute("PRAGMA max_page_count = 8")
        )
        with pytest.raises(SpoolFailed):
            await append(spool, *range(2, 500))
        assert spool.failing
        assert await seqs(spool, 1, 9) == [1]
        await spool._call(
            spool.writing.epoch, lambda file: file._database.execute("PRAGMA max_page_count = 0")
        )
        await spool._call(
            spool.writing.epoch, lambda file: file._database.execute("PRAGMA max_page_count = 1000000")
        )
        await append(spool, *range(2, 500))
        assert not spool.failing
        assert spool.writing.last == 499

    told(opened(tmp_path / "spool.sqlite"), story)


def test_a_disk_that_cannot_be_opened_is_tried_again_and_again(tmp_path: Path) -> None:
    async def story(spool: Spool) -> None:
        assert spool.failing
        with pytest.raises(SpoolFailed):
            await append(spool, 1)
        (tmp_path / "disk").mkdir()
        with pytest.raises(EpochOver):  # what was numbered before anything was known is numbered anew
            await append(spool, 1)
        await append(spool, 1)
        assert (spool.failing, spool.writing.last) == (False, 1)

    told(opened(tmp_path / "disk" / "spool.sqlite"), story)
