"""Tailgating: more people come in through an opening than were let in."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from protocol.events import BadgePresented, Crossed, DoorClosed, DoorOpened, Event, Tailgated
from protocol.site import Counter

_ANYBODY = frozenset({"free_passage", "key", "forced"})
"""Openings that let in whoever comes, or are an alarm of their own."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A door's latest opening: how many it let in, how many came. `waiting` were granted the next one."""

    is_open: bool = False
    let_in: int = 0
    came: int = 0
    waiting: int = 0
    anybody: bool = False


@dataclass(frozen=True, slots=True)
class Tailgating:
    """The openings of doors that have a counter of their own, by door."""

    door_of: Mapping[str, str]
    openings: Mapping[str, Opening] = field(default_factory=dict)

    @classmethod
    def of(cls, counters: Iterable[Counter]) -> "Tailgating":
        """Watch the doors that `counters` name."""
        return cls({counter.id: counter.door for counter in counters if counter.door is not None})

    def heard(self, event: Event) -> tuple["Tailgating", tuple[Tailgated, ...]]:
        """Take in what the node has recorded, and say whom nobody let in."""
        match event:
            case BadgePresented(granted=True, direction="in", point=door):
                return self._with(door, _badge), ()
            case DoorOpened() as opened:
                return self._with(opened.door, lambda before: _open(before, opened.cause)), ()
            case DoorClosed(door=door):
                return self._with(door, lambda before: replace(before, is_open=False)), ()
            case Crossed(direction="in", counter=counter) if counter in self.door_of:
                return self._came_in(self.door_of[counter])
            case _:
                return self, ()

    def _came_in(self, door: str) -> tuple["Tailgating", tuple[Tailgated, ...]]:
        """Count one more through the latest opening: beams may be crossed when its leaf is shut already."""
        before = self.openings.get(door)
        if before is None:
            return self, ()
        now = replace(before, came=before.came + 1)
        after = replace(self, openings={**self.openings, door: now})
        if now.anybody or now.came <= now.let_in:
            return after, ()
        return after, (Tailgated(door=door, crossings=now.came, grants=now.let_in),)

    def _with(self, door: str, change: Callable[[Opening], Opening]) -> "Tailgating":
        if door not in self.door_of.values():
            return self
        return replace(self, openings={**self.openings, door: change(self.openings.get(door, Opening()))})


def _badge(before: Opening) -> Opening:
    if before.is_open:
        return replace(before, let_in=before.let_in + 1)
    return replace(before, waiting=before.waiting + 1)


def _open(before: Opening, cause: str) -> Opening:
    one = cause in {"grant", "command"}
    return Opening(is_open=True, let_in=max(before.waiting, int(one)), anybody=cause in _ANYBODY)
