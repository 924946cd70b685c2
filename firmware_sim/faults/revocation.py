"""How long a revoked badge goes on opening an online door: from the word of staff to the node that knows."""

import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic_ns
from typing import Any, Final

from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from firmware_sim.bench.stopwatch import Latency
from firmware_sim.faults.place import ENTRANCE, Place, PlaceStuck, open_place, until
from protocol.codec import decode
from protocol.messages import NodeStatus
from protocol.topics import NodeTopics

_TOLD_WITHIN_S: Final = 10.0
_WRITTEN_S: Final = 5.0
_TAP_EVERY: Final = 25


def revocation_to_refusal(
    folder: Path, revocations: int, on_revoked: Callable[[int], None] = lambda _: None
) -> Latency:
    """Measure `revocations`, at a real gateway and node, through a real broker; in milliseconds.

    The clock runs from the request until the node has said that it holds the list without the badge; it
    takes a list into force before it says so. Now and then such a badge is held up: it must be refused.
    Raises PlaceStuck where one is not, or a node is not told.
    """
    with open_place(folder, around=(ENTRANCE,)) as place:
        place.start_node(ENTRANCE)
        ear = _Ear(place)
        try:
            return Latency.of([_one_ms(place, ear, number, on_revoked) for number in range(revocations)])
        finally:
            ear.close()


def _one_ms(place: Place, ear: "_Ear", number: int, on_revoked: Callable[[int], None]) -> float:
    before = ear.revision
    who = place.add_member()
    ear.until_above(before)
    held = ear.revision
    began_ns = monotonic_ns()
    place.revoke(who[1])
    told_ns = ear.until_above(held)
    if number % _TAP_EVERY == 0:
        refused = place.refusals()
        place.be_answered(ENTRANCE, who)
        until(lambda: place.refusals() > refused, f"the revoked badge of {who[0]} to be refused", _WRITTEN_S)
    on_revoked(number)
    return (told_ns - began_ns) / 1e6


class _Ear:
    """Hears which list the node says that it holds, and when."""

    def __init__(self, place: Place) -> None:
        self.revision = 0
        self._told_ns = 0
        self._news = threading.Condition()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv311)
        self._client.on_message = self._heard
        self._client.connect(place.broker.host, place.broker.port)
        self._client.subscribe(NodeTopics(place.site.id, ENTRANCE).up("status"), qos=1)
        self._client.loop_start()
        self.until_above(0)

    def until_above(self, revision: int) -> int:
        """Wait until the node holds a later list; when it said so, in nanoseconds. Raises PlaceStuck."""
        with self._news:
            if not self._news.wait_for(lambda: self.revision > revision, _TOLD_WITHIN_S):
                raise PlaceStuck(f"{ENTRANCE} holds no list after {revision}")
            return self._told_ns

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _heard(self, _client: Client, _of: Any, message: MQTTMessage) -> None:
        told_ns, status = monotonic_ns(), decode(NodeStatus, bytes(message.payload))
        with self._news:
            if status.list_revision > self.revision:
                self.revision, self._told_ns = status.list_revision, told_ns
                self._news.notify_all()
