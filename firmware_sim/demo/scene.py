"""What people in the live part have in common: doors, cards, time to pass, and somebody who tells of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from firmware_sim.bench.building import Answer, Building, Cabinet, Doorway
from firmware_sim.demo.cast import first_name
from firmware_sim.people import Person
from firmware_sim.rf.type_a import Card
from firmware_sim.truth import Truth
from protocol.events import Direction
from protocol.site import Site

Tone = Literal["good", "bad", "plain"]

_TRIES: Final = 5
_CARD_AWAY_S: Final = 0.8  # for less long it would be the same tap, held
_PATIENCE_S: Final = 1.0


class Closing(Exception):
    """The live part ends: whatever someone was waiting for does not come any more."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of what goes on. `who` is a first name; `at` is when, UTC."""

    at: datetime
    site: Site
    place: str
    who: str
    what: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Someone with a part to play. `person` is None for somebody whom the house does not know."""

    person: Person | None
    credential: str
    card: Card

    @property
    def id(self) -> str:
        """The member id."""
        return self.person.id if self.person else "stranger"

    @property
    def first_name(self) -> str:
        """What the narration calls them: never more than that."""
        return first_name(self.person) if self.person else "Someone"


@dataclass(slots=True)
class Scene:
    """The stage. All of it belongs to one event loop."""

    building: Building
    truth: Truth
    now: Callable[[], datetime]
    tell: Callable[[Happening], None]
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    _inside_since: dict[tuple[str, str], datetime] = field(default_factory=dict)

    async def pause(self, seconds: float) -> None:
        """Let time pass. Raises Closing when the live part ends meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                await self.closing.wait()
        except TimeoutError:
            return
        raise Closing

    def say(self, site: Site, place: str, who: Visitor, what: str, tone: Tone = "plain") -> None:
        """Tell a line."""
        self.tell(Happening(self.now(), site, place, who.first_name, what, tone))

    async def pass_door(self, who: Visitor, door: Doorway, direction: Direction) -> Answer:
        """Stand in the queue, badge, and go through if the strike releases."""
        for _ in range(_TRIES):
            async with door.queue:
                answer = await self._badge(who, door, direction)
                if answer == "granted":
                    await door.walk_through(direction)
            if answer != "unread":
                return answer
            await self.pause(_PATIENCE_S)
        self.say(door.site, door.door.name, who, "gets no answer from the reader, and gives up", "bad")
        return "unread"

    async def leave_by_button(self, door: Doorway) -> bool:
        """Press the exit button and go; whether the door opened."""
        async with door.queue:
            released = await door.press_exit()
            if released:
                await door.walk_through("out")
        return released

    async def open_lockers(self, who: Visitor, cabinet: Cabinet) -> tuple[str, ...]:
        """Badge at a cabinet: the compartments that open."""
        for _ in range(_TRIES):
            at = self.now()
            opened = await cabinet.badge(who.card)
            if opened is not None:
                self._note_tap(who, cabinet.site, cabinet.bank.node, cabinet.reader, at)
                return opened
            await self.pause(_PATIENCE_S)
        return ()

    def came_in(self, who: Visitor, site: Site) -> None:
        """Note that someone is inside."""
        begun_at = self._inside_since.setdefault((site.id, who.id), self.now())
        self.truth.presence(site.id, who.id, begun_at, None)

    def went_out(self, who: Visitor, site: Site) -> None:
        """Note that someone is gone."""
        begun_at = self._inside_since.pop((site.id, who.id), None)
        if begun_at is not None:
            self.truth.presence(site.id, who.id, begun_at, self.now())

    async def _badge(self, who: Visitor, door: Doorway, direction: Direction) -> Answer:
        at = self.now()
        answer = await door.badge(who.card, direction)
        if answer == "unread":
            await asyncio.sleep(_CARD_AWAY_S)
        else:
            self._note_tap(who, door.site, door.node, door.reader(direction), at)
        return answer

    def _note_tap(self, who: Visitor, site: Site, node: str, reader: str, at: datetime) -> None:
        self.truth.tap(site.id, node, reader, who.credential, who.id, at)
