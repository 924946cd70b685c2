"""What the project relies on in an MQTT broker, asked of every broker it supports."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_sim.broker import BrokerFailed, EmbeddedBroker
from tests.servers.connection import Connection
from tests.servers.fixtures import Broker

TOPIC = "passerelle/sceaux-smart/door-1/up/state"


@pytest.fixture
def publisher(broker: Broker) -> Iterator[Connection]:
    with Connection(broker) as connection:
        yield connection


@pytest.fixture
def subscriber(broker: Broker) -> Iterator[Connection]:
    with Connection(broker) as connection:
        yield connection


def test_what_is_published_at_qos_1_reaches_a_subscriber(
    publisher: Connection, subscriber: Connection
) -> None:
    subscriber.subscribe("passerelle/+/+/up/#")

    publisher.publish(TOPIC, b"{}")

    message = subscriber.next_message()
    assert (message.topic, message.payload, message.qos, message.retain) == (TOPIC, b"{}", 1, False)


def test_messages_of_one_publisher_arrive_in_the_order_they_left(
    publisher: Connection, subscriber: Connection
) -> None:
    subscriber.subscribe("passerelle/+/+/up/#")

    for number in range(500):
        publisher.publish(TOPIC, b"%d" % number)

    assert [int(subscriber.next_message().payload) for _ in range(500)] == list(range(500))


def test_a_newcomer_gets_the_last_retained_message(broker: Broker, publisher: Connection) -> None:
    publisher.publish(TOPIC, b"old", retain=True)
    publisher.publish(TOPIC, b"new", retain=True)

    with Connection(broker) as newcomer:
        newcomer.subscribe("passerelle/#")
        message = newcomer.next_message()

    assert (message.payload, message.retain) == (b"new", True)


def test_a_part_of_an_access_list_passes_whole(publisher: Connection, subscriber: Connection) -> None:
    subscriber.subscribe("passerelle/#")
    part = b"x" * (256 * 1024)

    publisher.publish("passerelle/sceaux-smart/door-1/down/access", part, retain=True)

    assert subscriber.next_message().payload == part


def test_a_killed_broker_comes_back_on_its_port(broker: Broker, tmp_path: Path) -> None:
    broker.kill()

    again = type(broker).start(tmp_path / "again", port=broker.port)
    try:
        assert (again.port, again.pid != broker.pid) == (broker.port, True)
    finally:
        again.stop()


def test_an_embedded_broker_that_finds_its_port_taken_says_so(nats: EmbeddedBroker, tmp_path: Path) -> None:
    with pytest.raises(BrokerFailed, match="address already in use"):
        EmbeddedBroker.start(tmp_path / "second", port=nats.port)
