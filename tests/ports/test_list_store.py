"""What a node relies on in the store of its access list, asked of the one in memory and of the file."""

import asyncio
from pathlib import Path

import pytest

from edge.adapters.list_store import FileListStore
from edge.core.floor import TimeFloor
from edge.ports import ListStore, ListUnreadable
from tests.unit.edge.fakes import NINE, ListStoreInMemory
from tests.unit.edge.gateway_side import listing


@pytest.fixture(params=["in memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ListStore:
    return ListStoreInMemory() if request.param == "in memory" else FileListStore(tmp_path)


def test_at_first_there_is_no_list(store: ListStore) -> None:
    assert store.load() is None


def test_the_list_saved_last_is_loaded(store: ListStore) -> None:
    async def story() -> None:
        await store.save(listing(4))
        await store.save(listing(5))

    asyncio.run(story())
    assert store.load() == listing(5)


def test_the_time_floor_saved_last_is_loaded(store: ListStore) -> None:
    assert store.load_floor() is None
    floor = TimeFloor(NINE, "b" * 16, since_s=1000.5)
    asyncio.run(store.save_floor(floor))
    assert store.load_floor() == floor


def test_lists_saved_at_once_are_saved_in_turn(store: ListStore) -> None:
    async def story() -> None:
        await asyncio.gather(*(store.save(listing(revision)) for revision in range(1, 6)))

    asyncio.run(story())
    assert store.load() == listing(5)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"{}"])
def test_a_damaged_file_is_told(tmp_path: Path, content: bytes) -> None:
    store = FileListStore(tmp_path)
    (tmp_path / "access-list.json").write_bytes(content)
    (tmp_path / "time-floor.json").write_bytes(content)
    with pytest.raises(ListUnreadable, match=r"access-list\.json"):
        store.load()
    with pytest.raises(ListUnreadable, match=r"time-floor\.json"):
        store.load_floor()


def test_a_save_that_was_cut_short_leaves_the_list_before_it(tmp_path: Path) -> None:
    store = FileListStore(tmp_path)
    asyncio.run(store.save(listing(4)))
    (tmp_path / "access-list.new").write_bytes(b'{"v":1,"sit')
    assert store.load() == listing(4)


def test_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        asyncio.run(FileListStore(tmp_path / "gone").save(listing(4)))
