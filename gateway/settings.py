"""The gateway's settings: one TOML file, checked whole before anything starts."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from gateway.domain.retention import AUDIT_MONTHS, BACKUP_DAYS, NAMED_DAYS, STATEMENT_YEARS, Limits

Port = Annotated[int, Field(ge=0, le=65535)]


class InfluxSettings(BaseModel):
    """Where usage is recorded: a `bucket` of InfluxDB 2 or 3, or a `database` of InfluxDB 1.x.

    The bucket goes with `org` and `token_file`; the database, where it asks who writes, with `username` and
    `password_file`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    bucket: str | None = None
    org: str | None = None
    token_file: Path | None = None
    database: str | None = None
    username: str | None = None
    password_file: Path | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.bucket is None) == (self.database is None):
            raise ValueError("name either a bucket (InfluxDB 2 and 3) or a database (InfluxDB 1.x)")
        if self.database is not None and (self.org or self.token_file):
            raise ValueError("org and token_file go with a bucket (InfluxDB 2 and 3)")
        if self.bucket is not None and (self.username or self.password_file):
            raise ValueError("username and password_file go with a database (InfluxDB 1.x)")
        return self

    def below(self, home: Path) -> Self:
        """Return these settings with relative paths counted from `home`."""
        files = {"token_file": self.token_file, "password_file": self.password_file}
        return self.model_copy(update={name: home / file for name, file in files.items() if file})


class MailSettings(BaseModel):
    """The server that takes mail from here; without `user` it must take it from anybody in this network."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str
    port: Port = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str
    user: str | None = None
    password_file: Path | None = None

    @model_validator(mode="after")
    def _password_under_cover(self) -> Self:
        if self.security == "none" and self.user is not None:
            raise ValueError("user and password need security = 'starttls' or 'tls': they would be readable")
        return self

    def below(self, home: Path) -> Self:
        """Return these settings with relative paths counted from `home`."""
        file = self.password_file
        return self.model_copy(update={"password_file": home / file if file else None})


class OpenIdSettings(BaseModel):
    """An OpenID Connect provider. It lets in whose verified mail an account has.

    `roles` makes accounts for others, by the values of their `roles_claim`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str
    client_id: str
    client_secret_file: Path
    roles_claim: str = "groups"
    roles: dict[str, Literal["admin", "staff", "billing"]] = {}

    @model_validator(mode="after")
    def _under_cover(self) -> Self:
        if not self.issuer.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise ValueError("issuer must be an https: address, for what comes from there is believed")
        return self

    def below(self, home: Path) -> Self:
        """Return these settings with relative paths counted from `home`."""
        return self.model_copy(update={"client_secret_file": home / self.client_secret_file})


class RetentionSettings(BaseModel):
    """How long is kept what names somebody, each within what the law allows (`gateway.domain.retention`).

    `backup_folders` are those where `passerelle backup` puts new files: older ones are deleted there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    named_days: Annotated[int, Field(ge=1, le=NAMED_DAYS)] = NAMED_DAYS
    audit_months: Annotated[int, Field(ge=AUDIT_MONTHS[0], le=AUDIT_MONTHS[1])] = AUDIT_MONTHS[1]
    statement_years: Annotated[int, Field(ge=STATEMENT_YEARS[0], le=STATEMENT_YEARS[1])] = STATEMENT_YEARS[1]
    backup_days: Annotated[int, Field(ge=1, le=BACKUP_DAYS)] = 30
    backup_folders: tuple[Path, ...] = ()

    @property
    def limits(self) -> Limits:
        return Limits(self.named_days, self.audit_months, self.statement_years, self.backup_days)


class CalendarSettings(BaseModel):
    """How calendars kept elsewhere are followed.

    `private_hosts` may be asked although their addresses are not public: servers of the house, by name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    poll_every_s: Annotated[float, Field(ge=10, le=24 * 3600)] = 300
    private_hosts: tuple[Annotated[str, StringConstraints(to_lower=True, min_length=1)], ...] = ()


class Settings(BaseModel):
    """`database_url` is SQLAlchemy's; without it the ledger is a SQLite file in `data_dir`.

    Secrets stand in files: `broker_password_file` holds the one of `broker_user`. With `broker_tls` the
    gateway shows a certificate that it issued to itself. Nodes' own hold for `node_certificate_days`, and are
    renewed when a third of that is left. Nodes reach the broker at `public_host`, if not at `broker_host`.
    `public_url` is where browsers find the pages, behind whatever ends TLS; links in mails and the cookies'
    `Secure` follow it.

    `audit_heads` is the file of the audit's signed heads, `audit-heads` in `data_dir` where it is not said:
    better on another disk, which whoever can write the ledger cannot reach.

    `clock = "stepped"` is for simulations: time stands at `clock_start` until it is moved over the API.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path
    site_files: tuple[Path, ...] = Field(min_length=1)
    tariff_files: tuple[Path, ...] = ()
    broker_host: str = "127.0.0.1"
    broker_port: Port = 1883
    broker_user: str | None = None
    broker_password_file: Path | None = None
    broker_tls: bool = False
    public_host: str | None = None
    node_certificate_days: Annotated[int, Field(ge=1, le=3650)] = 365
    http_host: str = "127.0.0.1"
    http_port: Port = 8000
    database_url: str | None = None
    influx: InfluxSettings | None = None
    mail: MailSettings | None = None
    oidc: OpenIdSettings | None = None
    public_url: str | None = None
    audit_heads: Path | None = None
    retention: RetentionSettings = RetentionSettings()
    calendars: CalendarSettings = CalendarSettings()
    clock: Literal["system", "stepped"] = "system"
    clock_start: AwareDatetime | None = None

    @model_validator(mode="after")
    def _start_of_time(self) -> Self:
        if (self.clock == "stepped") != (self.clock_start is not None):
            raise ValueError("clock_start goes with clock = 'stepped', and only with it")
        return self

    @model_validator(mode="after")
    def _known_where(self) -> Self:
        if (self.mail is not None or self.oidc is not None) and self.public_url is None:
            raise ValueError(
                "public_url is missing: links in mails, and logins elsewhere, must lead somewhere"
            )
        return self


class SettingsRefused(ValueError):
    """Settings with an error: the text lists file, key and what was expected, a line each."""


def read_settings(path: Path) -> Settings:
    """Read the settings in `path`. Raises SettingsRefused. Relative paths count from the file's folder."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        settings = Settings.model_validate(table)
    except OSError as error:
        raise SettingsRefused(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsRefused(f"{path}: not TOML: {error}") from error
    except ValidationError as error:
        lines = [
            f"{path}: {'.'.join(map(str, problem['loc'])) or 'settings'}: {problem['msg']}"
            for problem in error.errors(include_url=False)
        ]
        raise SettingsRefused("\n".join(lines)) from error
    home = path.parent
    password_file = settings.broker_password_file
    return settings.model_copy(
        update={
            "retention": settings.retention.model_copy(
                update={"backup_folders": tuple(home / each for each in settings.retention.backup_folders)}
            ),
            "audit_heads": home / settings.audit_heads if settings.audit_heads else None,
            "broker_password_file": home / password_file if password_file else None,
            "data_dir": home / settings.data_dir,
            "influx": settings.influx.below(home) if settings.influx else None,
            "mail": settings.mail.below(home) if settings.mail else None,
            "oidc": settings.oidc.below(home) if settings.oidc else None,
            "site_files": tuple(home / file for file in settings.site_files),
            "tariff_files": tuple(home / file for file in settings.tariff_files),
        }
    )
