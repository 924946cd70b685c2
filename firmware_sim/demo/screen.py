"""What the demo shows in the terminal: progress, links, what happens line by line, the verdict, the bill."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from firmware_sim.bench.supervisor import Restarted
from firmware_sim.demo.scene import Happening, Tone
from firmware_sim.verify import Verdict

_STYLES: Final[dict[Tone, str]] = {"good": "green", "bad": "red", "plain": "default"}
_SHOWN_DETAILS: Final = 10


class Screen:
    """Prints from any thread."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)

    def step(self, text: str) -> None:
        """Say what is being done."""
        self._console.print(f"[dim]·[/] {escape(text)}")

    def warn(self, text: str) -> None:
        """Say what did not go as it should."""
        self._console.print(f"[yellow]! {escape(text)}[/]")

    @contextmanager
    def days(self, total: int) -> Iterator[Callable[[date, int], None]]:
        """Show a bar that grows by a day, which had so many events, with each call while the block runs."""
        columns = (
            TextColumn("[dim]·[/] {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("days"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._console) as progress:
            task = progress.add_task("Living through the past", total=total)

            lived = 0

            def advance(day: date, events: int) -> None:
                nonlocal lived
                lived += events
                progress.update(task, advance=1, description=f"{day:%a %d %b %Y}, {lived:,} events so far")

            yield advance
            progress.update(task, description=f"The past: {lived:,} events")

    def links(self, rows: Mapping[str, str]) -> None:
        """Show where to look."""
        width = max(len(name) for name in rows)
        self._console.print()
        for name, value in rows.items():
            self._console.print(f"  [bold]{escape(name):{width}}[/]  {escape(value)}", soft_wrap=True)
        self._console.print()

    def tell(self, happening: Happening) -> None:
        """Show one line of what happens, in the site's own time."""
        local = happening.at.astimezone(happening.site.zone)
        place = f"{escape(happening.site.name)} · {escape(happening.place)}"
        said = f"{escape(happening.who)} · [{_STYLES[happening.tone]}]{escape(happening.what)}[/]"
        self._console.print(f"[dim]{local:%H:%M:%S}[/]  {place} · {said}", soft_wrap=True)

    def restarted(self, told: Restarted) -> None:
        """Show that a program was started again, or that it could not be."""
        how = f"signal {-told.exit_status}" if told.exit_status < 0 else f"status {told.exit_status}"
        if told.failure is None:
            self.warn(f"{told.name} ended ({how}) and was started again as process {told.pid}")
        else:
            self.warn(f"{told.name} ended ({how}) and does not start again yet: {told.failure}")

    def verdict(self, verdict: Verdict, *, with_history: bool) -> None:
        """Show how the ledger compares with what really happened."""
        table = Table(title="The ledger against the simulator's truth", title_justify="left")
        table.add_column("Counted")
        table.add_column("Found", justify="right")
        rows = {
            "events observed": (verdict.events, False),
            "visits": (verdict.visits, False),
            "users": (verdict.users, False),
            "lost events": (verdict.lost, True),
            "doubled events": (verdict.doubled, True),
            "wrong minutes": (verdict.wrong_minutes, True),
            "wrong visits": (verdict.wrong_visits, True),
            "taps that reached no spool": (verdict.unrecorded, False),
        }
        if with_history:
            rows["days that InfluxDB tells otherwise"] = (verdict.wrong_history, True)
        for name, (count, must_be_zero) in rows.items():
            style = "default" if not must_be_zero else "red" if count else "green"
            table.add_row(name, f"[{style}]{count:,}[/]")
        self._console.print()
        self._console.print(table)
        for detail in verdict.details[:_SHOWN_DETAILS] if not verdict.ok else ():
            self.warn(detail)

    def statement(self, statement: Mapping[str, Any]) -> None:
        """Show what this month comes to for the town."""
        currency = statement["currency"]
        table = Table(
            title=f"Statement of {statement['month']}, so far", title_justify="left", show_footer=True
        )
        table.add_column("Users", footer=f"{statement['users']:,} users")
        table.add_column("Count", justify="right")
        table.add_column(f"Rate, {currency}", justify="right")
        table.add_column(f"Amount, {currency}", justify="right", footer=statement["total"])
        for line in statement["lines"]:
            table.add_row(f"{line['first']}-{line['last']}", str(line["count"]), line["rate"], line["amount"])
        self._console.print(table)
        self._console.print(
            f"{statement['user_days']:,} user-days, {statement['minutes']:,} minutes,"
            f" {statement['peak']:,} people at most at a time"
        )

    def result(self, path: Path, *, ok: bool) -> None:
        """Say how it ended, and where that is written."""
        said = (
            "[green]Nothing lost, nothing doubled, no minute wrong.[/]"
            if ok
            else "[red]Something is wrong.[/]"
        )
        self._console.print(f"{said} {escape(str(path))}", soft_wrap=True)
