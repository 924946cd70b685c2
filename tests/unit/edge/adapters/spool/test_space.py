"""A spool that is full: what goes first, and that it is told."""

import json
from pathlib import Path
from typing import Any

from edge.adapters.spool import SqliteSpool
from edge.adapters.spool.space import used_bytes
from edge.ports import Spool
from protocol.events import BadgePresented, Event, PresenceChanged
from tests.spools import opened, record, told
from tests.unit.edge.fakes import NINE

SPACE = 200_000
BADGE = BadgePresented(
    point="entrance", direction="in", credential="c_" + "a" * 32, assurance="uid", granted=True,
    reason="", why="member", list_revision=4, list_age_s=1, stale=False,
)  # fmt: skip
MOTION = PresenceChanged(space="kitchen", occupied=True)


async def fill(spool: Spool, events: list[Event]) -> None:
    """Append events in transactions of fifty."""
    for start in range(0, len(events), 50):
        held = spool.writing
        some = enumerate(events[start : start + 50], start=held.last + 1)
        await spool.append(held.epoch, [record(seq, event=event) for seq, event in some])


async def kinds(spool: Spool) -> dict[int, dict[str, Any]]:
    """Read all that would be sent."""
    held, found = spool.sending, dict[int, dict[str, Any]]()
    seq = max(held.cursor + 1, held.held_from)
    while seq <= held.last:
        some = await spool.read(held.epoch, seq, held.last, 60_000)
        found |= {stored.seq: json.loads(stored.body)["event"] for stored in some}
        seq = max(found) + 1
    return found


async def bytes_of(spool: Spool) -> int:
    assert isinstance(spool, SqliteSpool)
    return await spool._call(spool.writing.epoch, lambda file: used_bytes(file._database))


def test_what_is_acknowledged_goes_first_and_nothing_else(tmp_path: Path) -> None:
    async def story(spool: Spool) -> None:
        await fill(spool, [BADGE] * 360)
        await spool.acknowledge(spool.writing.epoch, 350, NINE)
        await fill(spool, [MOTION] * 240)
        assert spool.writing.held_from > 1
        assert list(await kinds(spool)) == list(range(351, 601))
        assert (spool.dropped, await bytes_of(spool) <= SPACE) == (0, True)

    told(opened(tmp_path / "spool.sqlite", SPACE), story)


def test_then_what_bears_on_no_bill_and_its_places_are_sent(tmp_path: Path) -> None:
    async def story(spool: Spool) -> None:
        await fill(spool, [MOTION, BADGE] * 350)
        assert await bytes_of(spool) <= SPACE
        found = await kinds(spool)
        assert list(found) == list(range(1, spool.writing.last + 1))
        types = [event["type"] for event in found.values()]
        assert types.count("BadgePresented") == 350
        told_of = sum(event["count"] for event in found.values() if event["type"] == "EventsDropped")
        assert types.count("RecordDropped") == told_of == spool.dropped > 0
        assert types.count("PresenceChanged") + told_of == 350
        assert types[0] == "RecordDropped"

    told(opened(tmp_path / "spool.sqlite", SPACE), story)


def test_at_last_the_oldest_go_whatever_they_are_and_the_end_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"

    async def story(spool: Spool) -> None:
        await fill(spool, [MOTION, BADGE] * 1000)
        held = spool.writing
        assert (held.held_from > 1, await bytes_of(spool) <= SPACE) == (True, True)
        found = await kinds(spool)
        assert list(found) == list(range(held.held_from, held.last + 1))
        told_of = [event for event in found.values() if event["type"] == "EventsDropped"]
        assert 0 < len(told_of) < 100

    async def again(spool: Spool) -> None:
        assert min(await kinds(spool)) == spool.writing.held_from
        assert spool.dropped > 1000

    told(opened(path, SPACE), story)
    told(opened(path, SPACE), again)


def test_the_log_of_a_spool_takes_half_a_mebibyte_of_a_small_disk_at_most(tmp_path: Path) -> None:
    async def story(spool: Spool) -> None:
        await fill(spool, [BADGE] * 6_000)
        assert (tmp_path / "spool.sqlite-wal").stat().st_size < 512 * 1024

    told(opened(tmp_path / "spool.sqlite"), story)
