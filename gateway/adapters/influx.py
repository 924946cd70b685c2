"""History in InfluxDB, through influxdb-client and always synchronously.

The client's own background batches hold points in memory and drop them after some attempts: here nothing is
written that the server has not taken when `write` returns.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from http import HTTPStatus

from influxdb_client import InfluxDBClient, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from gateway.domain.history import Point, Value
from gateway.ports import NotWritten

_log = logging.getLogger(__name__)
_TIMEOUT_MS = 10_000
_ESCAPED_NAME = str.maketrans({",": "\\,", "=": "\\=", " ": "\\ ", "\n": "\\n"})
_ESCAPED_TEXT = str.maketrans({'"': '\\"', "\\": "\\\\", "\n": "\\n"})


class BucketHistory:
    """A bucket of InfluxDB 2.x or 3, written at `/api/v2/write`."""

    def __init__(self, url: str, bucket: str, org: str, token: str | None) -> None:
        self._bucket = bucket
        self._client = InfluxDBClient(url, token, org=org, timeout=_TIMEOUT_MS)
        self._writing = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, points: Sequence[Point]) -> None:
        with _in_our_words(self._client.url):
            self._writing.write(self._bucket, record=lines(points), write_precision=WritePrecision.NS)

    def close(self) -> None:
        self._client.close()


class DatabaseHistory:
    """A database of InfluxDB 1.x, written at `/write`: the only way before 1.8. Made where it is missing."""

    def __init__(self, url: str, database: str, username: str | None, password: str | None) -> None:
        self._database = database
        secret = None if username is None else f"{username}:{password or ''}"
        self._client = InfluxDBClient(url, secret, org="", auth_basic=secret is not None, timeout=_TIMEOUT_MS)

    def write(self, points: Sequence[Point]) -> None:
        body = lines(points)
        with _in_our_words(self._client.url):
            try:
                self._post("/write", {"db": self._database, "precision": "ns"}, body)
            except ApiException as refusal:
                if refusal.status != HTTPStatus.NOT_FOUND:
                    raise
                self._create()
                self._post("/write", {"db": self._database, "precision": "ns"}, body)

    def close(self) -> None:
        self._client.close()

    def _create(self) -> None:
        name = self._database.translate(_ESCAPED_TEXT)
        self._post("/query", {"q": f'CREATE DATABASE "{name}"'}, b"")
        _log.warning(
            "influx_database=%s was made; where one was lost, `passerelle history rebuild` fills it again",
            self._database,
        )

    def _post(self, path: str, query: dict[str, str], body: bytes) -> None:
        self._client.api_client.call_api(
            path,
            "POST",
            query_params=list(query.items()),
            header_params={"Content-Type": "text/plain; charset=utf-8"},
            body=body,
        )


def lines(points: Sequence[Point]) -> bytes:
    """Write `points` in InfluxDB's line protocol, a line each, times in nanoseconds."""
    return "\n".join(_line(point) for point in points).encode()


def _line(point: Point) -> str:
    fields = ",".join(f"{name}={_field(value)}" for name, value in point.fields.items())
    return f"{_series(point.measurement, point.tags)} {fields} {point.time_ns}"


@lru_cache(maxsize=4096)
def _series(measurement: str, tags: tuple[tuple[str, str], ...]) -> str:
    return ",".join([measurement, *(f"{name}={value.translate(_ESCAPED_NAME)}" for name, value in tags)])


def _field(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value}i"
    if isinstance(value, float):
        return repr(value)
    return f'"{value.translate(_ESCAPED_TEXT)}"'


@contextmanager
def _in_our_words(url: str) -> Iterator[None]:
    try:
        yield
    except ApiException as refusal:
        if "beyond retention policy" not in str(refusal.message):
            raise NotWritten(f"InfluxDB at {url} answers {refusal.status}: {refusal.message}") from refusal
        # The server kept what its own policy lets it keep; sending it again would change nothing.
        _log.warning("influx=%s dropped points: %s", url, refusal.message)
    except HTTPError as error:
        raise NotWritten(f"InfluxDB at {url} cannot be reached: {error}") from error
