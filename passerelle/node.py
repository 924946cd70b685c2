"""`passerelle node`: how a machine comes to belong to a place, and is put out."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(no_args_is_help=True, help="Let nodes in, and put them out.")

SettingsFile = Annotated[Path, typer.Option("--settings", help="The gateway's settings file (TOML).")]
Name = Annotated[str, typer.Argument(help="The node's id, as the site file has it.")]
Folder = Annotated[Path, typer.Option("--into", help="The folder that will be the node's own.")]
Readers = Annotated[
    list[str] | None,
    typer.Option("--reader", help="READER=PATH, as in entrance-in=usb:054c:06c3."),
]


@app.command()
def invite(
    node: Name,
    settings: SettingsFile,
    minutes: Annotated[int, typer.Option(min=1, max=7 * 24 * 60, help="How long it holds.")] = 60,
) -> None:
    """At the gateway: make a token with which a node can enrol once."""
    from gateway.bootstrap import open_enrolment
    from gateway.domain.authority import SYSTEM
    from gateway.settings import read_settings

    with _told():
        read = read_settings(settings)
        with open_enrolment(read) as enrolment:
            token = enrolment.invite(node, SYSTEM, timedelta(minutes=minutes)).token
        host = read.public_host or read.http_host
    typer.echo(f"Within {minutes} minutes, on {node}, once:\n")
    typer.echo(
        f"  passerelle node enrol --gateway http://{host}:{read.http_port} --token {token}"
        f" --into /var/lib/passerelle-edge-{node}"
    )


@app.command()
def enrol(
    gateway: Annotated[str, typer.Option(help="The gateway's address, e.g. http://192.0.2.10:8000.")],
    token: Annotated[str, typer.Option(help="What `passerelle node invite` printed.")],
    into: Folder,
    reader: Readers = None,
) -> None:
    """On the node: make its key here, take up an invitation, write settings that are ready to run."""
    from edge.enrolment import enrol as take_up

    with _told():
        bundle = take_up(gateway, token, into, _paths(reader), _now())
    _say_enrolled(bundle.node, bundle.broker_host, bundle.broker_port, into)


@app.command()
def request(node: Annotated[str, typer.Option("--node", help="The node's id.")], into: Folder) -> None:
    """On a node without a way to the gateway: make its key here, and a request to carry there."""
    from edge.enrolment import request as make

    with _told():
        file = make(node, into)
    typer.echo(f"{file}: carry it to the gateway, and there: passerelle node sign {file.name} > bundle.json")


@app.command()
def sign(file: Annotated[Path, typer.Argument(help="A node's request.")], settings: SettingsFile) -> None:
    """At the gateway: answer a request that was carried here, with a bundle to carry back."""
    from gateway.bootstrap import open_enrolment
    from gateway.domain.authority import SYSTEM
    from gateway.settings import read_settings
    from protocol.codec import decode, encode
    from protocol.enrolment import EnrolmentRequest

    with _told(), open_enrolment(read_settings(settings)) as enrolment:
        bundle = enrolment.sign(decode(EnrolmentRequest, file.read_bytes()), SYSTEM)
    typer.echo(encode(bundle).decode())
    typer.echo("It holds the key of all cards: carry it yourself, and delete it once installed.", err=True)


@app.command()
def install(
    file: Annotated[Path, typer.Argument(help="The bundle that `passerelle node sign` wrote.")],
    into: Folder,
    reader: Readers = None,
) -> None:
    """On the node: take up the bundle that answers its request."""
    from edge.enrolment import install as take_up

    with _told():
        bundle = take_up(file, into, _paths(reader), _now())
    _say_enrolled(bundle.node, bundle.broker_host, bundle.broker_port, into)


@app.command()
def revoke(node: Name, settings: SettingsFile) -> None:
    """At the gateway: put a node out. A gateway that runs stops talking to it within a second."""
    from gateway.bootstrap import open_enrolment
    from gateway.domain.authority import SYSTEM
    from gateway.settings import read_settings

    with _told(), open_enrolment(read_settings(settings)) as enrolment:
        revoked = enrolment.revoke(node, SYSTEM)
    if revoked == 0:
        typer.echo(f"{node} had no certificate that holds: an invitation, if there was one, is withdrawn.")
        return
    typer.echo(f"{node} is put out: {revoked} certificates revoked. Its access list is emptied.")
    typer.echo(
        "Now tell the broker, where passerelle-broker.path does not: passerelle broker-config, and reload it."
    )


@app.command("list")
def list_nodes(settings: SettingsFile) -> None:
    """At the gateway: list certificates, and until when they hold."""
    from gateway.bootstrap import open_ledger
    from gateway.settings import read_settings

    table = Table("node", "serial", "issued", "holds until", "")
    with _told(), open_ledger(read_settings(settings)) as (ledger, _), ledger.reading() as books:
        for held in books.enrolments.certificates():
            dates = (f"{held.issued_at:%Y-%m-%d}", f"{held.expires_at:%Y-%m-%d}")
            revoked = f"revoked {held.revoked_at:%Y-%m-%d}" if held.revoked_at else ""
            table.add_row(held.node, held.serial[:16], *dates, revoked)
    Console().print(table if table.rows else "No node was enrolled yet.")


def _say_enrolled(node: str, host: str, port: int, into: Path) -> None:
    typer.echo(
        f"{node} is enrolled: {into / 'edge.toml'} is ready. It will call its broker at {host}:{port}."
    )
    typer.echo("Look at [readers] there. Then: systemctl enable --now passerelle-edge@" + node)


def _paths(readers: list[str] | None) -> dict[str, str]:
    pairs = [text.partition("=") for text in readers or ()]
    for name, _, path in pairs:
        if not path:
            raise typer.BadParameter(f"{name!r}: expected READER=PATH", param_hint="--reader")
    return {name: path for name, _, path in pairs}


@contextmanager
def _told() -> Iterator[None]:
    """Tell in a sentence why it cannot be done."""
    try:
        yield
    except _refusals() as refusal:
        typer.echo(refusal, err=True)
        raise typer.Exit(2) from refusal


def _refusals() -> tuple[type[Exception], ...]:
    """Return what is a user's to mend, of the half of the software that is installed here."""
    from protocol.codec import MessageRefused
    from protocol.site_file import SiteFileRefused

    found: list[type[Exception]] = [MessageRefused, SiteFileRefused, OSError]
    try:
        from edge.enrolment import EnrolmentFailed
    except ImportError:
        pass
    else:
        found.append(EnrolmentFailed)
    try:
        from gateway.commands import Refused
        from gateway.ports import LedgerFailed
        from gateway.settings import SettingsRefused
    except ImportError:
        pass
    else:
        found += [Refused, LedgerFailed, SettingsRefused]
    return tuple(found)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a certificate is held against this machine's clock
