"""The places of events: numbers are given where events are written, and openings name their badge by it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from protocol.events import CompartmentOpened, DoorOpened, Event, Record

REMEMBERED: Final = 1000
"""So many badges back an opening still finds the one that let it happen; a pass lasts for seconds."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands for ever, within its node."""

    epoch: str
    seq: int


Places = Mapping[int, Place]
"""The places of the events that were written last, by the number under which each was taken in."""


def numbered(taken: Iterable[Record], after: Place, places: Places) -> tuple[list[Record], Places]:
    """Give the events `taken`, whose seq is the number under which each was taken in, the places `after`.

    Returns them and the places that are known then. An opening whose badge has no place names none.
    """
    found = dict(places)
    records = []
    for seq, record in enumerate(taken, start=after.seq + 1):
        event = _with_grant(record.event, after.epoch, found)
        records.append(record.model_copy(update={"seq": seq, "event": event}))
        if record.event.type == "BadgePresented":
            found[record.seq] = Place(after.epoch, seq)
    return records, dict(list(found.items())[-REMEMBERED:])


def renumbered(record: Record, epoch: str, first: int, new_first: int) -> Record:
    """Give a record of `epoch` its place in another, where `first` becomes `new_first`, and so on."""
    event = record.event
    if isinstance(event, DoorOpened | CompartmentOpened) and event.grant is not None:
        moves = event.grant_epoch is None and event.grant >= first
        grant = event.grant - first + new_first if moves else event.grant
        other = None if moves else event.grant_epoch or epoch
        event = event.model_copy(update={"grant": grant, "grant_epoch": other})
    return record.model_copy(update={"seq": record.seq - first + new_first, "event": event})


def _with_grant(event: Event, epoch: str, places: Places) -> Event:
    if not isinstance(event, DoorOpened | CompartmentOpened) or event.grant is None:
        return event
    place = places.get(event.grant)
    if place is None:
        return event.model_copy(update={"grant": None})
    other = None if place.epoch == epoch else place.epoch
    return event.model_copy(update={"grant": place.seq, "grant_epoch": other})
