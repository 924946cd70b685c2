"""A small HTTP server that takes writes as InfluxDB 2.x documents them, strictly, and keeps the points."""

import json
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlsplit

from gateway.domain.history import Value

ORG: Final = "Sceaux Smart"
BUCKET: Final = "passerelle"
TOKEN: Final = "a-token"

_QUERY: Final = {"org": [ORG], "bucket": [BUCKET], "precision": ["ns"]}

Key = tuple[str, tuple[tuple[str, str], ...], int]

_NAME = r"(?:\\[,= ]|[^\\,= \n])+"
_TEXT = r'"(?:\\.|[^"\\\n])*"'
_SET = re.compile(rf"(?P<name>{_NAME})=(?P<value>{_TEXT}|{_NAME})(?:,|$)")
_LINE = re.compile(rf'(?P<series>(?:\\.|[^\\ \n])+) (?P<fields>(?:{_TEXT}|[^" \n])+) (?P<time>-?\d+)')
_KINDS: Final[Mapping[re.Pattern[str], Callable[[str], Value]]] = {
    re.compile(r"-?\d+i"): lambda text: int(text[:-1]),
    re.compile(r"true|false"): lambda text: text == "true",
    re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?"): float,
    re.compile(_TEXT): lambda text: re.sub(r'\\(["\\])', r"\1", text[1:-1]),
}


class LineRefused(ValueError):
    """A line that is not line protocol, or changes the type of a field."""


class BucketServer:
    """Listens on a loopback port until it is left. `mishaps` are taken by the next requests, one each.

    A mishap is a status to answer with, or None to hang up without a word.
    """

    def __init__(self) -> None:
        self.points: dict[Key, dict[str, Value]] = {}
        self.mishaps: deque[HTTPStatus | None] = deque()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def take(self, text: str) -> None:
        """Keep the points of `text` as a database does: same measurement, tags and time replace fields."""
        for line in text.split("\n"):
            key, fields = read_line(line)
            known = self.points.setdefault(key, {})
            for name, value in fields.items():
                if type(known.get(name, value)) is not type(value):
                    raise LineRefused(f"field type conflict: {name!r} in {line!r}")
            known.update(fields)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def read_line(line: str) -> tuple[Key, dict[str, Value]]:
    """Read one line of line protocol, whole. Raises LineRefused."""
    found = _LINE.fullmatch(line)
    if found is None:
        raise LineRefused(f"unable to parse {line!r}")
    measurement, _, tags = found["series"].partition(",")
    read_tags = {name: _plain(value) for name, value in _pairs(tags)}
    fields = {name: _value(value) for name, value in _pairs(found["fields"])}
    if shared := read_tags.keys() & fields.keys():
        raise LineRefused(f"InfluxDB 3 wants tags and fields of different names: {shared}")
    return (measurement, tuple(sorted(read_tags.items())), int(found["time"])), fields


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs, end = [], 0
    while end < len(text):
        found = _SET.match(text, end)
        if found is None:
            raise LineRefused(f"unable to parse {text!r} from {text[end:]!r}")
        pairs.append((_plain(found["name"]), found["value"]))
        end = found.end()
    return pairs


def _plain(name: str) -> str:
    return re.sub(r"\\([,= ])", r"\1", name)


def _value(text: str) -> Value:
    for kind, read in _KINDS.items():
        if kind.fullmatch(text):
            return read(text)
    raise LineRefused(f"{text!r} is no field value")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, bucket: BucketServer, *connection: Any) -> None:
        self._bucket = bucket
        super().__init__(*connection)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        mishaps = self._bucket.mishaps
        if not mishaps:
            self._answer(*self._judge(body))
        elif (status := mishaps.popleft()) is not None:
            self._answer(status, "unavailable", "not now")
        else:
            self.close_connection = True

    def _judge(self, body: bytes) -> tuple[HTTPStatus, str, str]:
        asked = urlsplit(self.path)
        if asked.path != "/api/v2/write":
            return HTTPStatus.NOT_FOUND, "not found", "path not found"
        if self.headers["Authorization"] != f"Token {TOKEN}":
            return HTTPStatus.UNAUTHORIZED, "unauthorized", "unauthorized access"
        if (given := parse_qs(asked.query)) != _QUERY:
            return HTTPStatus.NOT_FOUND, "not found", f"asked for {given}, here is {_QUERY}"
        try:
            self._bucket.take(body.decode())
        except LineRefused as refusal:
            return HTTPStatus.BAD_REQUEST, "invalid", str(refusal)
        return HTTPStatus.NO_CONTENT, "", ""

    def _answer(self, status: HTTPStatus, code: str, message: str) -> None:
        body = json.dumps({"code": code, "message": message}).encode() if code else b""
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
