"""The parts that people play, act by act; every act goes through the hardware."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from firmware_sim.bench.building import Doorway
from firmware_sim.demo.cast import office_at, standing
from firmware_sim.demo.reception import Reception
from firmware_sim.demo.scene import Scene, Visitor
from protocol.site import Site, Space

_ACROSS_THE_HOUSE_S = 3.0
"""Nobody is at the entrance and at a far room at once: a badge that were would have a copy."""

_CARRIERS = ("Colissimo", "Chronopost", "Mondial Relay", "Relais Colis")


@dataclass(frozen=True, slots=True)
class Play:
    """What a script needs: the stage, the front desk, chance, and which part goes where."""

    scene: Scene
    desk: Reception
    rng: random.Random
    site: Site
    who: Visitor
    stay_s: float


Script = Callable[[Play], Awaitable[None]]


async def work_at_a_desk(play: Play) -> None:
    """Come in, work, have a coffee perhaps, leave."""
    if not await _come_in(play, _right(play)):
        return
    await play.scene.pause(play.stay_s / 2)
    if play.rng.random() < 0.5:  # noqa: PLR2004 - every other one
        await _have_a_coffee(play)
    await play.scene.pause(play.stay_s / 2)
    await _go_out(play)


async def work_in_own_office(play: Play) -> None:
    """Come in, go to the office that one rents, leave."""
    if not await _come_in(play, _right(play)):
        return
    office = play.who.person and office_at(play.who.person, play.site)
    if office:
        await _be_in_room(play, _space(play.site, office))
    await _go_out(play)


async def meet(play: Play) -> None:
    """Book a room for now, which opens the way to it at any hour, use it, give it back."""
    scene, site = play.scene, play.site
    before = await play.desk.lists()
    booked = await play.desk.book(site, play.who.id)
    if booked is None:
        return
    ends = booked.ends_at.astimezone(site.zone)
    scene.say(site, booked.space.name, play.who, f"books it until {ends:%H:%M}")
    await play.desk.doors_know([door.node for door in site.doors if door.perimeter], before)
    if await _come_in(play, "by booking"):
        await _be_in_room(play, booked.space)
        await _go_out(play)
        await play.desk.give_back(booked)


async def borrow(play: Play) -> None:
    """Have something lent, take it from its compartment, bring it back."""
    scene, site = play.scene, play.site
    before = await play.desk.lists()
    item = await play.desk.lend(site, play.who.id)
    if item is None:
        return
    scene.say(site, "Reception", play.who, f"asks for: {item.name}")
    bank = next(c.bank for c in site.compartments if c.id == item.compartment)
    cabinet = scene.building.cabinet(site.id, bank)
    await play.desk.doors_know([cabinet.bank.node], before)
    if not await _come_in(play, _right(play)):
        return
    for act, leave_item in (("takes", False), ("brings back", True)):
        async with cabinet.queue:
            if item.compartment in await scene.open_lockers(play.who, cabinet):
                await cabinet.use(item.compartment, leave_item=leave_item)
                scene.say(site, cabinet.bank.name, play.who, f"{act}: {item.name}", "good")
        await scene.pause(play.stay_s)
    await _go_out(play)


async def fetch_a_parcel(play: Play) -> None:
    """Be told of a parcel that a carrier leaves, come in for it, leave with it."""
    scene, site = play.scene, play.site
    bank = next(
        bank for bank in site.banks if any(c.bank == bank.id and c.use == "parcel" for c in site.compartments)
    )
    cabinet = scene.building.cabinet(site.id, bank.id)
    carrier = play.rng.choice(_CARRIERS)
    before = await play.desk.lists()
    async with cabinet.queue:
        compartment = await play.desk.drop_parcel(site, play.who.id, carrier)
        if compartment is None or not await cabinet.until_released(compartment):
            return
        await cabinet.use(compartment, leave_item=True)
    scene.say(site, bank.name, play.who, f"has a parcel: {carrier} leaves it in {compartment}")
    await play.desk.doors_know([bank.node], before)
    if not await _come_in(play, _right(play)):
        return
    async with cabinet.queue:
        for opened in await scene.open_lockers(play.who, cabinet):
            await cabinet.use(opened, leave_item=False)
            scene.say(site, bank.name, play.who, f"collects the parcel from {opened}", "good")
    await scene.pause(play.stay_s)
    await _go_out(play)


async def try_the_door(play: Play) -> None:
    """Hold up a badge that opens nothing now; whoever is let in all the same leaves soon."""
    if await _come_in(play, "let in"):
        await play.scene.pause(play.stay_s)
        await _go_out(play)


async def _come_in(play: Play, why: str) -> bool:
    scene, door = play.scene, _some_entrance(play)
    answer = await scene.pass_door(play.who, door, "in")
    if answer == "refused":
        badge = "badge refused" if play.who.person else "unknown or copied badge refused"
        scene.say(play.site, door.door.name, play.who, badge, "bad")
    if answer != "granted":
        return False
    scene.came_in(play.who, play.site)
    scene.say(play.site, door.door.name, play.who, f"badge accepted ({why}), comes in", "good")
    await scene.pause(_ACROSS_THE_HOUSE_S)
    return True


async def _go_out(play: Play) -> None:
    """Leave by badge, as nearly all do; one forgets it and presses the button."""
    scene, door = play.scene, _some_entrance(play)
    await scene.pause(_ACROSS_THE_HOUSE_S)
    if play.rng.random() < _forgets(play):
        gone, how = await scene.leave_by_button(door), "presses the button and leaves without a badge"
    else:
        gone, how = await scene.pass_door(play.who, door, "out") == "granted", "badges out and leaves"
    if gone:
        scene.went_out(play.who, play.site)
        scene.say(play.site, door.door.name, play.who, how)


async def _be_in_room(play: Play, room: Space) -> None:
    """Badge into a room, be seen there, and leave it by the button."""
    scene = play.scene
    door = scene.building.doorway(play.site.id, next(d.id for d in play.site.doors if d.space == room.id))
    answer = await scene.pass_door(play.who, door, "in")
    if answer != "granted":
        scene.say(play.site, room.name, play.who, "stands before a locked door", "bad")
        return
    scene.say(play.site, room.name, play.who, "enters", "good")
    with scene.building.movement(play.site, room.id):
        await scene.pause(play.stay_s)
    if await scene.leave_by_button(door):
        scene.say(play.site, room.name, play.who, "leaves the room")


async def _have_a_coffee(play: Play) -> None:
    kitchen = next((space for space in play.site.spaces if space.kind == "kitchen"), None)
    if kitchen is None:
        return
    play.scene.say(play.site, kitchen.name, play.who, "has a coffee")
    building = play.scene.building
    await building.pass_beams(play.site, kitchen.id, "in")
    with building.movement(play.site, kitchen.id):
        await asyncio.sleep(play.rng.uniform(1, 3))
    await building.pass_beams(play.site, kitchen.id, "out")


def _some_entrance(play: Play) -> Doorway:
    entrances = [door.id for door in play.site.doors if door.perimeter]
    return play.scene.building.doorway(play.site.id, play.rng.choice(entrances))


def _right(play: Play) -> str:
    person = play.who.person
    right = person and standing(person, play.site, play.scene.now())
    office = person and office_at(person, play.site)
    return (
        f"{right}, {_space(play.site, office).name}"
        if right == "resident" and office
        else right or "by right"
    )


def _forgets(play: Play) -> float:
    return play.who.person.habits.forgets_badge_out_p if play.who.person else 0.0


def _space(site: Site, space: str) -> Space:
    return next(s for s in site.spaces if s.id == space)
