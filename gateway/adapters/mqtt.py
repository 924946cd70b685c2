"""The way to the nodes over MQTT 3.1.1 with paho: one connection per site, since each has its own last will.

Paho's network thread dies of any exception in a callback while `is_connected()` stays true:
callbacks here only hand over. Sessions are clean: no state lives in a broker.
"""

import logging
import secrets
import socket
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from gateway.ports import Answer, Clock
from host.tls import TlsFiles, TlsUnusable, Troubles, context, load, noting
from protocol import topics
from protocol.codec import encode
from protocol.messages import Ack, GatewayStatus, Renew
from protocol.signing import Signed
from protocol.topics import NodeTopics

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is, and how the gateway shows who it is: by `tls`, or user and password.

    `tls` returns the files for a site's connection, made or renewed where they must be.
    """

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    tls: Callable[[str], TlsFiles] | None = None


class SiteLink:
    """The connection for one site. It comes back by itself, for as long as the gateway runs."""

    def __init__(
        self,
        site: str,
        broker: Broker,
        clock: Clock,
        start: str,
        receive: Callable[[str, bytes], None],
        connected: Callable[[], None],
    ) -> None:
        self._site = site
        self._broker = broker
        self._clock = clock
        self._start = start
        self._receive = receive
        self._connected = connected
        self._troubles = Troubles(_log, f"{broker.host}:{broker.port}", secured=broker.tls is not None)
        self._tls = context()
        self._client = self._make_client()

    def open(self) -> None:
        """Begin to connect. Does not wait for the broker."""
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=20)
        self._client.loop_start()

    def close(self) -> None:
        """Say goodbye and end the thread."""
        if self._client.is_connected():
            farewell = self._publish_status(online=False)
            farewell.wait_for_publish(1)
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Send without waiting. Without a connection it is left: what matters is sent again at the next."""
        if self._client.is_connected():
            self._client.publish(topic, payload, qos=qos, retain=retain)

    def beat(self) -> None:
        """Renew the retained status."""
        if self._client.is_connected():
            self._publish_status(online=True)

    def _make_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"gateway-{self._site}-{self._start}",
            clean_session=True,
            protocol=mqtt.MQTTv311,
        )
        if self._broker.user is not None:
            client.username_pw_set(self._broker.user, self._broker.password)
        client.max_inflight_messages_set(1000)
        client.reconnect_delay_set(min_delay=1, max_delay=10)
        client.will_set(topics.gateway_status(self._site), self._status(online=False), qos=1, retain=True)
        if self._broker.tls is not None:
            client.tls_set_context(self._tls)
        client.enable_logger(noting(self._troubles, __name__))
        client.on_pre_connect = self._on_pre_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_socket_open = _without_delay
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _status(self, *, online: bool) -> bytes:
        return encode(GatewayStatus(v=1, online=online, start=self._start, at=self._clock.now()))

    def _publish_status(self, *, online: bool) -> mqtt.MQTTMessageInfo:
        topic = topics.gateway_status(self._site)
        return self._client.publish(topic, self._status(online=online), qos=1, retain=True)

    def _on_pre_connect(self, _client: mqtt.Client, _data: Any) -> None:
        if self._broker.tls is None:
            return
        try:
            load(self._tls, self._broker.tls(self._site))
        except (TlsUnusable, OSError) as error:  # raised on, it would end paho's thread
            self._troubles.note(str(error))

    def _on_connect_fail(self, _client: mqtt.Client, _data: Any) -> None:
        self._troubles.failed(str(sys.exception()))  # paho calls this where it handles the exception

    def _on_connect(
        self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            self._troubles.note(f"refused: {reason}")
            return
        self._troubles.well()
        client.subscribe(topics.all_up(self._site), qos=1)
        self._publish_status(online=True)
        self._connected()

    def _on_disconnect(
        self, _client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            self._troubles.failed(f"lost: {reason}")

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError as error:  # raised on, it would end paho's thread
            _log.warning("site=%s topic_unreadable=%r", self._site, str(error))
            return
        self._receive(topic, bytes(message.payload))


class MqttDownlink:
    """Sends acknowledgements, lists and commands to the nodes of all sites."""

    def __init__(self, broker: Broker, sites: Iterable[str], ledger: str, clock: Clock) -> None:
        self._broker = broker
        self._sites = tuple(sites)
        self._ledger = ledger
        self._clock = clock
        self._links: dict[str, SiteLink] = {}

    def open(self, receive: Callable[[str, bytes], None], connected: Callable[[], None]) -> None:
        """Connect, and pass on every message from the nodes."""
        start = secrets.token_hex(8)
        for site in self._sites:
            self._links[site] = SiteLink(site, self._broker, self._clock, start, receive, connected)
        for link in self._links.values():
            link.open()

    def close(self) -> None:
        for link in self._links.values():
            link.close()

    def beat(self) -> None:
        """Renew the gateway's status at every site."""
        for link in self._links.values():
            link.beat()

    def acknowledge(self, answer: Answer) -> None:
        cursor = answer.cursor
        renew = None if answer.renew is None else Renew(start=answer.start, first=answer.renew)
        ack = Ack(
            v=1,
            ledger=self._ledger,
            node=cursor.node,
            epoch=cursor.epoch,
            seq=cursor.seq,
            start=answer.start,
            renew=renew,
        )
        self._links[answer.site].publish(NodeTopics(answer.site, cursor.node).down("ack"), encode(ack))

    def send_list(self, site: str, node: str, signed: Signed) -> None:
        self._links[site].publish(NodeTopics(site, node).down("access"), encode(signed), retain=True)

    def send_patch(self, site: str, node: str, signed: Signed) -> None:
        self._links[site].publish(NodeTopics(site, node).down("access/patch"), encode(signed))

    def send_command(self, site: str, node: str, signed: Signed) -> None:
        self._links[site].publish(NodeTopics(site, node).down("command"), encode(signed))

    def send_certificate(self, site: str, node: str, signed: Signed) -> None:
        self._links[site].publish(NodeTopics(site, node).down("certificate"), encode(signed))


def _without_delay(_client: mqtt.Client, _data: Any, sock: Any) -> None:
    # Nagle's delay against delayed acknowledgements costs 40 ms a message at QoS 1.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
