"""The connection to a broker, on every broker that the project supports."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from edge.adapters.uplink import Broker as Where
from edge.adapters.uplink import LastWill, MqttUplink
from edge.ports import LinkDown, LinkUp, PortFact, Received
from protocol.topics import NodeTopics, gateway_status
from tests.servers.fixtures import Broker

TOPICS = NodeTopics("sceaux-smart", "ss-entrance")
WILL = LastWill(TOPICS.up("status"), b"gone")
WAIT_S = 10.0


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not holds():  # noqa: ASYNC110 - what is awaited happens in paho's thread
            await asyncio.sleep(0.01)


@dataclass
class Line:
    """A node's uplink with all it posted, and a gateway at the other end with all it received."""

    uplink: MqttUplink
    gateway: Client
    posted: list[PortFact] = field(default_factory=list)
    arrived: list[tuple[str, bytes, bool]] = field(default_factory=list)

    async def up(self, times: int = 1) -> None:
        await until(lambda: self.posted.count(LinkUp()) == times)

    def note(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.arrived.append((message.topic, bytes(message.payload), message.retain))


def told(broker: Broker, story: Callable[[Line], Coroutine[Any, Any, None]]) -> None:
    async def play() -> None:
        uplink = MqttUplink(
            Where(broker.host, broker.port),
            client_id="passerelle-ss-entrance",
            will=WILL,
            filters=(TOPICS.all_down, gateway_status("sceaux-smart")),
        )
        gateway = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv311)
        line = Line(uplink, gateway)
        gateway.on_message = line.note
        gateway.connect(broker.host, broker.port)
        gateway.subscribe("passerelle/+/+/up/#", qos=1)
        gateway.loop_start()
        uplink.start(line.posted.append)
        try:
            await story(line)
        finally:
            await uplink.close()
            gateway.disconnect()
            gateway.loop_stop()

    asyncio.run(play())


def test_what_a_node_publishes_arrives_in_order(broker: Broker) -> None:
    async def story(line: Line) -> None:
        await line.up()
        for number in range(200):
            line.uplink.publish(TOPICS.up("events"), b"%d" % number)
        await until(lambda: len(line.arrived) == 200)
        assert [int(payload) for _, payload, _ in line.arrived] == list(range(200))

    told(broker, story)


def test_what_the_gateway_sends_is_posted_and_says_whether_it_was_kept(broker: Broker) -> None:
    async def story(line: Line) -> None:
        await line.up()
        line.gateway.publish(TOPICS.down("ack"), b"1", qos=1)
        line.gateway.publish(TOPICS.down("access/patch"), b"2", qos=1)
        line.gateway.publish(gateway_status("sceaux-smart"), b"3", qos=1)
        await until(lambda: len(line.posted) == 4)
        assert set(line.posted[1:]) == {
            Received(TOPICS.down("ack"), b"1", retained=False),
            Received(TOPICS.down("access/patch"), b"2", retained=False),
            Received(gateway_status("sceaux-smart"), b"3", retained=False),
        }

    told(broker, story)


def test_a_list_that_the_broker_kept_comes_with_the_link(broker: Broker) -> None:
    keeper = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv311)
    keeper.connect(broker.host, broker.port)
    keeper.loop_start()
    keeper.publish(TOPICS.down("access"), b"list", qos=1, retain=True).wait_for_publish(WAIT_S)
    keeper.disconnect()
    keeper.loop_stop()

    async def story(line: Line) -> None:
        await until(lambda: Received(TOPICS.down("access"), b"list", retained=True) in line.posted)

    told(broker, story)


def test_nothing_waits_for_a_full_packet(broker: Broker) -> None:
    async def story(line: Line) -> None:
        await line.up()
        connection = cast("socket.socket", line.uplink._client.socket())
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    told(broker, story)


def test_a_link_that_breaks_comes_back_and_the_world_learns_of_it(broker: Broker) -> None:
    async def story(line: Line) -> None:
        await line.up()
        connection = cast("socket.socket", line.uplink._client.socket())
        connection.shutdown(socket.SHUT_RDWR)
        await line.up(times=2)
        assert line.posted == [LinkUp(), LinkDown(), LinkUp()]
        await until(lambda: (WILL.topic, WILL.payload, False) in line.arrived)

    told(broker, story)


def test_what_an_earlier_connection_left_over_does_not_travel_late(broker: Broker) -> None:
    async def story(line: Line) -> None:
        await line.up()
        connection = cast("socket.socket", line.uplink._client.socket())
        connection.shutdown(socket.SHUT_RDWR)
        await until(lambda: LinkDown() in line.posted)
        line.uplink.publish(TOPICS.up("events"), b"placed by its arrival")
        await line.up(times=2)
        line.uplink.publish(TOPICS.up("events"), b"fresh")
        await until(lambda: (TOPICS.up("events"), b"fresh", False) in line.arrived)
        assert b"placed by its arrival" not in [payload for _, payload, _ in line.arrived]

    told(broker, story)


def test_a_broker_that_is_not_there_yet_is_waited_for(broker: Broker, tmp_path: Path) -> None:
    broker.stop()

    async def story() -> None:
        uplink = MqttUplink(Where(broker.host, broker.port), "passerelle-late", WILL, (TOPICS.all_down,))
        posted: list[PortFact] = []
        uplink.start(posted.append)
        await asyncio.sleep(0.1)
        assert posted == []
        again = await asyncio.to_thread(type(broker).start, tmp_path / "again", port=broker.port)
        try:
            await until(lambda: LinkUp() in posted)
            await uplink.close()
        finally:
            await asyncio.to_thread(again.stop)

    asyncio.run(story())
