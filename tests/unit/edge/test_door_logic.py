"""What doors ask beyond the access list: anti-passback, interlock, tailgating, first card, fire."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from edge.core.wiring import Role
from edge.ports import Tapped
from protocol.access import Rights
from protocol.events import (
    BadgePresented,
    CommandRefused,
    DoorOpened,
    DuressSignalled,
    Event,
    FireAlarm,
    FireAlarmEnded,
    PassedBack,
    Tailgated,
)
from protocol.messages import UnlockDoor
from protocol.modes import ModeWindow
from protocol.site import Site
from tests.unit.edge.fakes import NINE
from tests.unit.edge.gateway_side import ANA, BEN, command, listing, signed
from tests.unit.edge.world import World, live, site

BOTH = listing(4, points=("entrance", "garden"))


def with_entrance(**what: Any) -> Site:
    """Return the place with the garden door at the entrance's node, and its doors as `what` says."""
    whole = site()
    doors = tuple(
        door.model_copy(update={"node": "ss-entrance", **what}) if door.id in {"entrance", "garden"} else door
        for door in whole.doors
    )
    readers = tuple(
        reader.model_copy(update={"node": "ss-entrance"}) if reader.door == "garden" else reader
        for reader in whole.readers
    )
    counters = tuple(
        counter.model_copy(update={"door": "entrance"}) if counter.id == "entrance-beams" else counter
        for counter in whole.counters
    )
    nodes = tuple(
        node.model_copy(update={"fire": 4}) if node.id == "ss-entrance" else node for node in whole.nodes
    )
    return whole.model_copy(update={"doors": doors, "readers": readers, "counters": counters, "nodes": nodes})


async def go_through(world: World, door: str = "entrance") -> None:
    await world.sense("contact", door, active=False)
    await world.sense("contact", door, active=True)


async def walk_in(world: World) -> None:
    steps: tuple[tuple[Role, bool], ...] = (
        ("outer", True),
        ("inner", True),
        ("outer", False),
        ("inner", False),
    )
    for role, active in steps:
        await world.sense(role, "entrance-beams", active=active)


def badges(world: World) -> list[tuple[str, bool, str]]:
    found = (event for event in world.events() if isinstance(event, BadgePresented))
    return [(badge.direction, badge.granted, badge.reason) for badge in found]


def told(world: World, kind: type[Event]) -> list[Event]:
    return [event for event in world.events() if isinstance(event, kind)]


def test_hard_anti_passback_refuses_who_is_inside_and_never_keeps_anybody_in() -> None:
    async def story(world: World) -> None:
        await world.tap(ANA)
        await go_through(world)
        await world.tap(ANA)
        await world.tap(ANA, "entrance-out")
        await world.tap(ANA)

    world = live(story, access=BOTH, place=with_entrance(anti_passback="hard"))
    assert badges(world) == [
        ("in", True, "granted"),
        ("in", False, "passed_back"),
        ("out", True, "granted"),
        ("in", True, "granted"),
    ]


def test_hard_anti_passback_outlives_a_restart() -> None:
    place = with_entrance(anti_passback="hard")

    async def come_in(world: World) -> None:
        await world.tap(ANA)
        await go_through(world)

    async def come_again(world: World) -> None:
        await world.tap(ANA)

    before = live(come_in, access=BOTH, place=place)
    after = live(come_again, access=BOTH, place=place, spool=before.spool)
    assert badges(after)[-1] == ("in", False, "passed_back")


def test_soft_anti_passback_lets_in_and_tells() -> None:
    async def story(world: World) -> None:
        await world.tap(ANA)
        await go_through(world)
        await world.tap(ANA)

    world = live(story, access=BOTH, place=with_entrance(anti_passback="soft"))
    assert badges(world) == [("in", True, "granted")] * 2
    seq = next(s for s, r in reversed(world.spool.records.items()) if isinstance(r.event, BadgePresented))
    assert told(world, PassedBack) == [PassedBack(door="entrance", grant=seq)]


def test_of_interlocked_doors_one_opens_at_a_time() -> None:
    async def story(world: World) -> None:
        await world.tap(ANA)
        await world.sense("contact", "entrance", active=False)
        await world.tap(ANA, "garden-in")
        assert not world.locks["garden"].energised
        await world.sense("contact", "entrance", active=True)
        await world.tap(ANA, "garden-in")
        assert world.locks["garden"].energised

    world = live(story, access=BOTH, place=with_entrance(interlock="airlock"))
    assert [reason for _, _, reason in badges(world)] == ["granted", "interlocked", "granted"]


def test_an_interlock_binds_staff_from_afar_too_but_no_exit_button() -> None:
    async def story(world: World) -> None:
        await world.sense("contact", "entrance", active=False)
        await world.receive("command", signed(command(UnlockDoor(door="garden"))))
        assert not world.locks["garden"].energised
        await world.sense("rex", "garden", active=True)
        assert world.locks["garden"].energised

    world = live(story, access=BOTH, place=with_entrance(interlock="airlock"))
    assert [event.reason for event in told(world, CommandRefused) if isinstance(event, CommandRefused)] == [
        "interlocked"
    ]


def test_who_follows_through_a_door_is_told_of() -> None:
    async def story(world: World) -> None:
        await world.tap(ANA)
        await world.sense("contact", "entrance", active=False)
        for _ in range(2):
            await walk_in(world)

    world = live(story, access=BOTH, place=with_entrance())
    assert told(world, Tailgated) == [Tailgated(door="entrance", crossings=2, grants=1)]


FIRST_CARD = BOTH.model_copy(
    update={
        "modes": {"entrance": (ModeWindow(mode="first_card", start=NINE, end=NINE + timedelta(hours=2)),)}
    }
)


def test_from_the_first_card_on_everybody_comes_in_until_the_hours_end() -> None:
    async def story(world: World) -> None:
        await world.tap(BEN)
        await world.tap(ANA)
        await world.tap(BEN)  # the door has not opened yet
        await go_through(world)
        await world.tap(BEN)
        await go_through(world)
        await go_through(world)
        await asyncio.sleep(3 * 3600)
        await world.tap(BEN)

    world = live(story, access=FIRST_CARD, place=with_entrance(first_card=True))
    assert [granted for _, granted, _ in badges(world)] == [False, True, False, True, False]
    causes = [event.cause for event in world.events() if isinstance(event, DoorOpened)]
    assert causes == ["grant", "grant", "free_passage"]


def test_a_first_card_does_not_lift_a_lockdown() -> None:
    windows = (*FIRST_CARD.modes["entrance"], ModeWindow(mode="lockdown", start=NINE))
    locked = FIRST_CARD.model_copy(update={"modes": {"entrance": windows}})

    async def come_in(world: World) -> None:
        await world.tap(ANA)
        await go_through(world)

    place = with_entrance(first_card=True)
    before = live(come_in, access=FIRST_CARD, place=place)
    after = live(lambda world: world.tap(BEN), access=locked, place=place, spool=before.spool)
    assert badges(after)[-1] == ("in", False, "lockdown")


def test_in_a_fire_everybody_passes_and_no_alarm_of_doors_is_raised() -> None:
    async def story(world: World) -> None:
        await world.sense("fire", "ss-entrance", active=False)
        await world.tap(BEN)
        assert world.locks["entrance"].energised
        await asyncio.sleep(10)
        await world.sense("contact", "entrance", active=False)
        assert world.snapshot().doors["entrance"].alarm == "none"
        await world.sense("fire", "ss-entrance", active=True)
        await world.tap(BEN)

    world = live(story, access=BOTH, place=with_entrance())
    assert [granted for _, granted, _ in badges(world)] == [True, False]
    assert told(world, FireAlarm) == [FireAlarm()]
    assert told(world, FireAlarmEnded) == [FireAlarmEnded()] * 2  # at rest at the start, and again


def test_after_a_fire_nobody_is_taken_to_be_inside() -> None:
    async def story(world: World) -> None:
        await world.tap(ANA)
        await go_through(world)
        await world.sense("fire", "ss-entrance", active=False)
        await world.sense("fire", "ss-entrance", active=True)
        await world.tap(ANA)

    world = live(story, access=BOTH, place=with_entrance(anti_passback="hard"))
    assert badges(world) == [("in", True, "granted")] * 2


def test_a_badge_of_duress_opens_as_any_other_and_calls_for_help() -> None:
    calls = listing(4).model_copy(
        update={"credentials": {who: Rights(sets=(1,), member=True, duress=who == BEN) for who in (ANA, BEN)}}
    )

    async def story(world: World) -> None:
        await world.tap(ANA)
        await go_through(world)
        await world.tap(BEN)

    world = live(story, access=calls)
    assert badges(world) == [("in", True, "granted")] * 2
    assert world.indicator.shown == ["granted"] * 2
    seq = next(s for s, r in reversed(world.spool.records.items()) if isinstance(r.event, BadgePresented))
    assert told(world, DuressSignalled) == [DuressSignalled(point="entrance", badge=seq)]


@pytest.mark.parametrize("rule", [{"anti_passback": "hard"}, {"interlock": "airlock"}, {"first_card": True}])
def test_no_rule_keeps_anybody_in(rule: dict[str, Any]) -> None:
    async def story(world: World) -> None:
        await world.tap(ANA)
        await go_through(world)
        await world.sense("contact", "garden", active=False)
        world.node.post(Tapped("entrance-out", ANA, "uid"))
        await world.settle()
        assert world.locks["entrance"].energised

    live(story, access=BOTH, place=with_entrance(**rule))
