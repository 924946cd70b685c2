"""`passerelle sim`: days lived before a real gateway, the verdict on its ledger, and faults by seed."""

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import httpx2
import typer
from rich.progress import Progress

from firmware_sim.bench.processes import client
from firmware_sim.calendar import Calendar, CalendarStuck
from firmware_sim.faults.catalogue import FAULTS
from firmware_sim.faults.report import Measured, write_report
from firmware_sim.faults.soak import soak as play_all
from firmware_sim.gateway_api import GatewayApi, GatewayRefused
from firmware_sim.people import population
from firmware_sim.truth import Truth
from firmware_sim.verify import verify as judge
from protocol.site import Site
from protocol.site_file import SiteFileRefused, read_site

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The building without the building.")

_WRONG, _FAILED = 1, 2

Url = Annotated[str, typer.Option("--gateway", help="The gateway's URL.")]
Key = Annotated[str, typer.Option(help="An administrator's API key.", envvar="PASSERELLE_KEY")]
SiteFiles = Annotated[list[Path], typer.Option("--site", help="A site file; once for each site.")]
TruthPath = Annotated[Path, typer.Option("--truth", help="The truth file of the simulation.")]


@app.command()
def calendar(
    gateway: Url,
    key: Key,
    site: SiteFiles,
    truth: TruthPath,
    first_day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day to live.")],
    days: Annotated[int, typer.Option(min=1, help="How many days.")] = 30,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people and plans.")] = 1,
    broker: Annotated[str, typer.Option(help="The broker's HOST:PORT.")] = "127.0.0.1:1883",
) -> None:
    """Let people live days at the sites, before a gateway that runs with clock = "stepped"."""
    host, _, port = broker.rpartition(":")
    sites = _read_sites(site)
    people = population(sites, seed)
    with client(gateway, key) as http, Truth(truth) as facts, Progress() as progress:
        bar = progress.add_task("Living", total=days)

        def advance(day: date, events: int) -> None:
            progress.update(bar, advance=1, description=f"{day:%a %d %b}: {events} events")

        try:
            Calendar(http, (host, int(port)), sites, people, seed, facts).run(first_day.date(), days, advance)
        except (GatewayRefused, CalendarStuck, httpx2.TransportError) as failure:
            _fail(failure)


@app.command()
def verify(
    gateway: Url,
    key: Key,
    site: SiteFiles,
    truth: TruthPath,
    tariff: Annotated[list[Path], typer.Option(help="A tariff file; once for each.")],
    spool: Annotated[list[str] | None, typer.Option(help="NODE=FILE, the spool of a real node.")] = None,
) -> None:
    """Hold the ledger against what was observed, and print the verdict as JSON. Exit code 1: it is not ok."""
    spools = {node: Path(file) for node, _, file in (entry.partition("=") for entry in spool or [])}
    with client(gateway, key) as http:
        try:
            verdict = judge(_read_sites(site), truth, GatewayApi(http), tariff, spools=spools)
        except (GatewayRefused, httpx2.TransportError) as failure:
            _fail(failure)
    typer.echo(verdict.as_json())
    raise typer.Exit(0 if verdict.ok else _WRONG)


@app.command()
def soak(
    *,
    only: Annotated[list[str] | None, typer.Option(help="A fault by its name; once for each.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same faults.")] = 1,
    rounds: Annotated[int | None, typer.Option(min=1, help="How often; else as each fault asks.")] = None,
    write: Annotated[Path | None, typer.Option(help="The page whose table takes the results.")] = None,
) -> None:
    """Break things on purpose, and count what was lost, doubled or wrong. Exit code 1: anything was."""
    unknown = set(only or ()) - {fault.name for fault in FAULTS}
    if unknown:
        known = ", ".join(fault.name for fault in FAULTS)
        raise typer.BadParameter(f"no fault is called {', '.join(sorted(unknown))}; there are: {known}")
    chosen = [fault for fault in FAULTS if not only or fault.name in only]

    def keep(name: str, measured: Measured) -> None:
        if write is not None:
            write_report(write, {name: measured})

    with tempfile.TemporaryDirectory(prefix="passerelle-soak-") as folder:
        kept = play_all(chosen, seed, rounds, Path(folder), _today(), keep)
    raise typer.Exit(0 if kept else _WRONG)


def _today() -> date:
    return datetime.now(UTC).date()  # noqa: TID251 - the day on which something was measured


def _read_sites(files: list[Path]) -> list[Site]:
    try:
        return [read_site(file.read_text(encoding="utf-8"), file.name) for file in files]
    except (OSError, SiteFileRefused) as failure:
        _fail(failure)


def _fail(failure: Exception) -> NoReturn:
    typer.echo(failure, err=True)
    raise typer.Exit(_FAILED) from failure


if __name__ == "__main__":
    app()
