"""`passerelle privacy`: what people may ask about what is kept of them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from passerelle.refusals import told

app = typer.Typer(no_args_is_help=True, help="What is kept of a person: show it, or forget it.")

SettingsFile = Annotated[Path, typer.Option("--settings", help="The gateway's settings file (TOML).")]
MemberId = Annotated[str, typer.Argument(help="The member's id, not the name.")]

_HEADINGS: Final = {
    "member": "Vous / You",
    "cards": "Badges",
    "badges": "Passages aux portes / Badges presented",
    "visits": "Visites / Visits",
    "bookings": "Réservations / Bookings",
    "hires": "Privatisations / Hires",
    "meetings": "Réunions d'agendas suivis / Meetings of followed calendars",
    "loans": "Prêts / Loans",
    "parcels": "Colis / Parcels",
    "calendars": "Agendas qui vous ouvrent des portes / Calendars that open doors to you",
    "calendars_given_out": "Agendas partagés / Calendars given out",
    "suspensions": "Suspensions",
    "visitors": "Vos visiteurs / Your visitors",
    "audit": "Qui a consulté ou modifié vos données / Who read or changed your data",
}
_KEPT: Final = """\
Kept, because the law asks for it, and naming nobody:
- the month's figures and the rent (Code de commerce L123-22: ten years), of a random pseudonym per month;
- that this was done, and who looked before: the audit, under the id {member}, twelve months at most.
Nodes that are cut off know the badges until their access list ends. Backups made before today still hold all
of it, until they are deleted by their age; erase again after restoring one on another machine.
Calendars kept elsewhere that still name them bring that back: have it taken out where they are kept."""


@app.command()
def export(
    member: MemberId,
    settings: SettingsFile,
    to: Annotated[Path | None, typer.Option(help="A folder for MEMBER.json and MEMBER.txt.")] = None,
) -> None:
    """Give a member all that is kept of them (GDPR, art. 15 and 20). It is written into the audit."""
    from gateway.bootstrap import open_registrar
    from gateway.commands import ExportMember
    from gateway.domain.authority import SYSTEM
    from gateway.settings import read_settings

    with told(), open_registrar(read_settings(settings)) as registrar:
        found = registrar.carry_out_beside(ExportMember(member), SYSTEM)
        plain = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
        if to is None:
            typer.echo(plain, nl=False)
            return
        _write(to / f"{member}.json", plain)
        _write(to / f"{member}.txt", "\n".join(_readable(found)) + "\n")
    typer.echo(f"{to / member}.json and .txt hold all that is kept of {member}.")


@app.command()
def erase(
    member: MemberId,
    settings: SettingsFile,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: it is for good.")] = False,
) -> None:
    """Forget a member (GDPR, art. 17): badges open nothing, records name nobody. It is audited."""
    from gateway.bootstrap import open_registrar
    from gateway.commands import EraseMember
    from gateway.domain.authority import SYSTEM
    from gateway.settings import read_settings

    with told(), open_registrar(read_settings(settings)) as registrar:
        if not yes:
            typer.confirm(f"Forget {member} for good?", abort=True)
        erased = registrar.carry_out_beside(EraseMember(member), SYSTEM)
    typer.echo(
        f"{member} is forgotten: {erased.cards} badges revoked; {erased.events} badge events, {erased.visits}"
        f" visits, {erased.bookings} bookings, {erased.loans} loans and {erased.parcels} parcels name nobody."
    )
    typer.echo(_KEPT.format(member=member))


def _write(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(content, encoding="utf-8")


def _readable(found: Mapping[str, Any]) -> Iterator[str]:
    """Write it for a person, line by line."""
    yield f"Données conservées au {found['as_of']} / Data kept at {found['as_of']} (UTC)"
    for key, heading in _HEADINGS.items():
        records = [found[key]] if key == "member" else found[key]
        yield f"\n{heading} ({len(records)})"
        for record in records:
            yield "- " + ", ".join(f"{name}: {value}" for name, value in record.items() if value is not None)
