"""Fetching feeds from real servers, some of which mean no good."""

import gzip
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.adapters.feeds import web
from gateway.adapters.feeds.addresses import is_public
from gateway.adapters.feeds.reading import read
from gateway.adapters.feeds.web import WebFeed
from gateway.domain.feeds import FeedRefused
from gateway.ports import Fetched, Version
from tests.feeds import FeedServer, feed_server, ics, once

NEW = Version()
NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
SPAN = (ZoneInfo("Europe/Paris"), NINE, NINE + timedelta(days=200))


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with feed_server() as server:
        yield server


@pytest.fixture
def feed() -> WebFeed:
    """A feed that may ask the loopback address, as a setting allows."""
    return WebFeed({"127.0.0.1", "localhost", "calendar.example"})


def refusal(feed: WebFeed, url: str) -> tuple[str, str]:
    with pytest.raises(FeedRefused) as refused:
        feed.fetch(url, NEW)
    return refused.value.code, refused.value.detail


def redirect(to: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", to)
        request.end_headers()

    return answer


def loopback(host: str, port: int, *args: object, **more: object) -> list[object]:
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]


def self_signed(folder: Path, name: str) -> Path:
    """Write a certificate for `name`, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)  # noqa: TID251  # the other side's clock
    made = (
        x509.CertificateBuilder(called, called, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + key.private_bytes(*plain))
    return file


def test_a_feed_is_fetched_once_and_then_only_asked_after(server: FeedServer, feed: WebFeed) -> None:
    server.body = ics(once("a", "20261125T090000", "20261125T100000"))
    first = feed.fetch(server.url, NEW)
    assert isinstance(first, Fetched)
    assert first.body == server.body
    assert feed.fetch(server.url, first.version) is None
    server.body = ics()
    assert isinstance(feed.fetch(server.url, first.version), Fetched)


def test_an_address_of_the_house_is_not_asked_without_leave(server: FeedServer) -> None:
    assert refusal(WebFeed(), server.url) == ("private", "127.0.0.1")
    assert server.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "ff02::1",
    ],
)
def test_no_special_address_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
def test_other_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_another_spelling_of_an_address_changes_nothing(host: str) -> None:
    assert refusal(WebFeed(), f"http://{host}:9/")[0] in {"private", "unknown_host"}


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert refusal(WebFeed(), "http://calendar.example/") == ("private", "calendar.example")


def test_a_name_is_looked_up_once_and_what_was_checked_is_asked(
    server: FeedServer, feed: WebFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, looked_up = socket.getaddrinfo, []

    def look_up(host: str, port: int, *args: object, **more: object) -> object:
        if host != "calendar.example":
            return really(host, port, *args, **more)  # type: ignore[arg-type]  # passed on as it came
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert feed.fetch(server.url.replace("127.0.0.1", "calendar.example"), NEW)
    assert looked_up == ["calendar.example"]
    assert server.asked[0][1]["host"].startswith("calendar.example:")


def test_a_redirect_is_followed_but_checked_as_if_it_had_been_asked(server: FeedServer) -> None:
    with feed_server() as elsewhere:
        server.answer = redirect(elsewhere.url.replace("127.0.0.1", "localhost"))
        assert refusal(WebFeed({"127.0.0.1"}), server.url) == ("private", "localhost")
        assert elsewhere.asked == []
        assert WebFeed({"127.0.0.1", "localhost"}).fetch(server.url, NEW)


def test_redirects_end_somewhere(server: FeedServer, feed: WebFeed) -> None:
    server.answer = redirect("/again.ics")
    assert refusal(feed, server.url) == ("redirects", "3")
    assert len(server.asked) == 4


@pytest.mark.parametrize("to", ["file:///etc/passwd", "gopher://x/", "ftp://x/", ""])
def test_a_redirect_out_of_the_web_is_refused(server: FeedServer, feed: WebFeed, to: str) -> None:
    server.answer = redirect(to)
    assert refusal(feed, server.url)[0] in {"bad_url", "redirects"}


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "room.ics",
        "http://",
        "http://u:p@x/",
        "http://x:99999/",
        "http://[",
        "http://x\0y/",
    ],
)
def test_only_addresses_of_the_web_are_feeds(feed: WebFeed, url: str) -> None:
    assert refusal(feed, url) == ("bad_url", "")


def test_a_hundred_megabytes_are_not_waited_for(server: FeedServer, feed: WebFeed) -> None:
    sent = 0

    def answer(request: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        request.send_response(200)
        request.end_headers()
        for _ in range(100):
            request.wfile.write(b"X" * 1024 * 1024)
            sent += 1

    server.answer = answer
    assert refusal(feed, server.url) == ("too_large", "16")
    assert sent < 40


def test_what_is_packed_is_not_unpacked(server: FeedServer, feed: WebFeed) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Encoding", "gzip")
        request.end_headers()
        request.wfile.write(gzip.compress(ics()))

    server.answer = answer
    assert refusal(feed, server.url) == ("encoded", "gzip")


def test_a_server_that_dawdles_is_left(
    server: FeedServer, feed: WebFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        for _ in range(100):
            request.wfile.write(b"X")
            time.sleep(0.05)

    server.answer = answer
    monkeypatch.setattr(web, "_WHOLE_S", 0.3)
    assert refusal(feed, server.url) == ("too_slow", "0.3")


def test_headers_that_never_end_are_not_waited_for_either(
    server: FeedServer, feed: WebFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        for _ in range(100):
            request.wfile.write(b"H")
            time.sleep(0.05)

    server.answer = answer
    monkeypatch.setattr(web, "_WHOLE_S", 0.3)
    before = time.perf_counter()
    assert refusal(feed, server.url) == ("too_slow", "0.3")
    assert time.perf_counter() - before < 2


def test_an_address_of_letters_beyond_ascii_is_asked_as_browsers_do(
    server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", loopback)
    url = server.url.replace("127.0.0.1", "agenda-été.example").replace("room.ics", "salle été.ics?q=é")
    assert WebFeed({"xn--agenda-t-h1ab.example"}).fetch(url, NEW)
    [(path, headers)] = server.asked
    assert path == "/salle%20%C3%A9t%C3%A9.ics?q=%C3%A9"
    assert headers["host"].startswith("xn--agenda-t")


def test_over_https_the_server_must_be_who_it_says(
    tmp_path: Path, feed: WebFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = self_signed(tmp_path, "calendar.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with feed_server(context) as server:
        url = server.url.replace("http://127.0.0.1", "https://calendar.example")
        monkeypatch.setattr(socket, "getaddrinfo", loopback)
        assert refusal(feed, url) == ("unreachable", "calendar.example")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert feed.fetch(url, NEW)
        assert refusal(WebFeed({"other.example"}), url.replace("calendar.", "other."))[0] == "unreachable"
        server.answer = redirect("http://calendar.example/")
        assert refusal(feed, url) == ("downgraded", "calendar.example")


@pytest.mark.parametrize("status", [404, 410, 500])
def test_a_server_that_says_no_is_heard(server: FeedServer, feed: WebFeed, status: int) -> None:
    server.answer = lambda request: request.send_error(status)
    assert refusal(feed, server.url) == ("status", str(status))


def test_a_feed_that_breaks_off_is_none(server: FeedServer, feed: WebFeed) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        request.wfile.write(ics())

    server.answer = answer
    assert refusal(feed, server.url) == ("broken_off", "")


def test_a_server_that_is_not_there_is_told(feed: WebFeed) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        assert refusal(feed, url) == ("unreachable", "127.0.0.1")


def test_a_feed_is_read_in_a_process_of_its_own(feed: WebFeed) -> None:
    [meeting] = feed.read(ics(once("a", "20261125T090000", "20261125T100000", "SUMMARY:é")), *SPAN)
    assert (meeting.starts_at, meeting.title) == (datetime(2026, 11, 25, 9, tzinfo=UTC), "é")


def test_what_is_refused_there_is_refused_here(feed: WebFeed) -> None:
    with pytest.raises(FeedRefused, match="html"):
        feed.read(b"<html></html>", *SPAN)


def test_a_rule_that_never_comes_true_is_given_up() -> None:
    never = (
        "UID:a\nDTSTART:20261125T090000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30;BYSECOND=0"
    )
    endless = [f"{never}\nSUMMARY:{n}".replace("UID:a", f"UID:{n}") for n in range(20)]
    before = time.perf_counter()
    with pytest.raises(FeedRefused, match="endless"):
        read(ics(*endless), *SPAN, patience_s=1.0)
    assert time.perf_counter() - before < 3
