"""`passerelle account`: what is done about accounts at the gateway's own machine."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from passerelle.refusals import told

if TYPE_CHECKING:
    from gateway.registrar import Registrar

app = typer.Typer(no_args_is_help=True, help="Accounts of the staff, at the gateway's machine.")

SettingsFile = Annotated[Path, typer.Option("--settings", help="The gateway's settings file (TOML).")]

_FIRST_LIVES: Final = timedelta(hours=1)


@app.callback()
def _group() -> None:
    """Accounts of the staff, at the gateway's machine."""


@app.command("way-back")
def way_back(
    settings: SettingsFile,
    mail: Annotated[str | None, typer.Option(help="Whose account, where there are several.")] = None,
) -> None:
    """Print a link, good once, by which an administrator chooses another password. It is audited.

    Their second factor is dropped, too. Whoever may read the gateway's files may do this; nobody else.
    The gateway may run meanwhile. Where there is no administrator's account, the link makes one.
    """
    from gateway.bootstrap import open_registrar
    from gateway.settings import read_settings

    with told():
        read = read_settings(settings)
        with open_registrar(read) as registrar:
            secret = _secret(registrar, mail)
    address = read.public_url or f"http://{read.http_host}:{read.http_port}"
    typer.echo(f"{address.rstrip('/')}/login/{secret}")


def _secret(registrar: "Registrar", mail: str | None) -> str:
    from gateway.commands import Fault, MintKey, OfferNewPassword, Refused
    from gateway.domain.accounts import same_mail
    from gateway.domain.authority import SYSTEM

    administrators = registrar.administrators()
    if not administrators and mail is None:
        return str(registrar.carry_out_beside(MintKey("first", "way back", "admin", _FIRST_LIVES), SYSTEM))
    wanted = [each for each in administrators if mail is None or each.mail == same_mail(mail)]
    if len(wanted) != 1:
        known = ", ".join(sorted(each.mail for each in administrators)) or "nobody"
        text = f"say whose account with --mail; open accounts of administrators: {known}"
        raise Refused("invalid", Fault("--mail", "which_account", text))
    return str(registrar.carry_out_beside(OfferNewPassword(wanted[0].id), SYSTEM))
