"""How soon an online door obeys: from the word of staff to the node that holds it in its access list."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import monotonic_ns
from typing import Any, Final

from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from firmware_sim.bench.stopwatch import Latency
from firmware_sim.faults.place import ENTRANCE, Place, PlaceStuck, now, open_place, until
from protocol.codec import decode
from protocol.messages import NodeStatus
from protocol.topics import NodeTopics

_TOLD_WITHIN_S: Final = 10.0
_WRITTEN_S: Final = 5.0
_TAP_EVERY: Final = 25
_ROOM: Final = "studio"
_SOON: Final = timedelta(minutes=1)
_FOR: Final = timedelta(minutes=30)


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
            return Latency.of([_revoked_ms(place, ear, number, on_revoked) for number in range(revocations)])
        finally:
            ear.close()


def booking_to_door(
    folder: Path, bookings: int, on_booked: Callable[[int], None] = lambda _: None
) -> Latency:
    """Measure `bookings` of a room, made through the API, as `revocation_to_refusal` does revocations.

    Now and then the guest who booked, and has no other right, is held up: they must be let in.
    """
    with open_place(folder, around=(ENTRANCE,)) as place:
        place.start_node(ENTRANCE)
        ear = _Ear(place)
        guest = place.add_member(category="guest", plan="guest")
        try:
            each = (_booked_ms(place, ear, guest, number, on_booked) for number in range(bookings))
            return Latency.of(list(each))
        finally:
            ear.close()


def _booked_ms(
    place: Place, ear: "_Ear", guest: tuple[str, bytes], number: int, on_booked: Callable[[int], None]
) -> float:
    person, _ = guest
    held = ear.revision
    began_ns = monotonic_ns()
    booking = place.api.book(place.site.id, _ROOM, person, now() + _SOON, now() + _SOON + _FOR)
    told_ns = ear.until_above(held)
    if number % _TAP_EVERY == 0:
        let_in = place.decided(granted=True)
        place.be_answered(ENTRANCE, guest)
        until(lambda: place.decided(granted=True) > let_in, f"{person} to be let in", _WRITTEN_S)
    held = ear.revision
    place.api.cancel(booking)
    ear.until_above(held)
    on_booked(number)
    return (told_ns - began_ns) / 1e6


def _revoked_ms(place: Place, ear: "_Ear", number: int, on_revoked: Callable[[int], None]) -> float:
    before = ear.revision
    who = place.add_member()
    ear.until_above(before)
    held = ear.revision
    began_ns = monotonic_ns()
    place.revoke(who[1])
    told_ns = ear.until_above(held)
    if number % _TAP_EVERY == 0:
        refused = place.decided(granted=False)
        place.be_answered(ENTRANCE, who)
        until(
            lambda: place.decided(granted=False) > refused,
            f"the revoked badge of {who[0]} to be refused",
            _WRITTEN_S,
        )
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
