"""Calendars as other people's servers give them, and a server that does what it is told."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def ics(*events: str) -> bytes:
    """Write a feed of `events`, each given by its lines."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//somebody//calendar//FR"]
    for event in events:
        lines += ["BEGIN:VEVENT", *event.strip().split("\n"), "END:VEVENT"]
    return "".join(f"{line.strip()}\r\n" for line in [*lines, "END:VCALENDAR"]).encode()


def once(uid: str, start: str, end: str, *more: str) -> str:
    """Write an event that takes place once, at UTC times such as "20261125T090000"."""
    return "\n".join([f"UID:{uid}", f"DTSTART:{start}Z", f"DTEND:{end}Z", *more])


@dataclass
class FeedServer:
    """Answers with `body` under an ETag of its own, or as `answer` says."""

    url: str = ""
    body: bytes = field(default_factory=ics)
    answer: Callable[[BaseHTTPRequestHandler], None] | None = None
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append((request.path, {name.lower(): said for name, said in request.headers.items()}))
        if self.answer is not None:
            self.answer(request)
            return
        etag = f'"{hash(self.body)}"'
        known = request.headers.get("If-None-Match") == etag
        request.send_response(304 if known else 200)
        request.send_header("ETag", etag)
        request.send_header("Content-Length", "0" if known else str(len(self.body)))
        request.end_headers()
        if not known:
            request.wfile.write(self.body)


@contextmanager
def feed_server(tls: ssl.SSLContext | None = None) -> Iterator[FeedServer]:
    """Serve on a free port of the loopback address until the block ends."""
    server = FeedServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                server.handle(self)
            except ConnectionError:
                self.close_connection = True  # whoever asked has heard enough

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        if tls is not None:
            listening.socket = tls.wrap_socket(listening.socket, server_side=True)
        server.url = f"http://127.0.0.1:{listening.server_address[1]}/room.ics"
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        listening.shutdown()
        thread.join()
