"""A broker that checks nothing and passes on what is no text: the links outlive it."""

import asyncio
import socket
import time
from collections.abc import Iterator, Sequence
from threading import Thread
from typing import Final

import pytest

from edge.adapters.uplink import Broker, LastWill, MqttUplink
from edge.ports import PortFact, Received
from gateway.adapters.mqtt import Broker as GatewaysBroker
from gateway.adapters.mqtt import SiteLink
from tests.fakes import SetClock

_CONNACK: Final = b"\x20\x02\x00\x00"
_NO_TEXT: Final = b"passerelle/\xff/up/events"
_TEXT: Final = b"passerelle/s/n/up/events"
_WAIT_S: Final = 10.0
_LOOK_EVERY_S: Final = 0.01
_LOOKS: Final = 1000


def _publish(topic: bytes) -> bytes:
    body = len(topic).to_bytes(2, "big") + topic + b"hello"
    return bytes([0x30, len(body)]) + body


class RudeBroker:
    """Takes one client, confirms its subscription, and sends a topic that is no UTF-8, then a good one."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._listener.close()
        self._thread.join(_WAIT_S)

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        with client:
            client.recv(1024)
            client.sendall(_CONNACK)
            packet_id = client.recv(1024)[2:4]
            client.sendall(b"\x90\x03" + packet_id + b"\x01" + _publish(_NO_TEXT) + _publish(_TEXT))
            while client.recv(1024):
                pass


@pytest.fixture
def rude() -> Iterator[RudeBroker]:
    broker = RudeBroker()
    yield broker
    broker.close()


def test_a_node_still_hears_after_a_topic_that_is_no_text(rude: RudeBroker) -> None:
    async def play() -> None:
        posted: list[PortFact] = []
        will = LastWill("passerelle/s/n/up/status", b"gone")
        uplink = MqttUplink(Broker("127.0.0.1", rude.port), "n", will, ["passerelle/#"])
        uplink.start(posted.append)
        await asyncio.to_thread(_wait_for, posted, Received(_TEXT.decode(), b"hello", retained=False))
        await uplink.close()

    asyncio.run(play())


def test_a_gateway_still_hears_after_a_topic_that_is_no_text(rude: RudeBroker) -> None:
    heard: list[tuple[str, bytes]] = []

    def receive(topic: str, payload: bytes) -> None:
        heard.append((topic, payload))

    broker = GatewaysBroker("127.0.0.1", rude.port)
    link = SiteLink("s", broker, SetClock(), "5" * 16, receive, connected=lambda: None)
    link.open()
    _wait_for(heard, (_TEXT.decode(), b"hello"))
    link.close()


def _wait_for(seen: Sequence[object], wanted: object) -> None:
    for _ in range(_LOOKS):
        if wanted in seen:
            return
        time.sleep(_LOOK_EVERY_S)
    raise AssertionError(f"only {seen} came")
