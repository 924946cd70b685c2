"""A node that had no network for three days comes back, with all that it saw meanwhile in its spool."""

import asyncio
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Final

from edge.adapters.clock import KernelClock
from edge.adapters.spool import SqliteSpool
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.judged import judged
from firmware_sim.faults.place import DOORS, ENTRANCE, STUDIO, Place, now, open_place, until
from firmware_sim.faults.tally import Tally
from protocol.events import Crossed, DoorClosed, DoorOpened, Event, Record

_AWAY: Final = timedelta(hours=72)
_BEFORE_THIS_BOOT: Final = timedelta(minutes=5)
_THEN: Final = "0ff11e" + "0" * 10
"""Names the boot of the node in which it was offline."""

_ROOM_BYTES: Final = 256 * 1024 * 1024
_TOGETHER: Final = 1000
_COMES_WITHIN_S: Final = 600
_SHOWS_WITHIN_S: Final = 60


def play(plan: Plan) -> Tally:
    """Let a node come back with `plan.rounds` events, while somebody taps at another node."""
    with open_place(plan.folder) as place, ThreadPoolExecutor(1) as pool:
        place.start_node(STUDIO)
        asyncio.run(_fill(plan.folder / ENTRANCE / "spool.sqlite", place, plan))
        first = place.in_ledger()
        watch = pool.submit(_watch, place, first, first + plan.rounds)
        place.start_node(ENTRANCE)
        shown_s = _tap_until_shown(place)
        took_s = watch.result()
        plan.advance()
        edge_rss_mib = _highest_rss_mib(place.nodes[ENTRANCE].pid)
        place.come_to_rest()
        figures = {
            "events_per_s": round(plan.rounds / took_s),
            "edge_rss_mib": edge_rss_mib,
            "tap_shown_s": round(shown_s, 2),
        }
        disorder = _out_of_order(place)
        tally = judged(plan.rounds, place.verdict(), figures=figures)
        return replace(tally, wrong=tally.wrong + len(disorder), details=(*tally.details, *disorder))


async def _fill(path: Path, place: Place, plan: Plan) -> None:
    """Write what the node saw through its own spool."""
    path.parent.mkdir(parents=True)
    spool = SqliteSpool(path, KernelClock(), _ROOM_BYTES)
    records = list(_seen(place, plan))
    for start in range(0, len(records), _TOGETHER):
        await spool.append(spool.writing.epoch, records[start : start + _TOGETHER])
    await spool.close()


def _seen(place: Place, plan: Plan) -> Iterator[Record]:
    """Yield crossings and swings of the door, evenly over the time; the node started anew at its end."""
    dice = random.Random(plan.seed)
    kernel = KernelClock()
    began_at = kernel.now() - timedelta(seconds=kernel.uptime_s()) - _BEFORE_THIS_BOOT - _AWAY
    counter = place.around[ENTRANCE].equipment.counters[0]
    for seq in range(1, plan.rounds + 1):
        since = _AWAY * (seq / plan.rounds)
        passing = Crossed(counter=counter.id, space=counter.space, direction=dice.choice(("in", "out")))
        swing: tuple[Event, ...] = (
            DoorOpened(door=DOORS[ENTRANCE], cause="exit_request", grant=None),
            passing,
            DoorClosed(door=DOORS[ENTRANCE], open_s=round(dice.uniform(1, 9), 3)),
        )
        yield Record(
            seq=seq,
            at=began_at + since,
            boot=_THEN,
            uptime_s=round(1000 + since.total_seconds(), 6),
            clock="synchronised",
            event=swing[seq % len(swing)],
        )


def _watch(place: Place, first: int, last: int) -> float:
    """Return the seconds from when the first of the events was seen in the ledger to the last."""
    until(lambda: place.in_ledger() > first, "the first of the events", _COMES_WITHIN_S)
    began_s = perf_counter()
    until(lambda: place.in_ledger() >= last, "the last of the events", _COMES_WITHIN_S)
    return perf_counter() - began_s


def _tap_until_shown(place: Place) -> float:
    """Let somebody come in at the other node; return how long it took until their visit was there to see."""
    today = now().astimezone(place.site.zone).date()
    place.tap(STUDIO, 1)
    tapped_s = perf_counter()
    place.swing(STUDIO)
    tomorrow = today + timedelta(days=1)
    until(lambda: list(place.api.visits(today, tomorrow)), "a visit to be shown", _SHOWS_WITHIN_S)
    return perf_counter() - tapped_s


def _highest_rss_mib(pid: int) -> float:
    """Return the most memory that a process ever had."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return round(int(peak) / 1024, 1)


def _out_of_order(place: Place) -> list[str]:
    """List where an event stands in the ledger behind a later one of its node."""
    last: dict[tuple[str, str], int] = {}
    found = []
    for item in place.api.events():
        sender = (item["node"], item["epoch"])
        if item["seq"] < last.get(sender, 0):
            found.append(f"out of order: {item['node']}/{item['epoch']}/{item['seq']}")
        last[sender] = item["seq"]
    return found
