"""A paho client that a test can hold a conversation with."""

import queue
from types import TracebackType
from typing import Self

from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from tests.servers.fixtures import Broker

WAIT_S = 10.0


class Connection:
    """An MQTT 3.1.1 connection whose messages are taken one after the other."""

    def __init__(self, broker: Broker, user: str | None = None, password: str | None = None) -> None:
        self._messages: queue.Queue[MQTTMessage] = queue.Queue()
        self._admitted: queue.Queue[bool] = queue.Queue()
        self._subscribed: queue.Queue[int] = queue.Queue()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv311)
        self._client.username_pw_set(user, password)
        self._client.on_connect = lambda _client, _data, _flags, code, _more: self._admitted.put(
            not code.is_failure
        )
        self._client.on_subscribe = lambda _client, _data, number, _codes, _more: self._subscribed.put(number)
        self._client.on_message = lambda _client, _data, message: self._messages.put(message)
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        self.admitted = self._admitted.get(timeout=WAIT_S)

    def subscribe(self, pattern: str) -> None:
        """Subscribe at QoS 1, and wait for the broker's answer."""
        self._client.subscribe(pattern, qos=1)
        self._subscribed.get(timeout=WAIT_S)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish at QoS 1, and wait for the broker's answer."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(WAIT_S)

    def next_message(self) -> MQTTMessage:
        return self._messages.get(timeout=WAIT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()
