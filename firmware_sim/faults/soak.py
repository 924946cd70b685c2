"""Playing faults one after the other, with a bar for each, and the verdict on all."""

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn
from rich.table import Table

from firmware_sim.faults.fault import Fault, Plan
from firmware_sim.faults.report import Measured
from firmware_sim.faults.tally import Tally


def soak(
    faults: Iterable[Fault],
    seed: int,
    rounds: int | None,
    folder: Path,
    today: date,
    keep: Callable[[str, Measured], None],
) -> bool:
    """Play each fault as often as it asks, or `rounds` times, and `keep` what came of it.

    True where every fault was played and every promise kept. A fault that lacks a program is named and left
    out; one that cannot be played to its end is told, and the next begins.
    """
    console = Console()
    measured: dict[str, Measured] = {}
    played = 0
    for fault in faults:
        if absent := fault.lacks():
            console.print(f"[yellow]{fault.title}: left out, for want of {', '.join(absent)}.")
            continue
        played += 1
        try:
            tally = _play(fault, seed, rounds or fault.rounds, folder, console)
        except Exception:  # noqa: BLE001 - hours of other faults must not be lost for it
            console.print_exception()
            continue
        measured[fault.name] = Measured(tally, seed, today)
        keep(fault.name, measured[fault.name])
    console.print(_table(faults, measured))
    return 0 < played == len(measured) and all(each.tally.ok for each in measured.values())


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
