"""Writing what a broker must be told, from site files, certificates and revocations, each file whole."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from gateway.adapters.brokers import mosquitto, nats
from gateway.bootstrap import open_authority
from gateway.settings import Settings
from host.files import replace

BrokerKind = Literal["mosquitto", "nats"]

_SERVER, _AUTHORITY, _REVOKED = "server.pem", "ca.pem", "revoked.pem"
_PRIVATE, _PUBLIC = 0o640, 0o644


def write_configuration(settings: Settings, kind: BrokerKind, into: Path, names: Sequence[str]) -> list[Path]:
    """Write the broker's configuration into a folder; returns the files that changed.

    Its certificate is for `names` besides those that the settings give: it is made anew when these change or
    a third of its life is left. Raises SettingsRefused, OSError.
    """
    into.mkdir(parents=True, exist_ok=True)
    folder, port = into.resolve(), settings.broker_port
    before = _contents(into)
    with open_authority(settings) as (authority, ledger, sites, now):
        with ledger.reading() as books:
            certificates, revoked = books.enrolments.certificates(), books.enrolments.revoked_nodes()
        texts = (
            mosquitto.configuration(sites, revoked, folder, port)
            if kind == "mosquitto"
            else nats.configuration(sites, revoked, folder, port, authority.place)
        )
        authority.keep_server(into / _SERVER, _all_names(settings, names), now)
        files = {name: text.encode() for name, text in texts.items()}
        files[_AUTHORITY] = authority.certificate.encode()
        if kind == "mosquitto":
            authority.keep_revoked(into / _REVOKED, certificates, now)
    for name, content in files.items():
        if before.get(name) != content:
            replace(into / name, content)
    for name in (*files, *([_REVOKED] if kind == "mosquitto" else [])):
        (into / name).chmod(_PUBLIC)  # whatever the umask: the broker reads them again when it is reloaded
    _let_read(into / _SERVER, kind)
    return [into / name for name, content in sorted(_contents(into).items()) if before.get(name) != content]


def _all_names(settings: Settings, names: Sequence[str]) -> list[str]:
    given = (settings.public_host, settings.broker_host, "localhost", "127.0.0.1", *names)
    return list(dict.fromkeys(name for name in given if name))


def _let_read(file: Path, group: str) -> None:
    """Let the broker, which has laid down root's rights, read its own key, and nobody else."""
    try:
        shutil.chown(file, group=group)
    except (LookupError, PermissionError):
        return  # no such group here, or we are not root: whoever runs the broker is this user
    file.chmod(_PRIVATE)


def _contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
