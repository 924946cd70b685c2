"""`passerelle audit`: whether the record of who did what is as it was written."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from passerelle.refusals import told

if TYPE_CHECKING:
    from gateway.domain.audit import Break, Verdict

app = typer.Typer(no_args_is_help=True, help="Who did what, and who looked at whom.")

_WHOLE, _BROKEN = 0, 1
_WHY: Final = {
    "altered": "it is not what was written: something in it was changed",
    "missing": "it is not there: it was deleted, or moved",
    "out_of_place": "its number comes twice, or late",
    "cut_off": "a signed head knows it, and the audit ends before it: its end was cut off",
    "rewritten": "it agrees with itself, but not with what was signed: it was written anew",
    "unsigned": "no signature of this gateway stands for it",
    "pruned_unasked": "all before it is gone, and no record says that the gateway let it go",
}


@app.callback()
def audit() -> None:
    """Who did what, and who looked at whom."""


@app.command()
def verify(
    settings: Annotated[Path, typer.Option(help="The gateway's settings file (TOML).")],
    heads: Annotated[
        list[Path] | None,
        typer.Option(help="Signed heads kept elsewhere, too; without it, the settings' own file."),
    ] = None,
) -> None:
    """Follow the whole chain; name the first broken record. Ends with 1 where there is one."""
    from gateway.adapters.witness import FileWitness
    from gateway.bootstrap import heads_file, open_auditor
    from gateway.settings import read_settings

    with told():
        read = read_settings(settings)
        files = heads or [heads_file(read)]
        for missing in [file for file in heads or [] if not file.is_file()]:
            raise FileNotFoundError(2, "there is no such file", str(missing))
        kept = [
            FileWitness(file).heads() for file in files
        ]  # before the ledger is read: it may grow meanwhile
        with open_auditor(read) as auditor:
            verdict = auditor.verify([head for found, _ in kept for head in found])
    for file, (_, unreadable) in zip(files, kept, strict=True):
        for line in unreadable:
            typer.echo(f"{file}, line {line}: this is no signed head, and is passed over", err=True)
    _say(verdict, sum(len(found) for found, _ in kept))
    raise typer.Exit(_BROKEN if verdict.broken else _WHOLE)


def _say(verdict: "Verdict", witnesses: int) -> None:
    since = f" since {verdict.since:%Y-%m-%d %H:%M} UTC" if verdict.since else ""
    held = f"{verdict.records:,} records{since}, up to number {verdict.last.number}"
    if verdict.broken is None:
        typer.echo(f"The audit is whole: {held}; {witnesses:,} signed heads agree.")
        return
    typer.echo(f"The audit is broken at record {_where(verdict.broken)}: {_WHY[verdict.broken.why]}.")
    typer.echo(f"It can vouch for {held}." if verdict.records else "It can vouch for nothing.")


def _where(broken: "Break") -> str:
    if broken.up_to is None or broken.up_to == broken.number:
        return str(broken.number)
    return f"{broken.number}, or one up to {broken.up_to}"
