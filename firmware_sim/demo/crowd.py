"""The people of the live part: who plays which script when, until it is time to close."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from firmware_sim.demo.cast import Cast
from firmware_sim.demo.programme import Part, programme
from firmware_sim.demo.reception import Reception
from firmware_sim.demo.scene import Closing, Scene, Visitor
from firmware_sim.demo.scripts import (
    Play,
    Script,
    borrow,
    fetch_a_parcel,
    meet,
    try_the_door,
    work_at_a_desk,
    work_in_own_office,
)
from firmware_sim.people import Person
from firmware_sim.people.population import uids
from firmware_sim.rf.cards import Type2Card
from firmware_sim.rf.secure import desfire_card
from protocol.identifiers import CARD_APPLICATION, credential_ref
from protocol.site import Site

_SCRIPTS: Final[dict[Part, Script]] = {
    "desk": work_at_a_desk,
    "office": work_in_own_office,
    "meeting": meet,
    "loan": borrow,
    "parcel": fetch_a_parcel,
    "outsider": try_the_door,
    "stranger": try_the_door,
    "copy": try_the_door,
}


class Crowd:
    """Fills the scene. `credential_key` is how readers turn a card's number into its reference.

    `card_keys` are in the cards that have one, by the number of the card.
    """

    def __init__(
        self,
        scene: Scene,
        desk: Reception,
        sites: Sequence[Site],
        people: Sequence[Person],
        credential_key: bytes,
        card_keys: Mapping[bytes, bytes],
        rng: random.Random,
    ) -> None:
        self._scene = scene
        self._desk = desk
        self._sites = sites
        self._cast = Cast(people, rng)
        self._credential_key = credential_key
        self._card_keys = card_keys
        self._rng = rng

    async def live(self) -> None:
        """Let people come and go until the scene closes, and everyone has finished what they were doing."""
        await self._lay_out_items()
        async with asyncio.TaskGroup() as plays:
            with suppress(Closing):
                for beat in programme(self._rng):
                    await self._scene.pause(beat.wait_s)
                    site = self._sites[0 if beat.where == "first" else -1]
                    who = self._find(beat.part, site)
                    if who is not None:
                        play = Play(self._scene, self._desk, self._rng, site, who, beat.stay_s)
                        plays.create_task(self._perform(_SCRIPTS[beat.part], play))

    async def _perform(self, script: Script, play: Play) -> None:
        with suppress(Closing):  # then they stay where they are
            await script(play)
        if play.who.person is not None:
            self._cast.release(play.who.person)

    async def _lay_out_items(self) -> None:
        """Take out of the lockers what is lent since before."""
        for site in self._sites:
            out = await self._desk.items_out(site)
            for item in site.items:
                bank = next(c.bank for c in site.compartments if c.id == item.compartment)
                cabinet = self._scene.building.cabinet(site.id, bank)
                cabinet.lay(item.compartment, present=item.id not in out)

    def _find(self, part: Part, site: Site) -> Visitor | None:
        """Find someone who can play `part` at `site` now; None where nobody, or nothing to play it with."""
        now = self._scene.now()
        match part:
            case "stranger":
                return self._visitor(None, next(uids(self._rng)))
            case "copy":
                number = self._rng.choice(list(self._card_keys))
                return Visitor(None, credential_ref(self._credential_key, number), Type2Card(number))
            case "outsider":
                person = self._cast.outsider(site, now)
            case "meeting":
                person = self._cast.booker(site)
            case "office":
                person = self._cast.resident(site)
            case "loan" if not site.items:
                person = None
            case "parcel" if not any(c.use == "parcel" for c in site.compartments):
                person = None
            case _:
                person = self._cast.with_standing(site, now)
        return self._visitor(person, person.uid) if person else None

    def _visitor(self, person: Person | None, uid: bytes) -> Visitor:
        key = self._card_keys.get(uid)
        card = desfire_card(uid, CARD_APPLICATION, key, self._rng) if key else Type2Card(uid)
        return Visitor(person, credential_ref(self._credential_key, uid), card)
