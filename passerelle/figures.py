"""Figures measured on this machine, printed. They are measured, never asserted: machines differ."""

import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from firmware_sim.bench.stopwatch import tap_to_strike


def print_tap_to_strike(site_file: Path, taps: int) -> None:
    """Time `taps` taps at a real edge process, and print milliseconds."""
    with tempfile.TemporaryDirectory() as folder, Progress(transient=True) as progress:
        task = progress.add_task("taps", total=taps)
        latency = tap_to_strike(site_file, Path(folder), taps, lambda _: progress.advance(task))
    table = Table("what", "taps", "p50 ms", "p99 ms", "worst ms")
    figures = (f"{figure:.1f}" for figure in (latency.p50, latency.p99, latency.worst))
    table.add_row("tap to strike pin, two processes, uid", str(latency.taps), *figures)
    Console().print(table)
