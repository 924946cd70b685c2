"""Playing faults one after the other, with a bar for each, and the verdict on all."""

import os
import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn
from rich.table import Table

from firmware_sim.faults.fault import Fault, Plan
from firmware_sim.faults.report import Measured
from firmware_sim.faults.tally import Tally


def soak(
    faults: Iterable[Fault], seed: int, rounds: int | None, folder: Path, today: date
) -> dict[str, Measured]:
    """Play each fault as often as it asks, or `rounds` times; say which lack a program."""
    console = Console()
    measured = {}
    for fault in faults:
        absent = [program for program in fault.programs if shutil.which(program) is None]
        if absent:
            console.print(f"[yellow]{fault.title}: left out, for {', '.join(absent)} is not installed.")
            continue
        if fault.needs_root and os.geteuid() != 0:
            console.print(f"[yellow]{fault.title}: left out, for it needs root.")
            continue
        measured[fault.name] = Measured(
            _play(fault, seed, rounds or fault.rounds, folder, console), seed, today
        )
    console.print(_table(faults, measured))
    return measured


def _play(fault: Fault, seed: int, rounds: int, folder: Path, console: Console) -> Tally:
    own = folder / fault.name
    own.mkdir(parents=True)
    columns = (*Progress.get_default_columns(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(fault.title, total=rounds)
        tally = fault.play(Plan(rounds, seed, own, lambda: progress.advance(bar)))
    for detail in tally.details:
        console.print(f"  {detail}", markup=False)
    return tally


def _table(faults: Iterable[Fault], measured: dict[str, Measured]) -> Table:
    table = Table("fault", "tried", "lost", "doubled", "wrong", "unrecorded", "measured beside")
    for fault in faults:
        if fault.name in measured:
            tally = measured[fault.name].tally
            counts = (tally.tried, tally.lost, tally.doubled, tally.wrong, tally.unrecorded)
            beside = ", ".join(f"{name} {value:g}" for name, value in tally.figures.items())
            style = None if tally.ok else "red"
            table.add_row(fault.title, *map(str, counts), beside, style=style)
    return table
