"""A gateway that is asked to end says goodbye and ends well: a service manager must not see a failure."""

import signal
from pathlib import Path

import pytest

from firmware_sim.bench.processes import GatewayProcess, client, free_port, key
from firmware_sim.mosquitto import Mosquitto
from gateway.adapters.clock import SystemClock
from protocol.codec import decode
from protocol.messages import GatewayStatus
from protocol.topics import gateway_status
from tests.servers.connection import Connection
from tests.whole_place import SITE_FILE, until


def statuses(broker: Connection) -> list[GatewayStatus]:
    return [decode(GatewayStatus, bytes(message.payload)) for message in broker.so_far()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_gateway_that_is_asked_to_end_says_goodbye_and_ends_with_0(
    tmp_path: Path, mosquitto: Mosquitto, number: signal.Signals
) -> None:
    settings = {
        "site_files": [str(SITE_FILE)],
        "tariff_files": [],
        "broker_host": mosquitto.host,
        "broker_port": mosquitto.port,
        "http_host": "127.0.0.1",
        "http_port": free_port(),
    }
    with Connection(mosquitto) as broker:
        broker.subscribe(gateway_status("sceaux-smart"))
        gateway = GatewayProcess.start(tmp_path / "gateway", settings)
        until(lambda: any(status.online for status in statuses(broker)))
        with (
            gateway.first_session() as session,
            client(gateway.url, key(session, "t", "admin")) as api,
            api.stream("GET", "/api/v1/occupancy/stream") as stream,  # which would never end by itself
        ):
            assert stream.status_code == 200
            asked_at = SystemClock().now()
            assert gateway.child.end(number) == 0
        farewell = until(lambda: [status for status in statuses(broker) if not status.online])[-1]
    assert farewell.at >= asked_at, "that was the last will, written when it connected"
    assert not (tmp_path / "gateway" / "ledger.sqlite-wal").exists(), "the ledger was not closed"
