"""Gateway and node before a service manager: a real socket, a real process."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import paho.mqtt.publish
import pytest

from firmware_sim.bench.processes import GatewayProcess, free_port
from firmware_sim.broker import EmbeddedBroker
from tests.whole_place import SITE_FILE, whole_place

_WATCHDOG_S = 1.5


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket at which systemd would listen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", str(int(_WATCHDOG_S * 1e6)))
        yield listening


@pytest.fixture
def gateway(tmp_path: Path, nats: EmbeddedBroker, manager: socket.socket) -> Iterator[GatewayProcess]:
    started = GatewayProcess.start(
        tmp_path / "gateway",
        {
            "site_files": [str(SITE_FILE)],
            "tariff_files": [],
            "broker_host": nats.host,
            "broker_port": nats.port,
            "http_host": "127.0.0.1",
            "http_port": free_port(),
        },
    )
    yield started
    started.stop()


def heard(manager: socket.socket, within_s: float) -> bytes:
    manager.settimeout(within_s)
    return manager.recv(64)


def test_the_manager_hears_that_the_gateway_is_ready_and_then_that_it_lives(
    manager: socket.socket, gateway: GatewayProcess
) -> None:
    assert heard(manager, 30) == b"READY=1"
    assert heard(manager, 30) == b"WATCHDOG=1"


def test_a_gateway_that_cannot_write_its_ledger_stops_feeding_the_watchdog(
    manager: socket.socket, gateway: GatewayProcess, nats: EmbeddedBroker
) -> None:
    assert heard(manager, 30) == b"READY=1"
    assert heard(manager, 30) == b"WATCHDOG=1"
    with closing(sqlite3.connect(gateway.folder / "ledger.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        topic = "passerelle/sceaux-smart/ss-entrance/up/events"
        paho.mqtt.publish.single(topic, b"{}", hostname=nats.host, port=nats.port)
        feeds = 0
        with suppress(TimeoutError):
            for feeds in range(20):  # noqa: B007 - what was fed before the writer got stuck
                heard(manager, 3 * _WATCHDOG_S)
        assert feeds < 19
        other.execute("ROLLBACK")
    assert heard(manager, 30) == b"WATCHDOG=1"


def test_a_node_tells_the_manager_as_the_gateway_does(
    tmp_path: Path, nats: EmbeddedBroker, manager: socket.socket
) -> None:
    with whole_place(tmp_path, nats):
        words = [heard(manager, 30) for _ in range(8)]
    assert words.count(b"READY=1") == 2
    assert words.count(b"WATCHDOG=1") == 6
