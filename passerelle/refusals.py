"""How a command says in a sentence why it cannot be done."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer


@contextmanager
def told() -> Iterator[None]:
    """Tell what stands against it on stderr, and end with 2."""
    from gateway.commands import Refused
    from gateway.ports import LedgerFailed
    from gateway.settings import SettingsRefused
    from host.claim import ClaimRefused
    from protocol.site_file import SiteFileRefused

    try:
        yield
    except (SettingsRefused, SiteFileRefused, ClaimRefused, LedgerFailed, Refused) as refusal:
        typer.echo(refusal, err=True)
        raise typer.Exit(2) from refusal
    except OSError as error:
        typer.echo(f"{error.filename}: {error.strerror}", err=True)
        raise typer.Exit(2) from error
