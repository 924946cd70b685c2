"""The settings of one node: a TOML file, and the site file that it names. Wrong settings start nothing."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.core.wiring import Equipment, equipment
from edge.identity import KEEP_ALIVE_S
from host.tls import TlsFiles
from protocol.base import Id
from protocol.signing import public_from_text
from protocol.site import Site
from protocol.site_file import SiteFileRefused, read_site

_READER_PATH = re.compile(r"(udp|tty|usb):\S+")
_SHORTEST_KEY_BYTES = 16
_TLS_PATHS = ("broker_ca", "broker_certificate", "broker_key")
_PATHS = ("site_file", "data_dir", "broker_password_file", *_TLS_PATHS)


class SettingsRefused(ValueError):
    """Settings with an error: the text lists file, key and what was expected, a line each."""


def _public_key(text: str) -> str:
    try:
        public_from_text(text)
    except ValueError as error:
        raise ValueError("expected the gateway's Ed25519 public key: 32 bytes in base64") from error
    return text


def _secret(text: str) -> str:
    try:
        secret = bytes.fromhex(text)
    except ValueError as error:
        raise ValueError("expected hexadecimal digits") from error
    if len(secret) < _SHORTEST_KEY_BYTES:
        raise ValueError(f"expected at least {2 * _SHORTEST_KEY_BYTES} hexadecimal digits")
    return text


def _reader_path(text: str) -> str:
    if not _READER_PATH.fullmatch(text):
        raise ValueError("expected an nfcpy path such as 'tty:AMA0:pn532' or 'udp:127.0.0.1:40001'")
    return text


class NodeSettings(BaseModel):
    """The file's keys. `readers` gives each reader of the site file its nfcpy path.

    The password of `broker_user` stands alone in a file of its own. `broker_ca` holds who vouches for the
    broker; `broker_certificate` is shown to it, with its key in the same file, or in `broker_key`. Relative
    paths count from the settings' folder. The node promises to be heard of every
    `keep_alive_s`; after one and a half it is taken for dead. Its events take `spool_max_mb` of the disk at
    most; for `spool_days` they stay there after the gateway has them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    site_file: Path
    node: Id
    data_dir: Path
    broker_host: Annotated[str, Field(min_length=1)]
    broker_port: Annotated[int, Field(ge=1, le=65535)] = 1883
    broker_user: str | None = None
    broker_password_file: Path | None = None
    broker_ca: Path | None = None
    broker_certificate: Path | None = None
    broker_key: Path | None = None
    ledger: Id
    gateway_key: Annotated[str, AfterValidator(_public_key)]
    credential_key: Annotated[str, AfterValidator(_secret)]
    pins: Literal["lgpio", "pigpio"]
    clock: Literal["kernel", "assumed"]
    keep_alive_s: Annotated[int, Field(ge=1, le=3600)] = KEEP_ALIVE_S
    spool_max_mb: Annotated[int, Field(ge=1, le=1_000_000)] = 256
    spool_days: Annotated[float, Field(ge=0, le=3650)] = 7
    readers: dict[Id, Annotated[str, AfterValidator(_reader_path)]]

    @model_validator(mode="after")
    def _vouched_for(self) -> Self:
        if self.broker_ca is None and (self.broker_certificate or self.broker_key):
            raise ValueError("broker_ca is missing: expected the file of whoever vouches for the broker")
        if self.broker_key is not None and self.broker_certificate is None:
            raise ValueError("broker_certificate is missing: expected the one of broker_key")
        return self

    @property
    def tls(self) -> TlsFiles | None:
        """The files of a connection that is TLS; None for one in the clear."""
        if self.broker_ca is None:
            return None
        return TlsFiles(self.broker_ca, self.broker_certificate, self.broker_key)

    def below(self, home: Path) -> Self:
        """Return these settings with relative paths counted from `home`."""
        files = {name: getattr(self, name) for name in _PATHS}
        return self.model_copy(update={name: home / file for name, file in files.items() if file})


class Settings(BaseModel):
    """A node's settings, with the equipment that the site file gives it and the broker's password."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    file: NodeSettings
    equipment: Equipment
    broker_password: str | None


def read_settings(path: Path) -> Settings:
    """Read a settings file and its site file. Raises SettingsRefused."""
    keys = _read_keys(path)
    site = _read_site(path, keys)
    if keys.node not in {node.id for node in site.nodes}:
        known = ", ".join(node.id for node in site.nodes)
        raise SettingsRefused(f"{path}: node: {site.id!r} has no node {keys.node!r}, expected one of {known}")
    _check_tls_files(path, keys)
    hangs_here = equipment(site, keys.node)
    _check_readers(path, keys, {reader.id for reader in hangs_here.readers})
    return Settings(file=keys, equipment=hangs_here, broker_password=_read_password(path, keys))


def _read_keys(path: Path) -> NodeSettings:
    try:
        return NodeSettings.model_validate(_read_table(path)).below(path.parent)
    except ValidationError as error:
        lines = [
            f"{path}: {'.'.join(map(str, problem['loc'])) or 'settings'}: {problem['msg']}"
            for problem in error.errors(include_url=False)
        ]
        raise SettingsRefused("\n".join(lines)) from error


def _read_table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsRefused(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingsRefused(f"{path}: not TOML: {error}") from error


def _read_password(path: Path, keys: NodeSettings) -> str | None:
    file = keys.broker_password_file
    try:
        return file.read_text(encoding="utf-8").strip() if file else None
    except OSError as error:
        raise SettingsRefused(
            f"{path}: broker_password_file: {file} cannot be read: {error.strerror}"
        ) from error


def _check_tls_files(path: Path, keys: NodeSettings) -> None:
    """Refuse a file that is not there: a slip. What one holds stops no door: see the uplink."""
    missing = [name for name in _TLS_PATHS if (file := getattr(keys, name)) and not file.is_file()]
    if missing:
        raise SettingsRefused("\n".join(f"{path}: {n}: {getattr(keys, n)} is no file" for n in missing))


def _read_site(path: Path, keys: NodeSettings) -> Site:
    try:
        return read_site(keys.site_file.read_text(encoding="utf-8"), str(keys.site_file))
    except OSError as error:
        raise SettingsRefused(
            f"{path}: site_file: {keys.site_file} cannot be read: {error.strerror}"
        ) from error
    except SiteFileRefused as error:
        raise SettingsRefused(str(error)) from error


def _check_readers(path: Path, keys: NodeSettings, expected: set[str]) -> None:
    missing, unknown = expected - keys.readers.keys(), keys.readers.keys() - expected
    lines = [f"{path}: readers.{name}: missing, expected its nfcpy path" for name in missing]
    lines += [f"{path}: readers.{name}: {keys.node!r} has no such reader" for name in unknown]
    if lines:
        raise SettingsRefused("\n".join(sorted(lines)))
