"""An ordinary Tuesday at Sceaux Smart, mid-morning: what the screenshots and browser tests look at."""

from datetime import datetime, timedelta

from protocol.events import Crossed, DoorOpened, PresenceChanged, ReaderLost, ReaderRestored
from tests.unit.gateway.web.place import SCEAUX, VOISIN, Place, badge

_ARRIVED_MINUTES_AGO = (96, 88, 81, 74, 70, 63, 58, 51, 47, 41, 36, 30, 27, 22, 18, 15, 12, 9, 7, 4)
_BUSY_ROOMS = {
    "ss-offices-a": ("office-1", "office-3"),
    "ss-offices-b": ("office-5",),
    "ss-offices-c": ("office-6",),
    "ss-meeting-1": ("meeting-1",),
    "ss-commons": ("kitchen", "lounge"),
}
_QUIET_ROOMS = {
    "ss-offices-a": ("office-2",),
    "ss-offices-b": ("office-4",),
    "ss-offices-c": ("office-7",),
    "ss-meeting-2": ("meeting-2",),
    "ss-meeting-3": ("meeting-3",),
    "ss-commons": ("cosy",),
}


def open_the_morning(place: Place) -> None:
    """Fill the place: people, bookings, a garden node that fell silent twenty minutes ago."""
    now = place.clock.now()
    for number in range(1, 30):
        place.join(number, sites=(SCEAUX, VOISIN))
    place.gateway.issue()
    _hear_nodes_of_twelve_minutes_ago(place, now)
    for number, minutes in enumerate(_ARRIVED_MINUTES_AGO, start=1):
        door = "garden" if number % 5 == 0 else "entrance"
        place.come(number, door, at=now - timedelta(minutes=minutes))
    for node, spaces in _BUSY_ROOMS.items():
        for space in spaces:
            place.sense(node, space, occupied=True, at=now - timedelta(minutes=14))
    for node, spaces in _QUIET_ROOMS.items():
        for space in spaces:
            place.sense(node, space, occupied=False, at=now - timedelta(minutes=25))
    _walk_inside(place, now)
    _fill_the_neighbour(place, now)
    _book_rooms(place, now)
    _trouble_at_doors(place, now)
    place.beat(*[node.id for node in place.gateway.sites[SCEAUX].nodes if node.id != "ss-meeting-3"])
    place.beat(site=VOISIN)


def _hear_nodes_of_twelve_minutes_ago(place: Place, now: datetime) -> None:
    place.clock.at = now - timedelta(minutes=12)
    place.beat()
    place.clock.at = now


def _walk_inside(place: Place, now: datetime) -> None:
    into_kitchen = Crossed(counter="kitchen-beams", space="kitchen", direction="in")
    into_meeting = Crossed(counter="meeting-1-beams", space="meeting-1", direction="in")
    place.report("ss-commons", *[into_kitchen] * 3, at=now - timedelta(minutes=6))
    place.report("ss-meeting-1", *[into_meeting] * 8, at=now - timedelta(minutes=28))


def _fill_the_neighbour(place: Place, now: datetime) -> None:
    came = Crossed(counter="entrance-beams", space="hall", direction="in")
    half_past = now - timedelta(minutes=30)
    for number in range(22, 26):
        seq = place.said["pv-entrance"] + 1
        opened = DoorOpened(door="entrance", cause="grant", grant=seq)
        place.report("pv-entrance", badge(number, "entrance"), opened, came, at=half_past, site=VOISIN)
    for space, occupied in (("hall", True), ("pantry", False)):
        changed = PresenceChanged(space=space, occupied=occupied)
        place.report("pv-commons", changed, at=half_past, site=VOISIN)


def _book_rooms(place: Place, now: datetime) -> None:
    place.book("meeting-1", now - timedelta(minutes=30), 1.5, "Atelier numérique")
    place.book("meeting-2", now + timedelta(minutes=30), 1, "Comité de quartier")
    place.book("office-4", now + timedelta(hours=1), 2)
    place.book("meeting-3", now + timedelta(hours=4), 1.5, "Réseau des entrepreneuses")


def _trouble_at_doors(place: Place, now: datetime) -> None:
    place.report(
        "ss-meeting-2",
        badge(7, "meeting-2-door", refused_for="too_early"),
        at=now - timedelta(minutes=3),
    )
    lost, restored = ReaderLost(reader="loans-reader", error="timeout"), ReaderRestored(reader="loans-reader")
    place.report("ss-loans", lost, at=now - timedelta(minutes=9))
    place.report("ss-loans", restored, at=now - timedelta(minutes=8))
    place.leave(2, at=now - timedelta(minutes=2))
    place.report(
        "ss-meeting-1",
        badge(11, "meeting-1-door"),
        DoorOpened(door="meeting-1-door", cause="grant", grant=place.said["ss-meeting-1"] + 1),
        at=now - timedelta(minutes=1),
    )
