"""Figures measured on this machine, printed. They are measured, never asserted: machines differ."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from firmware_sim.bench.stopwatch import Latency, tap_to_strike
from firmware_sim.faults.revocation import revocation_to_refusal


def print_figures(site_file: Path, taps: int, revocations: int) -> None:
    """Time taps at a real edge process and revocations through a real gateway, and print milliseconds."""
    table = Table("what", "times", "p50 ms", "p99 ms", "worst ms")
    with _measuring("taps with uid", taps) as (folder, done):
        _add(table, "tap to strike pin, two processes, uid", tap_to_strike(site_file, folder, taps, done))
    with _measuring("taps with AES", taps) as (folder, done):
        latency = tap_to_strike(site_file, folder, taps, done, "aes")
        _add(table, "tap to strike pin, two processes, AES", latency)
    with _measuring("revocations", revocations) as (folder, done):
        latency = revocation_to_refusal(folder, revocations, done)
        _add(table, "revocation to refusal, door online", latency)
    Console().print(table)


@contextmanager
def _measuring(what: str, times: int) -> Iterator[tuple[Path, Callable[[int], None]]]:
    with tempfile.TemporaryDirectory() as folder, Progress(transient=True) as progress:
        task = progress.add_task(what, total=times)
        yield Path(folder), lambda _: progress.advance(task)


def _add(table: Table, what: str, latency: Latency) -> None:
    figures = (f"{figure:.1f}" for figure in (latency.p50, latency.p99, latency.worst))
    table.add_row(what, str(latency.taps), *figures)
