"""Numbering events at once, committing them together."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from edge.journal import Journal
from protocol.events import DoorHeldOpen
from tests.unit.edge.fakes import LoopClock, SpoolInMemory
from tests.unit.edge.virtual_time import run_virtually

Story = Callable[[Journal], Coroutine[Any, Any, None]]


def event(door: str = "entrance") -> DoorHeldOpen:
    return DoorHeldOpen(door=door)


def told(spool: SpoolInMemory, story: Story, committed: list[int] | None = None) -> None:
    """Run a story with a journal at work."""

    async def play() -> None:
        journal = Journal(spool, LoopClock(), (committed if committed is not None else []).append)
        working = asyncio.create_task(journal.run())
        await story(journal)
        working.cancel()

    run_virtually(play())


def test_events_are_numbered_from_one_without_waiting_for_the_disk() -> None:
    async def story(journal: Journal) -> None:
        assert [journal.record(event()), journal.record(event())] == [1, 2]
        assert spool.records == {}

    spool = SpoolInMemory()
    told(spool, story)


def test_numbers_go_on_where_the_spool_ends() -> None:
    async def story(journal: Journal) -> None:
        assert journal.record(event()) == 42
        await journal.flushed()

    told(SpoolInMemory(last_seq=41), story)


def test_events_are_committed_in_order_and_then_announced() -> None:
    async def story(journal: Journal) -> None:
        for number in range(5):
            journal.record(event(f"door-{number}"))
        await journal.flushed()
        assert [r.event for r in spool.records.values()] == [event(f"door-{n}") for n in range(5)]
        assert committed == [5]

    spool, committed = SpoolInMemory(), list[int]()
    told(spool, story, committed)


def test_a_record_carries_the_clocks_of_its_moment() -> None:
    async def story(journal: Journal) -> None:
        journal.record(event())
        await asyncio.sleep(10)
        journal.record(event())
        await journal.flushed()
        first, second = spool.records.values()
        assert (first.uptime_s, second.uptime_s) == (1000.0, 1010.0)
        assert (second.at - first.at).total_seconds() == 10
        assert (first.boot, first.clock) == ("b007b007b007b007", "synchronised")

    spool = SpoolInMemory()
    told(spool, story)


def test_events_wait_while_the_disk_is_full_and_none_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    async def story(journal: Journal) -> None:
        journal.record(event("first"))
        await asyncio.sleep(60)
        journal.record(event("second"))
        assert committed == []
        spool.broken = False
        await journal.flushed()
        assert spool.events() == [event("first"), event("second")]

    spool, committed = SpoolInMemory(broken=True), list[int]()
    told(spool, story, committed)
    assert "spool_failed" in caplog.text
