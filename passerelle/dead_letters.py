"""`passerelle dead-letters`: what nodes sent and the gateway could not take in."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from passerelle.refusals import told

if TYPE_CHECKING:
    from gateway.ports import Buried

app = typer.Typer(no_args_is_help=True, help="What nodes sent and the gateway could not take in.")

SettingsFile = Annotated[Path, typer.Option("--settings", help="The gateway's settings file (TOML).")]


@app.command("list")
def list_letters(settings: SettingsFile) -> None:
    """List them, the first first."""
    from gateway.bootstrap import open_ledger
    from gateway.settings import read_settings

    with told(), open_ledger(read_settings(settings)) as (ledger, _), ledger.reading() as books:
        letters = books.journal.buried(payloads=False)
    table = Table("number", "last came", "times", "topic", "reason", "detail")
    for buried in letters:
        letter = buried.letter
        came = f"{buried.last_at:%Y-%m-%d %H:%M:%S}Z"
        said = (letter.topic, letter.reason, letter.detail)
        table.add_row(str(buried.number), came, str(buried.times), *map(_harmless, said))
    _print(table if letters else "There are no dead letters.")


@app.command()
def show(number: Annotated[int, typer.Argument(help="As `list` has it.")], settings: SettingsFile) -> None:
    """Show one with all that was sent."""
    from gateway.bootstrap import open_ledger
    from gateway.settings import read_settings

    with told(), open_ledger(read_settings(settings)) as (ledger, _), ledger.reading() as books:
        found = books.journal.buried_as(number)
    if found is None:
        raise _unknown(number)
    letter = found.letter
    for name, said in (("topic", letter.topic), ("reason", letter.reason), ("detail", letter.detail)):
        typer.echo(f"{name:8}{_harmless(said)}")
    typer.echo(
        f"came    {found.times} times, first {found.first_at.isoformat()}, last {found.last_at.isoformat()}"
    )
    typer.echo(_readable(found))


@app.command()
def replay(settings: SettingsFile) -> None:
    """Take in what can be understood by now, and remove it here. Stop the gateway first."""
    from gateway.bootstrap import alone, open_ledger
    from gateway.replay import replay as replay_all
    from gateway.settings import read_settings

    table = Table("number", "outcome", "why")
    with told():
        read = read_settings(settings)
        with alone(read, "passerelle dead-letters replay"), open_ledger(read) as (ledger, site_of_node):
            for buried, again in replay_all(ledger, site_of_node):
                table.add_row(str(buried.number), again.outcome, _harmless(again.why))
    _print(table if table.rows else "There are no dead letters.")
    if table.rows:
        typer.echo("Visits and access lists follow when the gateway starts.")


@app.command()
def discard(number: Annotated[int, typer.Argument(help="As `list` has it.")], settings: SettingsFile) -> None:
    """Delete one for good: what it held is then neither counted nor kept. The gateway may run."""
    from gateway.bootstrap import open_ledger
    from gateway.settings import read_settings

    with told(), open_ledger(read_settings(settings)) as (ledger, _), ledger.writing() as books:
        found = books.journal.buried_as(number)
        if found is not None:
            books.journal.unbury(number)
    if found is None:
        raise _unknown(number)
    typer.echo(f"Dead letter {number} is gone.")


def _unknown(number: int) -> typer.Exit:
    typer.echo(f"no dead letter has the number {number}: see `passerelle dead-letters list`", err=True)
    return typer.Exit(2)


def _harmless(said: str) -> Text:
    """Write out what anybody may have sent: no markup, and nothing that a terminal would obey."""
    return Text("".join(each if each.isprintable() else repr(each)[1:-1] for each in said))


def _print(what: Table | str) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = 200  # whoever reads it by a program wants whole lines
    console.print(what)


def _readable(buried: "Buried") -> str:
    try:
        return json.dumps(json.loads(buried.letter.payload), indent=2, ensure_ascii=False)
    except ValueError:
        return repr(buried.letter.payload)
