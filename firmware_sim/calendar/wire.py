"""The simulated nodes' way to the broker: one MQTT connection for all of them."""

import queue
import socket
from collections.abc import Iterable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge.ports import LinkDown, LinkUp, Received

WireFact = LinkUp | LinkDown | Received


class Wire:
    """Connected from `open` to `close`, also after the broker was away; what comes in waits in order."""

    def __init__(self, broker: tuple[str, int], filters: Iterable[str]) -> None:
        self._broker = broker
        self._filters = [(topic, 1) for topic in filters]
        self._facts: queue.SimpleQueue[WireFact] = queue.SimpleQueue()
        client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
        client.max_inflight_messages_set(1000)
        client.reconnect_delay_set(min_delay=1, max_delay=2)
        client.on_socket_open = _without_delay
        client.on_connect = self._on_connect
        client.on_subscribe = lambda *_: self._facts.put(LinkUp())
        client.on_disconnect = lambda *_: self._facts.put(LinkDown())
        client.on_message = self._on_message
        self._client = client

    def open(self) -> None:
        """Begin to connect; LinkUp comes once everything is subscribed to."""
        self._client.connect_async(*self._broker, keepalive=20)
        self._client.loop_start()

    def close(self) -> None:
        """Disconnect, once what was published has left."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> mqtt.MQTTMessageInfo:
        """Send at QoS 1, without waiting."""
        return self._client.publish(topic, payload, qos=1, retain=retain)

    def receive(self, timeout_s: float) -> WireFact | None:
        """Return the next that came in, None if nothing did for so long."""
        try:
            return self._facts.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def _on_connect(self, client: mqtt.Client, _: Any, __: Any, reason: Any, ___: Any) -> None:
        if not reason.is_failure:
            client.subscribe(self._filters)

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self._facts.put(Received(message.topic, bytes(message.payload), message.retain))


def _without_delay(_client: mqtt.Client, _data: Any, sock: Any) -> None:
    # Nagle's delay against delayed acknowledgements costs 40 ms a message at QoS 1.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
