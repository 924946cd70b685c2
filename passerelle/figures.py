"""Figures measured on this machine, printed. They are measured, never asserted: machines differ."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from firmware_sim.bench.stopwatch import Latency, tap_to_strike
from firmware_sim.faults.word_to_door import booking_to_door, revocation_to_refusal
from passerelle.list_figures import list_figures
from protocol.site_file import read_site


def print_figures(site_file: Path, taps: int, revocations: int, lists: int) -> None:
    """Print milliseconds: of taps at a real edge process, revocations through a real gateway, and lists.

    Lists are those of all sites in the folder of `site_file`, with nodes added to make 20.
    """
    table = Table("what", "times", "p50 ms", "p99 ms", "worst ms")
    with _measuring("taps with uid", taps) as (folder, done):
        _add(table, "tap to strike pin, two processes, uid", tap_to_strike(site_file, folder, taps, done))
    with _measuring("taps with AES", taps) as (folder, done):
        latency = tap_to_strike(site_file, folder, taps, done, "aes")
        _add(table, "tap to strike pin, two processes, AES", latency)
    with _measuring("revocations", revocations) as (folder, done):
        latency = revocation_to_refusal(folder, revocations, done)
        _add(table, "revocation to refusal, door online", latency)
    with _measuring("bookings", revocations) as (folder, done):
        _add(table, "booking to the door that grants it, online", booking_to_door(folder, revocations, done))
    files = [site_file, *sorted(set(site_file.parent.glob("*.toml")) - {site_file})]
    sites = [read_site(file.read_text(encoding="utf-8"), file.name) for file in files]
    with _measuring("access lists", lists) as (folder, done):
        found = list_figures(sites, folder, lists, done)
        _add(table, "full lists of 20 nodes, 1,083 nomads, 400 bookings", found.full)
        patches = f"{found.patches_each:g} patches, at most {found.largest_patch_bytes} bytes"
        _add(table, f"a booking made known to its doors: {patches}", found.patch)
    Console().print(table)


@contextmanager
def _measuring(what: str, times: int) -> Iterator[tuple[Path, Callable[[int], None]]]:
    with tempfile.TemporaryDirectory() as folder, Progress(transient=True) as progress:
        task = progress.add_task(what, total=times)
        yield Path(folder), lambda _: progress.advance(task)


def _add(table: Table, what: str, latency: Latency) -> None:
    figures = (f"{figure:.1f}" for figure in (latency.p50, latency.p99, latency.worst))
    table.add_row(what, str(latency.taps), *figures)
