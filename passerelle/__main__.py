"""`passerelle`: the one command line. Each command imports only what it runs."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from passerelle import account, audit, badge, dead_letters, node, privacy

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
history = typer.Typer(no_args_is_help=True, help="Usage in InfluxDB.")
app.add_typer(history, name="history")
app.add_typer(account.app, name="account")
app.add_typer(audit.app, name="audit")
app.add_typer(privacy.app, name="privacy")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(node.app, name="node")
app.add_typer(badge.app, name="badge")


@app.command()
def sealing_key(settings: Annotated[Path, typer.Option(help="The node's settings file (TOML).")]) -> None:
    """Print this node's public key, to which the gateway is to seal keys of cards."""
    from edge.adapters.sealing_key import sealing_key as read_key
    from edge.settings import SettingsRefused, read_settings
    from protocol.sealing import sealing_text

    try:
        typer.echo(sealing_text(read_key(read_settings(settings).file.data_dir).public_key()))
    except (SettingsRefused, OSError) as refusal:
        typer.echo(refusal, err=True)
        raise typer.Exit(2) from refusal


@app.command()
def edge(settings: Annotated[Path, typer.Option(help="The node's settings file (TOML).")]) -> None:
    """Run one node: readers, doors, sensors and lockers of one Raspberry Pi."""
    from edge.__main__ import main

    raise typer.Exit(main(settings))


@app.command()
def gateway(settings: Annotated[Path, typer.Option(help="The gateway's settings file (TOML).")]) -> None:
    """Run the gateway: ledger, access lists, pages."""
    from gateway.__main__ import serve

    raise typer.Exit(serve(settings))


@app.command()
def demo(
    live_s: Annotated[
        float | None, typer.Option("--for", min=0, help="End by itself after so many seconds of live part.")
    ] = None,
    days: Annotated[int, typer.Option(min=0, help="How many days of past to live through first.")] = 30,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people and the same past.")] = 1,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the live page is served.")] = 8000,
    data: Annotated[Path, typer.Option(help="Where everything is kept; an earlier demo's is wiped.")] = Path(
        "var/demo"
    ),
    influx: Annotated[str | None, typer.Option(help="URL of an InfluxDB to record usage into.")] = None,
    influx_token: Annotated[str | None, typer.Option(help="Its token (2.x and 3).")] = None,
    influx_org: Annotated[str | None, typer.Option(help="Its organisation (2.x).")] = None,
    influx_bucket: Annotated[str | None, typer.Option(help="Its bucket (2.x and 3).")] = None,
    influx_database: Annotated[str | None, typer.Option(help="Its database (1.x).")] = None,
) -> None:
    """Run the whole building on this machine: broker, gateway, a month of past, real nodes, and people."""
    from firmware_sim.demo.options import DemoRefused, Influx, Options
    from firmware_sim.demo.run import run
    from firmware_sim.demo.screen import Screen

    try:
        history = Influx(influx, influx_token, influx_org, influx_bucket, influx_database) if influx else None
    except DemoRefused as refusal:
        raise typer.BadParameter(str(refusal)) from refusal
    raise typer.Exit(run(Options(live_s, days, seed, port, data, history), Screen()))


@app.command(
    add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def sim(context: typer.Context) -> None:
    """Live days before a gateway, and judge its ledger: calendar, verify."""
    from firmware_sim.__main__ import app as simulator

    simulator(context.args, prog_name="passerelle sim")


@history.command()
def rebuild(settings: Annotated[Path, typer.Option(help="The gateway's settings file (TOML).")]) -> None:
    """Have all of history written again from the ledger, to the same sums."""
    from gateway.bootstrap import start_history_over
    from gateway.settings import SettingsRefused, read_settings

    try:
        start_history_over(read_settings(settings))
    except SettingsRefused as refusal:
        typer.echo(refusal, err=True)
        raise typer.Exit(2) from refusal
    typer.echo("History will be written again from its beginning, by the gateway that runs or the next one.")


@app.command("rebuild")
def rebuild_projections(
    settings: Annotated[Path, typer.Option(help="The gateway's settings file (TOML).")],
) -> None:
    """Work visits, spaces, loans and parcels out again from the journal; the gateway may run meanwhile."""
    from passerelle.rebuilding import run_rebuild

    raise typer.Exit(run_rebuild(settings))


@app.command()
def backup(
    settings: Annotated[Path, typer.Option(help="The gateway's settings file (TOML).")],
    to: Annotated[Path, typer.Option(help="The file to write; or a folder, for a file with name and date.")],
) -> None:
    """Keep the ledger and the keys in one file, checked; the gateway may run meanwhile."""
    from passerelle.safekeeping import run_backup

    raise typer.Exit(run_backup(settings, to))


@app.command()
def restore(
    *,
    settings: Annotated[Path, typer.Option(help="The gateway's settings file (TOML).")],
    backup: Annotated[Path, typer.Option("--from", help="The backup to come back from.")],
    other_place: Annotated[
        bool, typer.Option("--other-place", help="Also where another place's ledger is here.")
    ] = False,
) -> None:
    """Come back from a backup, with the gateway stopped; what is here now is put aside, never deleted."""
    from passerelle.safekeeping import run_restore

    raise typer.Exit(run_restore(settings, backup, other_place=other_place))


@app.command("broker-config")
def broker_config(
    kind: Annotated[Literal["mosquitto", "nats"], typer.Argument(help="Which broker.")],
    settings: Annotated[Path, typer.Option(help="The gateway's settings file (TOML).")],
    into: Annotated[Path, typer.Option(help="Where the broker reads it, e.g. /etc/mosquitto/conf.d.")],
    name: Annotated[
        list[str] | None, typer.Option(help="Another host name or address at which the broker is reached.")
    ] = None,
) -> None:
    """Write what the broker must be told: listener, certificates, who may speak and hear where."""
    from gateway.broker_setup import write_configuration
    from gateway.settings import SettingsRefused, read_settings
    from protocol.site_file import SiteFileRefused

    try:
        changed = write_configuration(read_settings(settings), kind, into, name or ())
    except (SettingsRefused, SiteFileRefused, OSError) as refusal:
        typer.echo(refusal, err=True)
        raise typer.Exit(2) from refusal
    for file in changed:
        typer.echo(f"{file} written")
    typer.echo("Reload the broker." if changed else "Nothing has changed.")


@app.command()
def check(
    site_files: Annotated[list[Path], typer.Argument(help="Site files to check; nothing is started.")],
) -> None:
    """Say whether site files are right, and if not, where and what was expected."""
    from protocol.site_file import SiteFileRefused, read_site

    wrong = False
    for file in site_files:
        try:
            site = read_site(file.read_text(encoding="utf-8"), file.name)
        except (SiteFileRefused, OSError) as refusal:
            typer.echo(refusal, err=True)
            wrong = True
        else:
            typer.echo(f"{file.name}: {site.name}: {len(site.spaces)} spaces, {len(site.doors)} doors: right")
    raise typer.Exit(2 if wrong else 0)


@app.command()
def schemas(
    *,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail where one is stale.")] = False,
) -> None:
    """Write the JSON Schemas of the wire into protocol/schemas."""
    from passerelle.generated import refresh
    from protocol.schema import FOLDER, schema_files

    raise typer.Exit(refresh(FOLDER, schema_files(), check=check))


@app.command()
def dashboards(
    *,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail where one is stale.")] = False,
) -> None:
    """Write the Grafana dashboards into dashboards/generated."""
    from dashboards.passerelle import FOLDER, dashboard_files
    from passerelle.generated import refresh

    raise typer.Exit(refresh(FOLDER, dashboard_files(), check=check))


@app.command()
def bench(
    taps: Annotated[int, typer.Option(min=20, help="How many taps to time, of each kind of card.")] = 200,
    revocations: Annotated[
        int, typer.Option(min=20, help="How many revocations, and bookings, to time.")
    ] = 100,
    lists: Annotated[int, typer.Option(min=20, help="How often to issue all access lists.")] = 40,
    site_file: Annotated[Path, typer.Option(help="The site whose entrance is measured.")] = Path(
        "deploy/sites/sceaux-smart.toml"
    ),
) -> None:
    """Print the figures of this machine: taps to the strike's pin, revocations to the door, access lists."""
    from passerelle.figures import print_figures

    print_figures(site_file, taps, revocations, lists)


if __name__ == "__main__":
    app()
