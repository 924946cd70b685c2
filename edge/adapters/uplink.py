"""MQTT 3.1.1 through paho, with clean sessions: no state lives in the broker.

paho runs in a thread of its own, where an exception would end it silently: its callbacks only post.
"""

import asyncio
import logging
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.identity import KEEP_ALIVE_S
from edge.ports import LinkDown, LinkUp, Post, Received
from host.tls import TlsFiles, TlsUnusable, Troubles, context, load, noting
from protocol.certificates import CertificateRefused

_log = logging.getLogger(__name__)

_LONGEST_RECONNECT_WAIT_S: Final = 15


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is, and how the node shows who it is: by a certificate, or user and password."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    tls: TlsFiles | None = None


@dataclass(frozen=True, slots=True)
class LastWill:
    """What the broker publishes, retained, when this client is gone."""

    topic: str
    payload: bytes


class MqttUplink:
    """See `edge.ports.Uplink`."""

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        will: LastWill,
        filters: Sequence[str],
        keep_alive_s: int = KEEP_ALIVE_S,
        check: Callable[[], None] | None = None,
    ) -> None:
        """Prepare a client of the broker; `filters` are what it subscribes to.

        `check` raises CertificateRefused where what TLS would show is not this node's: it is not shown then.
        """
        self._check = check
        self._broker = broker
        self._keep_alive_s = keep_alive_s
        self._filters = [(topic, 1) for topic in filters]
        self._post: Post
        client = Client(CallbackAPIVersion.VERSION2, client_id, clean_session=True, protocol=MQTTv311)
        if broker.user is not None:
            client.username_pw_set(broker.user, broker.password)
        client.will_set(will.topic, will.payload, qos=1, retain=True)
        client.reconnect_delay_set(1, _LONGEST_RECONNECT_WAIT_S)
        client.max_inflight_messages_set(0)  # no queue in paho: the spool is the queue
        self._troubles = Troubles(_log, f"{broker.host}:{broker.port}", secured=broker.tls is not None)
        self._tls = context()
        if broker.tls is not None:
            client.tls_set_context(self._tls)
        client.enable_logger(noting(self._troubles, __name__))
        client.on_pre_connect = self._prepare
        client.on_connect_fail = self._unreachable
        client.on_socket_open = _send_at_once
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_disconnect = self._disconnected
        client.on_message = self._received
        self._client = client

    def start(self, post: Post) -> None:
        """Connect in the background, again and again."""
        self._post = post
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=self._keep_alive_s)
        self._client.loop_start()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Hand a message to paho's thread."""
        self._client.publish(topic, payload, qos=1, retain=retain)

    def reconnect(self) -> None:
        """Break the connection, which then comes back with the certificate as it is now."""
        connection = self._client.socket()
        if connection is not None:
            cast("socket.socket", connection).shutdown(socket.SHUT_RDWR)

    async def close(self) -> None:
        """Disconnect, and end paho's thread."""
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    def _prepare(self, client: Client, _data: object) -> None:
        """Forget what an earlier connection left, and take up the certificate as it is now."""
        _forget_leftovers(client)
        if self._broker.tls is None:
            return
        try:
            if self._check is not None:
                self._check()
            load(self._tls, self._broker.tls)
        except (
            CertificateRefused,
            TlsUnusable,
        ) as error:  # the broker will say no, the doors go on
            self._troubles.note(str(error))

    def _unreachable(self, _client: Client, _data: object) -> None:
        self._troubles.failed(str(sys.exception()))  # paho calls this where it handles the exception

    def _connected(
        self, client: Client, _data: object, _flags: ConnectFlags, code: ReasonCode, _more: Properties | None
    ) -> None:
        if code.is_failure:
            self._troubles.note(f"refused: {code}")
        else:
            client.subscribe(self._filters)

    def _subscribed(
        self, _client: Client, _data: object, _mid: int, codes: list[ReasonCode], _more: Properties | None
    ) -> None:
        """Report the link only now: from here on nothing that is sent down is missed."""
        if any(code.is_failure for code in codes):
            _log.error("event=subscription_refused filters=%r", self._filters)
        self._troubles.well()
        self._post(LinkUp())

    def _disconnected(
        self,
        _client: Client,
        _data: object,
        _flags: DisconnectFlags,
        code: ReasonCode,
        _more: Properties | None,
    ) -> None:
        if code.is_failure:
            self._troubles.failed(f"lost: {code}")
        self._post(LinkDown())

    def _received(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError as error:  # raised on, it would end paho's thread
            _log.warning("event=topic_unreadable error=%r", str(error))
            return
        self._post(Received(topic, bytes(message.payload), message.retain))


def _send_at_once(_client: Client, _data: object, connection: Any) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _forget_leftovers(client: Client) -> None:
    """Let nothing of an earlier connection travel late: whoever places an event counts back from its arrival.

    paho would send it again in spite of the clean session. The spool has every event, and sends it anew.
    """
    with client._out_message_mutex:  # noqa: SLF001 - paho has no other way to drop them
        client._out_messages.clear()  # noqa: SLF001
