"""What one may ask of the demo."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from firmware_sim.verify.history import SumsOfDay
from firmware_sim.verify.influx import influx_sums
from protocol.site import Site


class DemoRefused(ValueError):
    """The demo cannot be run as asked; the text says what was wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Influx:
    """An InfluxDB to record into: `token`, `org` and `bucket` for 2.x and 3, `database` for 1.x."""

    url: str
    token: str | None = None
    org: str | None = None
    bucket: str | None = None
    database: str | None = None

    def __post_init__(self) -> None:
        if (self.bucket is None) == (self.database is None):
            raise DemoRefused(
                "--influx needs to know where to write: give either --influx-bucket (InfluxDB 2.x and 3)"
                " or --influx-database (InfluxDB 1.x)"
            )

    def table(self, token_file: Path | None) -> dict[str, str]:
        """Return it as the gateway's settings have it; the token stands in `token_file`."""
        words = {
            "url": self.url,
            "token_file": str(token_file) if token_file else None,
            "org": self.org,
            "bucket": self.bucket,
            "database": self.database,
        }
        return {key: value for key, value in words.items() if value is not None}

    def sums(self, sites: Sequence[Site]) -> SumsOfDay:
        """Return the way to ask what it recorded."""
        headers = {"Authorization": f"Token {self.token}"} if self.token else None
        return influx_sums(self.url, self.database or self.bucket or "", sites, headers)


@dataclass(frozen=True, slots=True)
class Options:
    """`live_s` None lets people come and go until Ctrl-C; `days` is how much past there is."""

    live_s: float | None
    days: int
    seed: int
    port: int
    data: Path
    influx: Influx | None = None
