"""How people move through a building: step by step, and depending on what the doors answer."""

from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from typing import Final, Protocol

from firmware_sim.calendar.agenda import Agenda, Meeting, Outing
from firmware_sim.calendar.building import Building
from firmware_sim.calendar.timeline import Life
from firmware_sim.people import Person
from protocol.events import Direction
from protocol.site import Door

Passing = Generator[float, None, bool]
"""A try to get through a door: whether it worked."""

_TRIES: Final = 3
_WAITS_TO_FOLLOW_S: Final = 60
_LINGERS_P: Final = 0.02


class Witness(Protocol):
    """Takes down who really was where."""

    def presence(self, site: str, person: str, begun_at: datetime, ended_at: datetime | None) -> None: ...


class Lives:
    """Lets the people of one agenda live their day in `building`.

    `credential_of` says by which reference the doors know a person's card.
    """

    def __init__(
        self, agenda: Agenda, building: Building, credential_of: Callable[[Person], str], witness: Witness
    ) -> None:
        self._agenda = agenda
        self._building = building
        self._credential_of = credential_of
        self._witness = witness
        self._rng = building.rng
        self._timeline = building.timeline
        self._came_in_at: dict[str, datetime] = {}

    def begin(self) -> None:
        """Put everyone's day on the timeline."""
        for outing in self._agenda.outings:
            self._timeline.live(self._day(outing), outing.arrives_at)

    def _day(self, outing: Outing) -> Life:
        """Come, spend the day, and go; those who are not let in go home."""
        if not (yield from self._arrive(outing.person)):
            return
        desk = yield from self._sit_down(outing.person)
        yield from self._fetch_from_lockers(outing)
        for begins_at, errand in self._errands(outing):
            yield self._until(begins_at)
            if desk is not None:
                yield from self._leave_room(desk)
            inside = yield from errand()
            if not inside:
                return
            desk = yield from self._sit_down(outing.person)
        yield self._until(outing.leaves_at)
        if desk is not None:
            yield from self._leave_room(desk)
        yield from self._return_item(outing)
        yield from self._depart(outing.person)

    def _errands(self, outing: Outing) -> list[tuple[datetime, Callable[[], Passing]]]:
        """List, in order, what takes someone from their desk; each says whether they are inside after it."""
        errands: list[tuple[datetime, Callable[[], Passing]]] = [
            (at, self._have_coffee) for at in outing.breaks
        ]
        if outing.lunch is not None:
            back_at = outing.lunch[1]
            errands.append((outing.lunch[0], lambda: self._eat_outside(outing.person, back_at)))
        meeting = outing.meeting
        if meeting is not None and not meeting.no_show:
            errands.append((meeting.starts_at, lambda: self._meet(meeting)))
        return sorted(errands, key=lambda errand: errand[0])

    # From the street and back

    def _arrive(self, person: Person) -> Passing:
        """Come in by badge, or behind somebody else. Who is refused tries again, then gives up."""
        door = self._rng.choice(self._building.entrances)
        follows = self._rng.random() < person.habits.tailgates_p
        if follows and (yield from self._follow(person, door)):
            return True
        for _ in range(_TRIES):
            if (yield from self._badge_in(person, door)):
                return True
            yield self._rng.uniform(20, 400)
        return False

    def _badge_in(self, person: Person, door: Door) -> Passing:
        if not self._building.tap(door.id, self._credential_of(person)):
            return False
        if self._rng.random() < person.habits.walks_away_p:  # the telephone rings
            return False
        yield self._rng.uniform(0.6, 3.5)
        if not self._building.leaves[door.id].gives:
            return False
        yield from self._walk_in(person, door)
        return True

    def _follow(self, person: Person, door: Door) -> Passing:
        for _ in range(_WAITS_TO_FOLLOW_S):
            if self._building.leaves[door.id].is_open:
                yield from self._walk_in(person, door)
                return True
            yield 1
        return False

    def _walk_in(self, person: Person, door: Door) -> Life:
        yield from self._through(door, "in")
        self._came_in_at[person.id] = self._timeline.now

    def _depart(self, person: Person) -> Life:
        """Go out by badge; who forgets it, or finds it unknown, presses the button, and tries until out."""
        door = self._rng.choice(self._building.entrances)
        forgets = self._rng.random() < person.habits.forgets_badge_out_p
        leaf = self._building.leaves[door.id]
        if not (forgets and leaf.is_open):
            knows = not forgets and self._building.tap(door.id, self._credential_of(person), "out")
            if not knows:
                self._building.press_exit(door)
        yield self._rng.uniform(0.5, 3)
        while not leaf.gives:
            self._building.press_exit(door)
            yield 1
        yield from self._through(door, "out")
        begun_at = self._came_in_at.pop(person.id)
        self._witness.presence(self._agenda.site.id, person.id, begun_at, self._timeline.now)

    def _through(self, door: Door, direction: Direction) -> Life:
        leaf = self._building.leaves[door.id]
        leaf.hold()
        yield self._rng.uniform(0.3, 1.2)
        if self._rng.random() < _LINGERS_P:
            yield self._rng.uniform(6, 25)
        yield from self._building.cross(door, direction)
        leaf.let_go()

    # Inside

    def _sit_down(self, person: Person) -> Generator[float, None, str | None]:
        """Go to one's office, where one has one here. Returns the room that was entered."""
        door = self._building.door_into(person.office) if person.office else None
        if door is None:
            return None
        yield self._rng.uniform(5, 30)
        return door.space if (yield from self._enter_room(door, person, 1)) else None

    def _enter_room(self, door: Door, person: Person, people: int) -> Passing:
        for _ in range(_TRIES):
            if self._building.tap(door.id, self._credential_of(person)):
                yield self._rng.uniform(0.5, 2)
                if self._building.leaves[door.id].gives:
                    for _ in range(people):
                        yield from self._through(door, "in")
                    self._building.settle(door.space, people)
                    return True
            yield self._rng.uniform(5, 60)
        return False

    def _leave_room(self, space: str, people: int = 1) -> Life:
        door = self._building.door_into(space)
        if door is None:
            raise ValueError(f"{space} has no door of its own to leave by")
        while not self._building.leaves[door.id].gives:
            self._building.press_exit(door)
            yield self._rng.uniform(0.5, 1.5)
        for _ in range(people):
            yield from self._through(door, "out")
        self._building.unsettle(space, people)

    def _have_coffee(self) -> Passing:
        space = self._building.space_of_kind(self._rng.choice(("kitchen", "kitchen", "cosy", "lounge")))
        if space is not None:
            yield self._rng.uniform(5, 20)
            yield from self._building.enter(space)
            yield self._rng.uniform(120, 900)
            yield from self._building.leave(space)
        return True

    def _eat_outside(self, person: Person, back_at: datetime) -> Passing:
        yield from self._depart(person)
        yield self._until(back_at)
        return (yield from self._arrive(person))

    def _meet(self, meeting: Meeting) -> Passing:
        """Let the party into the booked room, and out of it when time is up."""
        door = self._building.door_into(meeting.space)
        if door is not None and (yield from self._enter_room(door, meeting.host, meeting.party + 1)):
            yield self._until(meeting.ends_at - timedelta(seconds=self._rng.uniform(0, 300)))
            yield from self._leave_room(meeting.space, meeting.party + 1)
        return True

    # Lockers

    def _fetch_from_lockers(self, outing: Outing) -> Life:
        """Take the borrowed item and the parcels that wait."""
        wanted = {"loan": outing.item is not None, "parcel": outing.parcel}
        for bank in self._agenda.site.banks:
            uses = {c.use for c in self._agenda.site.compartments if c.bank == bank.id}
            if any(wanted[use] for use in uses):
                yield self._rng.uniform(10, 60)
                yield from self._open_lockers(outing.person, bank.id, item_after=False)

    def _return_item(self, outing: Outing) -> Life:
        item = next((item for item in self._agenda.site.items if item.id == outing.item), None)
        if item is not None:
            bank = next(c.bank for c in self._agenda.site.compartments if c.id == item.compartment)
            yield self._rng.uniform(10, 60)
            yield from self._open_lockers(outing.person, bank, item_after=True)

    def _open_lockers(self, person: Person, bank: str, *, item_after: bool) -> Life:
        released = self._building.tap(bank, self._credential_of(person))
        yield from self._building.use_compartments(released, item_after=item_after)

    def _until(self, when: datetime) -> float:
        return max(0.0, (when - self._timeline.now).total_seconds())
