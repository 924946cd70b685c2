"""Numbering events at once, committing them together."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from edge.journal import WAITING, Journal
from protocol.events import BadgePresented, DoorHeldOpen, DoorOpened, EventsDropped
from tests.unit.edge.fakes import LoopClock, SpoolInMemory
from tests.unit.edge.virtual_time import run_virtually

NEW = "f1f1f1f1f1f1f1f1"
Story = Callable[[Journal], Coroutine[Any, Any, None]]


def event(door: str = "entrance") -> DoorHeldOpen:
    return DoorHeldOpen(door=door)


def badge() -> BadgePresented:
    return BadgePresented(
        point="entrance", direction="in", credential="c_" + "a" * 32, assurance="uid", granted=True,
        reason="", why="member", list_revision=4, list_age_s=1, stale=False,
    )  # fmt: skip


def opened(grant: int) -> DoorOpened:
    return DoorOpened(door="entrance", cause="grant", grant=grant)


def told(spool: SpoolInMemory, story: Story, stirred: list[int] | None = None) -> None:
    """Run a story with a journal at work; `stirred` gets the last seq whenever the spool has changed."""

    async def play() -> None:
        seen = stirred if stirred is not None else []
        journal = Journal(spool, LoopClock(), lambda: seen.append(spool.last_seq))
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


def test_what_waits_when_another_epoch_begins_is_numbered_in_that_one() -> None:
    async def story(journal: Journal) -> None:
        journal.record(event("before"))
        await journal.flushed()
        journal.record(event("waiting"))
        await asyncio.sleep(0)  # it is on its way to the disk
        spool.begin(NEW, spool.records[1])
        await journal.flushed()
        journal.record(event("after"))
        await journal.flushed()
        found = [(seq, r.event) for seq, r in spool.records.items()][1:]
        assert found == [(2, event("waiting")), (3, event("after"))]

    told(spool := SpoolInMemory(), story)


def test_an_opening_names_its_badge_in_the_epoch_where_that_stands() -> None:
    async def story(journal: Journal) -> None:
        earlier = journal.record(badge())
        await journal.flushed()
        spool.begin(NEW, spool.records[1])
        journal.record(opened(earlier))
        later = journal.record(badge())
        journal.record(opened(later))
        await journal.flushed()
        _, first, _, second = spool.events()
        assert isinstance(first, DoorOpened)
        assert isinstance(second, DoorOpened)
        assert (first.grant, first.grant_epoch) == (1, "e0e0e0e0e0e0e0e0")
        assert (second.grant, second.grant_epoch) == (3, None)

    told(spool := SpoolInMemory(), story)


def test_when_too_much_waits_what_bears_on_no_bill_is_dropped_first_and_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def story(journal: Journal) -> None:
        journal.record(badge())
        await asyncio.sleep(1)  # this one was given to the disk
        journal.record(badge())
        journal.record(event("dropped"))
        numbers = [journal.record(badge()) for _ in range(WAITING - 2)]
        journal.record(opened(numbers[-1]))
        assert journal.dropped == 1
        spool.broken = False
        await journal.flushed()
        kinds = [e.type for e in spool.events()]
        assert kinds == ["BadgePresented", "EventsDropped", *["BadgePresented"] * (WAITING - 1), "DoorOpened"]
        assert spool.events()[1] == EventsDropped(count=1, up_to=1)
        assert isinstance(last := spool.events()[-1], DoorOpened)
        assert last.grant == len(kinds) - 1
        assert sorted(spool.records) == list(range(1, len(kinds) + 1))

    told(spool := SpoolInMemory(broken=True), story)
    assert caplog.text.count("events_dropped_from_memory") == 1
