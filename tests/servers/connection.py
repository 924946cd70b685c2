"""A paho client that a test can hold a conversation with."""

import queue
import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import Protocol, Self, cast

from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

WAIT_S = 10.0


class Address(Protocol):
    """Where a broker is."""

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...


class Connection:
    """An MQTT 3.1.1 connection whose messages are taken one after the other."""

    def __init__(
        self,
        broker: Address,
        user: str | None = None,
        password: str | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        client_id: str = "",
        will: tuple[str, bytes] | None = None,
    ) -> None:
        self._messages: queue.Queue[MQTTMessage] = queue.Queue()
        self._admitted: queue.Queue[bool] = queue.Queue()
        self._subscribed: queue.Queue[int] = queue.Queue()
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=MQTTv311, reconnect_on_failure=False
        )
        self._client.username_pw_set(user, password)
        if tls is not None:
            self._client.tls_set_context(tls)
        if will is not None:
            self._client.will_set(*will, qos=1, retain=True)
        self._client.on_connect = lambda _client, _data, _flags, code, _more: self._admitted.put(
            not code.is_failure
        )
        self._client.on_subscribe = lambda _client, _data, number, _codes, _more: self._subscribed.put(number)
        self._client.on_message = lambda _client, _data, message: self._messages.put(message)
        self._client.on_disconnect = lambda *_: self._admitted.put(False)
        try:
            self._client.connect(broker.host, broker.port)
        except OSError:
            self._admitted.put(False)
        self._client.loop_start()
        self.admitted = self._admitted.get(timeout=WAIT_S)

    def subscribe(self, *patterns: str) -> None:
        """Subscribe at QoS 1, and wait for the broker's answer, be it a refusal."""
        self._client.subscribe([(pattern, 1) for pattern in patterns])
        self._subscribed.get(timeout=WAIT_S)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish at QoS 1, and wait for the broker's answer."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(WAIT_S)

    def break_off(self) -> None:
        """End the connection without goodbye: the broker publishes the will."""
        connection = self._client.socket()
        assert connection is not None
        cast("socket.socket", connection).shutdown(socket.SHUT_RDWR)
        self._client.loop_stop()

    def messages(self, wait_s: float = 0.5) -> list[MQTTMessage]:
        """Take everything that has come, until nothing comes for a while."""
        found = []
        with suppress(queue.Empty):
            while True:
                found.append(self._messages.get(wait_s > 0, wait_s))
        return found

    def say(self, topic: str, payload: bytes) -> None:
        """Publish at QoS 1, and wait for nothing."""
        self._client.publish(topic, payload, qos=1)

    def publish_all(self, said: Iterable[tuple[str, bytes]], *, retain: bool = False) -> None:
        """Publish at QoS 1, and wait for the broker's answers."""
        for sent in [self._client.publish(*each, qos=1, retain=retain) for each in said]:
            sent.wait_for_publish(WAIT_S)

    def next_message(self) -> MQTTMessage:
        return self._messages.get(timeout=WAIT_S)

    def so_far(self) -> list[MQTTMessage]:
        """Take all messages that have come."""
        return [self._messages.get_nowait() for _ in range(self._messages.qsize())]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()
