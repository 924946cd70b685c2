"""Spools to try out, and records to put into them."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

from edge.adapters.spool import SqliteSpool
from edge.ports import Spool
from protocol.events import DoorHeldOpen, Event, Record
from tests.unit.edge.fakes import NINE, HandClock


def record(seq: int, minute: int = 0, event: Event | None = None) -> Record:
    return Record(
        seq=seq,
        at=NINE + timedelta(minutes=minute),
        boot="b007b007b007b007",
        uptime_s=12.345678,
        clock="synchronised",
        event=event or DoorHeldOpen(door="entrance"),
    )


def opened(path: Path, max_bytes: int = 10_000_000) -> SqliteSpool:
    return SqliteSpool(path, HandClock(), max_bytes)


def told(spool: Spool, story: Callable[[Spool], Coroutine[Any, Any, None]]) -> None:
    """Let a story happen to a spool, and close it."""

    async def play() -> None:
        try:
            await story(spool)
        finally:
            await spool.close()

    asyncio.run(play())
