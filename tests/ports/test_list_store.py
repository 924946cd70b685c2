"""What a node relies on in the store of its access list, asked of the one in memory and of the file."""

import asyncio
import json
from pathlib import Path

import pytest

from edge.adapters.list_store import FileListStore
from edge.core.floor import TimeFloor
from edge.ports import ListStore, ListUnreadable
from tests.unit.edge.fakes import NINE, ListStoreInMemory


@pytest.fixture(params=["in memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ListStore:
    return ListStoreInMemory() if request.param == "in memory" else FileListStore(tmp_path)


def test_at_first_there_is_no_list(store: ListStore) -> None:
    assert list(store.load()) == []


def test_the_list_saved_last_is_loaded(store: ListStore) -> None:
    async def story() -> None:
        await store.save([b'{"v":1}'])
        await store.save([b'{"v":2}', b'{"v":3}'])

    asyncio.run(story())
    assert list(store.load()) == [b'{"v":2}', b'{"v":3}']


def test_the_time_floor_saved_last_is_loaded(store: ListStore) -> None:
    assert store.load_floor() is None
    floor = TimeFloor(NINE, "b" * 16, since_s=1000.5)
    asyncio.run(store.save_floor(floor))
    assert store.load_floor() == floor


def test_lists_saved_at_once_are_saved_in_turn(store: ListStore) -> None:
    async def story() -> None:
        await asyncio.gather(*(store.save([b"%d" % number]) for number in range(1, 6)))

    asyncio.run(story())
    assert list(store.load()) == [b"5"]


def test_a_message_that_is_set_out_in_lines_is_still_one(tmp_path: Path) -> None:
    store = FileListStore(tmp_path)
    asyncio.run(store.save([b'{\r\n  "v": 1\r\n}', b"{}"]))
    first, second = store.load()
    assert (json.loads(first), second) == ({"v": 1}, b"{}")


def test_no_byte_of_the_time_floor_can_change_unseen(tmp_path: Path) -> None:
    store = FileListStore(tmp_path)
    asyncio.run(store.save_floor(TimeFloor(NINE, "b" * 16, since_s=1000.5)))
    whole = (tmp_path / "time-floor.json").read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        (tmp_path / "time-floor.json").write_bytes(changed)
        with pytest.raises(ListUnreadable, match=r"time-floor\.json"):
            store.load_floor()


def test_a_list_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "access-list.jsonl").mkdir()
    with pytest.raises(ListUnreadable, match=r"access-list\.jsonl"):
        FileListStore(tmp_path).load()


def test_a_save_that_was_cut_short_leaves_the_list_before_it(tmp_path: Path) -> None:
    store = FileListStore(tmp_path)
    asyncio.run(store.save([b"{}"]))
    (tmp_path / "access-list.new").write_bytes(b'{"v":1,"sit')
    assert list(store.load()) == [b"{}"]


def test_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        asyncio.run(FileListStore(tmp_path / "gone").save([b"{}"]))
