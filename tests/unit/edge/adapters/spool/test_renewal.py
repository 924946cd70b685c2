"""Records that move: to a new epoch, where the ledger has others under their numbers, and into quarantine."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edge.core.delivery import Held
from edge.ports import EpochOver, Spool
from protocol.events import DoorHeldOpen, DoorOpened, EpochBegun
from tests.spools import opened, record, told
from tests.unit.edge.fakes import NINE


def opening(grant: int) -> DoorOpened:
    return DoorOpened(door="entrance", cause="grant", grant=grant)


async def events(spool: Spool, held: Held) -> dict[int, dict[str, Any]]:
    found = await spool.read(held.epoch, held.cursor + 1, held.last, 100_000)
    return {stored.seq: json.loads(stored.body)["event"] for stored in found}


def test_what_follows_moves_with_its_references_and_is_told(tmp_path: Path) -> None:
    path, epochs = tmp_path / "spool.sqlite", list[str]()

    async def story(spool: Spool) -> None:
        old = spool.writing.epoch
        told_of = [None, None, None, None, opening(2), opening(4)]
        await spool.append(old, [record(seq, event=event) for seq, event in enumerate(told_of, start=1)])
        await spool.acknowledge(old, 5, NINE)  # by which the ledger meant the other's events
        await spool.renew(old, 3)
        epochs.extend([old, spool.writing.epoch])

    async def again(spool: Spool) -> None:
        old, new = epochs
        assert spool.sending == spool.writing == Held(new, 0, 1, 5)
        held = DoorHeldOpen(door="entrance").model_dump()
        assert await events(spool, spool.writing) == {
            1: EpochBegun(cause="identity_conflict", before=old).model_dump(),
            2: held,
            3: held,
            4: opening(2).model_dump() | {"grant_epoch": old},
            5: opening(3).model_dump(),
        }
        with pytest.raises(EpochOver):
            await spool.append(old, [record(7)])
        assert [stored.seq for stored in await spool.read(old, 1, 9, 10_000)] == [1, 2]

    told(opened(path), story)
    told(opened(path), again)


def test_asking_twice_moves_nothing_twice(tmp_path: Path) -> None:
    async def story(spool: Spool) -> None:
        old = spool.writing.epoch
        await spool.append(old, [record(1), record(2), record(3)])
        await spool.renew(old, 2)
        new = spool.writing
        await spool.renew(old, 2)
        assert (spool.writing, spool.sending.last) == (new, 1)

    told(opened(tmp_path / "spool.sqlite"), story)


def test_a_record_that_is_set_aside_is_kept_and_its_place_says_so(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"

    async def story(spool: Spool) -> None:
        epoch = spool.writing.epoch
        await spool.append(epoch, [record(1), record(2), record(3)])
        await spool.set_aside(epoch, 2)
        kinds = [event["type"] for event in (await events(spool, spool.writing)).values()]
        assert kinds == ["DoorHeldOpen", "RecordUnreadable", "DoorHeldOpen"]

    told(opened(path), story)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT body FROM poison").fetchall() == [(record(2).model_dump_json(),)]
