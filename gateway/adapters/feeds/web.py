"""Fetching a feed over HTTP: few redirects, few bytes, little time, and only from where it may come."""

import socket
import ssl
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Timer
from typing import Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit
from zoneinfo import ZoneInfo

from gateway.adapters.feeds.addresses import checked_address
from gateway.adapters.feeds.reading import read
from gateway.domain.calendars import Meeting
from gateway.domain.feeds import FeedRefused
from gateway.ports import LARGEST_FEED, Fetched, Version

_MOST_REDIRECTS: Final = 3
_SILENT_S: Final = 10.0
_WHOLE_S: Final = 30.0
_CHUNK: Final = 64 * 1024
_PORTS: Final = {"http": 80, "https": 443}
_IN_A_TARGET: Final = "%/?:@!$&'()*+,;=-._~"  # RFC 3986, and what is escaped already
_OK, _NOT_MODIFIED = 200, 304
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class WebFeed:
    """Feeds on the web. `private_hosts` (lower case) may be asked although their addresses are not public."""

    def __init__(self, private_hosts: Collection[str] = ()) -> None:
        self._private_hosts = frozenset(private_hosts)

    def fetch(self, url: str, known: Version) -> Fetched | None:
        return _fetch(url, known, self._private_hosts)

    def read(self, body: bytes, zone: ZoneInfo, start: datetime, end: datetime) -> Sequence[Meeting]:
        return read(body, zone, start, end)


def _fetch(url: str, known: Version, private_hosts: Collection[str]) -> Fetched | None:
    """Return what `url` gives, None where it still is what is `known`. Raises FeedRefused."""
    deadline = _now_s() + _WHOLE_S
    here = _parts("", url)
    for _ in range(_MOST_REDIRECTS + 1):
        with _asked(here, known, private_hosts, deadline) as answer:
            if answer.status not in _REDIRECTS:
                return _taken(answer)
            there = _parts(here.geturl(), answer.headers.get("Location", ""))
        if here.scheme == "https" and there.scheme == "http":
            raise FeedRefused("downgraded", there.hostname or "")
        here = there
    raise FeedRefused("redirects", str(_MOST_REDIRECTS))


def _parts(base: str, url: str) -> SplitResult:
    """Take an address apart that is complete, or leads on from `base`. Its host is as DNS writes it."""
    try:
        parts = urlsplit(urljoin(base, url.strip()).replace("webcal://", "https://", 1))
        host = (parts.hostname or "").encode("idna").decode()
        sound = parts.scheme in _PORTS and host.isprintable() and parts.port != 0
    except ValueError as error:
        raise FeedRefused("bad_url") from error
    if not sound or not host or parts.username is not None:
        raise FeedRefused("bad_url")
    literal = f"[{host}]" if ":" in host else host
    return parts._replace(netloc=literal if parts.port is None else f"{literal}:{parts.port}")


@contextmanager
def _asked(
    where: SplitResult, known: Version, private_hosts: Collection[str], deadline: float
) -> Iterator[HTTPResponse]:
    """Ask one server, at the very address that was checked. What goes wrong until the end is a refusal."""
    host, port = where.hostname or "", where.port or _PORTS[where.scheme]
    address = checked_address(host, port, private_hosts)
    try:
        with _line_to(address, port, deadline) as line:
            if where.scheme == "https":
                line = ssl.create_default_context().wrap_socket(line, server_hostname=host)  # noqa: PLW2901  # the same line
            with line:
                connection = HTTPConnection(host, port)
                connection.sock = line
                connection.request("GET", _target(where), headers=_headers(where, known))
                with connection.getresponse() as answer:
                    yield answer
    except (OSError, HTTPException) as error:
        raise FeedRefused("unreachable", host) from error
    finally:
        if _now_s() > deadline:
            raise FeedRefused("too_slow", f"{_WHOLE_S:g}")


@contextmanager
def _line_to(address: str, port: int, deadline: float) -> Iterator[socket.socket]:
    """Connect; when the time is up the line is cut, whatever is waited for on it."""
    left_s = max(0.0, deadline - _now_s())
    with socket.create_connection((address, port), timeout=min(_SILENT_S, left_s)) as line:
        line.settimeout(_SILENT_S)
        with line.dup() as other_end:
            watch = Timer(left_s, _cut, [other_end])
            watch.start()
            try:
                yield line
            finally:
                watch.cancel()
                watch.join()


def _cut(line: socket.socket) -> None:
    with suppress(OSError):  # the server has hung up already
        line.shutdown(socket.SHUT_RDWR)


def _target(where: SplitResult) -> str:
    return quote((where.path or "/") + (f"?{where.query}" if where.query else ""), safe=_IN_A_TARGET)


def _headers(where: SplitResult, known: Version) -> dict[str, str]:
    # Uncompressed: a few bytes can be made to unpack to gigabytes.
    said = {"Host": where.netloc, "Accept": "text/calendar", "Accept-Encoding": "identity"}
    if known.etag:
        said["If-None-Match"] = known.etag
    if known.last_modified:
        said["If-Modified-Since"] = known.last_modified
    return said


def _taken(answer: HTTPResponse) -> Fetched | None:
    if answer.status == _NOT_MODIFIED:
        return None
    if answer.status != _OK:
        raise FeedRefused("status", str(answer.status))
    encoding = answer.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise FeedRefused("encoded", encoding)
    version = Version(answer.headers.get("ETag"), answer.headers.get("Last-Modified"))
    return Fetched(_body(answer), version)


def _body(answer: HTTPResponse) -> bytes:
    body = bytearray()
    try:
        while chunk := answer.read1(_CHUNK):
            body += chunk
            if len(body) > LARGEST_FEED:
                raise FeedRefused("too_large", str(LARGEST_FEED // 1024 // 1024))
    except (OSError, HTTPException) as error:
        raise FeedRefused("broken_off") from error
    if answer.length:
        raise FeedRefused("broken_off")
    return bytes(body)


def _now_s() -> float:
    return time.monotonic()  # noqa: TID251  # how long a server may take, on this machine
