"""A whole node: what comes in at its ports, and what goes out."""

import asyncio
from datetime import timedelta

import pytest

from edge.core.tap import Proof
from edge.core.wiring import Wire
from edge.ports import ReaderFails, ReaderWorks, Received, Tapped
from protocol.events import (
    BadgePresented,
    CompartmentOpened,
    Crossed,
    DoorClosed,
    DoorOpened,
    ExitRequested,
    PresenceChanged,
    ReaderLost,
    ReaderRestored,
)
from tests.unit.edge.gateway_side import ANA, BEN, listing
from tests.unit.edge.world import World, live

ANAS_LIST = listing(4)


def test_a_tap_that_is_granted_releases_the_strike_until_it_relocks() -> None:
    async def story(world: World) -> None:
        await world.tap(ANA)
        assert world.locks["entrance"].energised
        await asyncio.sleep(5)
        assert world.locks["entrance"].history == [True, False]
        (badge,) = world.events()
        assert isinstance(badge, BadgePresented)
        assert (badge.granted, badge.point, badge.why, badge.list_revision) == (True, "entrance", "member", 4)
        assert world.indicator.shown == ["granted"]

    live(story, access=ANAS_LIST)


def test_a_tap_that_is_refused_moves_nothing() -> None:
    async def story(world: World) -> None:
        await world.tap(BEN)
        (badge,) = world.events()
        assert isinstance(badge, BadgePresented)
        assert (badge.granted, badge.reason) == (False, "unknown_credential")
        assert world.locks["entrance"].history == []
        assert world.indicator.shown == ["refused"]

    live(story, access=ANAS_LIST)


@pytest.mark.parametrize(("proof", "told"), [("aes", ("aes", "granted")), ("failed", ("uid", "not_genuine"))])
def test_how_a_card_proved_itself_decides(proof: Proof, told: tuple[str, str]) -> None:
    async def story(world: World) -> None:
        await world.tap(ANA, proof=proof)
        (badge,) = world.events()
        assert isinstance(badge, BadgePresented)
        assert (badge.assurance, badge.reason) == told
        assert world.locks["entrance"].energised == (proof == "aes")

    live(story, access=ANAS_LIST)


def test_the_strike_does_not_wait_for_a_disk_that_is_full() -> None:
    async def story(world: World) -> None:
        world.spool.broken = True
        await world.tap(ANA)
        assert world.locks["entrance"].energised
        world.spool.broken = False

    world = live(story, access=ANAS_LIST)
    assert [event.type for event in world.events()] == ["BadgePresented"]


def test_an_opening_names_the_badge_that_was_granted() -> None:
    async def story(world: World) -> None:
        await world.tap(ANA)
        await world.sense("contact", "entrance", active=False)
        await world.sense("contact", "entrance", active=True)
        assert world.events()[1:] == [
            DoorOpened(door="entrance", cause="grant", grant=2),
            DoorClosed(door="entrance", open_s=0.5),
        ]
        assert world.spool.records[2].event.type == "BadgePresented"

    live(story, access=ANAS_LIST)


def test_a_log_line_tells_the_decision_but_not_the_credential(caplog: pytest.LogCaptureFixture) -> None:
    async def story(world: World) -> None:
        await world.tap(ANA)

    with caplog.at_level("INFO"):
        live(story, access=ANAS_LIST)
    (line,) = [r.getMessage() for r in caplog.records if "event=decision" in r.getMessage()]
    assert "point=entrance" in line
    assert "granted=True" in line
    assert ANA not in caplog.text


def test_a_strike_locks_in_time_though_the_wall_clock_is_stepped_meanwhile() -> None:
    async def story(world: World) -> None:
        await world.tap(ANA)
        assert world.locks["entrance"].energised
        world.clock.stepped = timedelta(days=-1)
        await asyncio.sleep(5)
        assert not world.locks["entrance"].energised

    live(story, access=ANAS_LIST)


def test_a_strike_locks_though_the_loops_timers_are_ahead_of_uptime() -> None:
    async def story(world: World) -> None:
        world.clock.rate = 0.999
        await world.tap(ANA)
        assert world.locks["entrance"].energised
        await asyncio.sleep(5.5)
        assert not world.locks["entrance"].energised

    live(story, access=ANAS_LIST)


def test_how_late_it_must_be_is_written_down_from_time_to_time() -> None:
    async def story(world: World) -> None:
        assert world.store.floor is None
        await asyncio.sleep(31)
        assert world.store.floor is not None

    world = live(story, access=ANAS_LIST)
    assert world.store.floor is not None
    assert world.store.floor.boot == world.clock.boot


def test_the_exit_button_releases_the_strike() -> None:
    async def story(world: World) -> None:
        await world.sense("rex", "entrance", active=True)
        assert world.locks["entrance"].energised
        assert world.events() == [ExitRequested(door="entrance")]

    live(story)


def test_an_exit_button_found_pressed_at_start_opens_nothing() -> None:
    async def story(world: World) -> None:
        await asyncio.sleep(10)
        assert world.locks["entrance"].history == []
        assert world.events() == []

    live(story, levels={Wire("rex", "entrance", 22): True})


def test_an_edge_that_was_missed_is_found_by_reading_again() -> None:
    async def story(world: World) -> None:
        world.inputs.levels[world.wire("contact", "entrance")] = False
        await asyncio.sleep(3)
        assert world.events() == [DoorOpened(door="entrance", cause="forced", grant=None)]

    live(story)


def test_a_level_that_differs_for_one_reading_only_is_a_glitch() -> None:
    async def story(world: World) -> None:
        contact = world.wire("contact", "entrance")
        world.inputs.levels[contact] = False
        await asyncio.sleep(1)
        world.inputs.levels[contact] = True
        await asyncio.sleep(1)
        world.inputs.levels[contact] = False
        await asyncio.sleep(1)
        world.inputs.levels[contact] = True
        await asyncio.sleep(5)
        assert world.events() == []

    live(story)


def test_someone_who_walks_through_the_beams_is_counted() -> None:
    async def story(world: World) -> None:
        for broken in (True, False):
            await world.sense("outer", "entrance-beams", active=broken)
            await world.sense("inner", "entrance-beams", active=broken)
        assert world.events() == [Crossed(counter="entrance-beams", space="floor", direction="in")]

    live(story)


def test_movement_occupies_a_space_until_its_hold_time_has_passed() -> None:
    async def story(world: World) -> None:
        await world.sense("motion", "cosy-motion", active=True)
        await world.sense("motion", "cosy-motion", active=False)
        assert world.snapshot().presence == {"kitchen": False, "cosy": True, "lounge": False}
        await asyncio.sleep(121)
        assert world.events() == [
            PresenceChanged(space="cosy", occupied=True),
            PresenceChanged(space="cosy", occupied=False),
        ]

    live(story, node="ss-commons")


def test_a_tap_at_a_bank_opens_what_is_due() -> None:
    async def story(world: World) -> None:
        await world.tap(ANA, reader="loans-reader")
        assert [name for name, lock in world.locks.items() if lock.energised] == ["loan-2"]
        await world.sense("contact", "loan-2", active=False)
        assert world.events()[-1] == CompartmentOpened(compartment="loan-2", cause="grant", grant=2)
        assert world.snapshot().compartments["loan-2"].position == "open"

    live(story, node="ss-loans", access=listing(4, node="ss-loans", points=("loan-2",)))


def test_a_reader_that_is_lost_and_found_again_is_reported_once_each() -> None:
    async def story(world: World) -> None:
        assert world.snapshot().readers == {"entrance-in": "working", "entrance-out": "working"}
        for fact in (ReaderFails("entrance-in", "EIO"), ReaderFails("entrance-in", "ENODEV")):
            world.node.post(fact)
        await world.settle()
        assert world.snapshot().readers["entrance-in"] == "lost"
        world.node.post(ReaderWorks("entrance-in"))
        await world.settle()
        assert world.events() == [
            ReaderLost(reader="entrance-in", error="EIO"),
            ReaderRestored(reader="entrance-in"),
        ]

    live(story)


def test_a_reader_whose_task_ends_is_started_anew(caplog: pytest.LogCaptureFixture) -> None:
    async def story(world: World) -> None:
        world.readers[0].fails.set()
        await asyncio.sleep(5)
        assert world.readers[0].starts == 2

    live(story)
    assert "a fault that nobody foresaw" in caplog.text


@pytest.mark.parametrize(
    "message",
    [
        Received("passerelle/sceaux-smart/ss-entrance/down/ack", b"{", retained=False),
        Received("passerelle/sceaux-smart/gateway/status", b"\xff", retained=True),
        Received("passerelle/sceaux-smart/ss-entrance/down/tomorrow", b"", retained=False),
        Tapped("reader-that-does-not-exist", ANA),
    ],
)
def test_nothing_that_comes_in_stops_the_doors(message: Received | Tapped) -> None:
    async def story(world: World) -> None:
        world.node.post(message)
        await world.tap(ANA)
        assert world.locks["entrance"].energised

    live(story, access=ANAS_LIST)


def test_what_fails_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    async def story(world: World) -> None:
        world.node.post(Tapped("reader-that-does-not-exist", ANA))
        await world.settle()

    live(story)
    (record,) = [r for r in caplog.records if "fact_failed" in r.getMessage()]
    assert record.exc_info is not None
    assert ANA not in caplog.text


def test_stopping_locks_everything_at_once_and_nothing_opens_any_more() -> None:
    async def story(world: World) -> None:
        await world.tap(ANA)
        world.node.post(Tapped("entrance-in", ANA))
        await asyncio.sleep(0)
        world.node.stop()
        assert not world.locks["entrance"].energised
        await world.settle()
        assert world.locks["entrance"].history == [True, False]

    live(story, access=ANAS_LIST)


def test_a_lock_that_fails_does_not_keep_the_others_open() -> None:
    async def story(world: World) -> None:
        await world.tap(ANA, reader="loans-reader")
        assert world.locks["loan-2"].energised
        world.locks["loan-1"].release = broken  # type: ignore[method-assign]  # a driver that fails

    def broken() -> None:
        raise OSError("no such line")

    world = live(story, node="ss-loans", access=listing(4, node="ss-loans", points=("loan-2",)))
    assert not world.locks["loan-2"].energised


def test_a_stop_leaves_everything_written_and_says_goodbye() -> None:
    async def story(world: World) -> None:
        world.node.post(Tapped("entrance-in", ANA))
        await asyncio.sleep(0)

    world = live(story, access=ANAS_LIST)
    assert [event.type for event in world.events()] == ["BadgePresented"]
    assert not world.status().online


def test_a_card_tapped_after_the_loop_has_ended_harms_nobody() -> None:
    async def story(_world: World) -> None:
        await asyncio.sleep(0)

    live(story).node.post(Tapped("entrance-in", ANA))


def test_a_flood_of_messages_is_cut_off_and_the_node_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    async def story(world: World) -> None:
        for _ in range(12_000):
            world.node.post(Received("passerelle/x", b"", retained=False))
        await world.settle()
        await world.tap(ANA)
        assert world.locks["entrance"].energised

    live(story, access=ANAS_LIST)
    assert "fact_dropped" in caplog.text


def test_a_watchdog_is_fed_while_the_node_works() -> None:
    async def story(world: World) -> None:
        await asyncio.sleep(35)
        assert world.manager.answers == [True, True, True]

    live(story)


def test_a_node_whose_facts_are_no_longer_handled_does_not_feed_the_watchdog(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(world: World) -> None:
        await asyncio.sleep(15)
        monkeypatch.setattr(world.node, "_handle_safely", lambda fact: None)
        await asyncio.sleep(20)
        assert world.manager.answers == [True, True, False]

    live(story)


def test_a_disk_that_never_answers_does_not_feed_the_watchdog(monkeypatch: pytest.MonkeyPatch) -> None:
    async def stand_still(records: object) -> None:
        await asyncio.Event().wait()

    async def story(world: World) -> None:
        monkeypatch.setattr(world.spool, "append", stand_still)
        await world.tap(BEN)
        await asyncio.sleep(35)
        assert world.manager.answers == [True, False, False]

    live(story)


def test_a_disk_that_refuses_is_no_reason_to_start_the_node_again() -> None:
    async def story(world: World) -> None:
        world.spool.broken = True
        await world.tap(BEN)
        await asyncio.sleep(35)
        world.spool.broken = False
        assert world.manager.answers == [True, True, True]

    live(story)
