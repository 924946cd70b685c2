"""A whole node and its gateway: lists, commands and events between them."""

import asyncio
from itertools import pairwise

import pytest

from edge.ports import LinkDown, LinkUp, Received, Sensed
from protocol.codec import encode
from protocol.events import (
    AccessListRefused,
    CommandExecuted,
    CommandRefused,
    DoorOpened,
)
from protocol.messages import Ack, GatewayStatus, Identify, OpenCompartment, UnlockDoor
from tests.unit.edge.fakes import NINE, ListStoreInMemory
from tests.unit.edge.gateway_side import ANA, command, kept, listing, patch, signed, tampered
from tests.unit.edge.world import World, live

ANAS_LIST = listing(4)


def test_a_list_takes_effect_is_saved_and_is_shown_in_the_status() -> None:
    async def story(world: World) -> None:
        assert world.status().list_revision == 0
        await world.receive("access", signed(listing(4)))
        assert world.status().list_revision == 4
        await world.tap(ANA)
        assert world.locks["entrance"].energised

    assert live(story).store.saved == kept(listing(4))


def test_a_patch_revokes_at_once() -> None:
    async def story(world: World) -> None:
        await world.receive("access/patch", signed(patch(4, 5, {ANA: None})))
        assert world.status().list_revision == 5
        await world.tap(ANA)
        assert world.locks["entrance"].history == []

    live(story, access=ANAS_LIST)


def test_a_list_that_is_refused_is_reported_and_the_last_good_one_stays() -> None:
    async def story(world: World) -> None:
        await world.receive("access", tampered(signed(listing(5))))
        await world.receive("access", b"not json")
        await world.receive("access/patch", signed(patch(7, 8, {ANA: None})))
        reports = world.events()
        assert all(isinstance(event, AccessListRefused) for event in reports)
        assert len(reports) == 3
        await world.tap(ANA)
        assert world.locks["entrance"].energised

    live(story, access=ANAS_LIST)


def test_a_list_that_is_sent_again_and_again_is_refused_in_one_event_until_another_is_taken() -> None:
    async def story(world: World) -> None:
        for _ in range(3):
            await world.receive("access", tampered(signed(listing(5))))
        assert len(world.events()) == 1
        await world.receive("access", signed(listing(6)))
        await world.receive("access", tampered(signed(listing(5))))
        assert len(world.events()) == 2

    live(story, access=ANAS_LIST)


def test_a_damaged_saved_list_is_reported() -> None:
    async def story(world: World) -> None:
        (event,) = world.events()
        assert isinstance(event, AccessListRefused)
        assert "unreadable" in event.reason

    live(story, store=ListStoreInMemory(damaged=True))


def test_a_command_to_unlock_releases_the_strike_and_is_reported() -> None:
    async def story(world: World) -> None:
        await world.receive("command", signed(command(UnlockDoor(door="entrance"))))
        assert world.locks["entrance"].energised
        await world.sense("contact", "entrance", active=False)
        assert world.events() == [
            CommandExecuted(command="k-1", point="entrance"),
            DoorOpened(door="entrance", cause="command", grant=None),
        ]

    live(story)


def test_a_command_to_open_a_compartment_pulses_its_latch() -> None:
    async def story(world: World) -> None:
        order = command(OpenCompartment(compartment="loan-3"), node="ss-loans")
        await world.receive("command", signed(order))
        assert world.locks["loan-3"].history == [True]
        assert world.events() == [CommandExecuted(command="k-1", point="loan-3")]

    live(story, node="ss-loans")


def test_a_node_can_be_asked_to_show_where_it_is() -> None:
    async def story(world: World) -> None:
        await world.receive("command", signed(command(Identify())))
        assert world.indicator.shown == ["identify"]
        assert world.events() == [CommandExecuted(command="k-1", point="ss-entrance")]

    live(story)


@pytest.mark.parametrize(
    ("payload", "retained", "reason"),
    [
        (signed(command(UnlockDoor(door="garden"))), False, "unknown_point"),
        (signed(command(OpenCompartment(compartment="loan-1"))), False, "unknown_point"),
        (signed(command()), True, "retained"),
        (tampered(signed(command())), False, "unsigned"),
        (b"x" * 300_000, False, "unreadable"),
    ],
)
def test_a_command_that_is_refused_opens_nothing_and_is_reported(
    payload: bytes,
    retained: bool,  # noqa: FBT001 - a column of the table
    reason: str,
) -> None:
    async def story(world: World) -> None:
        await world.receive("command", payload, retained=retained)
        (event,) = world.events()
        assert isinstance(event, CommandRefused)
        assert event.reason == reason
        assert world.locks["entrance"].history == []

    live(story)


def test_events_reach_the_gateway_and_its_cursor_is_kept() -> None:
    async def story(world: World) -> None:
        await world.tap(ANA)
        assert [[r.seq for r in batch.records] for batch in world.uplink.batches()] == [[1], [2]]
        await world.receive("ack", encode(Ack(ledger="ledger", node="ss-entrance", epoch="e0" * 8, seq=2)))
        await asyncio.sleep(31)
        assert (world.status().pending, world.spool.cursor) == (0, 2)

    live(story, access=ANAS_LIST)


def test_what_is_acknowledged_to_a_twin_is_sent_all_the_same() -> None:
    async def story(world: World) -> None:
        await world.tap(ANA)
        ack = Ack(ledger="ledger", node="ss-entrance", epoch="e0" * 8, seq=2, start="7" * 16)
        await world.receive("ack", encode(ack))
        await asyncio.sleep(31)
        assert world.status().pending == 2
        await world.receive("ack", encode(ack.model_copy(update={"start": world.status().start})))
        await asyncio.sleep(31)
        assert world.status().pending == 0

    live(story, access=ANAS_LIST)


def test_a_gateway_that_starts_anew_is_sent_what_it_has_not_acknowledged() -> None:
    async def story(world: World) -> None:
        restarted = encode(GatewayStatus(online=True, start="9" * 16, at=NINE))
        world.node.post(Received("passerelle/sceaux-smart/gateway/status", restarted, retained=True))
        await world.settle()
        assert [[r.seq for r in batch.records] for batch in world.uplink.batches()] == [[1], [1]]

    live(story)


def test_a_new_link_is_told_status_and_state_again_both_retained() -> None:
    async def story(world: World) -> None:
        world.node.post(LinkDown())
        await world.settle()
        world.uplink.sent.clear()
        await world.sense("contact", "entrance", active=False)
        assert world.uplink.sent == []
        world.node.post(LinkUp())
        await world.settle()
        retained = [topic.rsplit("/", 1)[1] for topic, _, kept in world.uplink.sent if kept]
        assert retained == ["status", "state"]
        assert world.snapshot().doors["entrance"].position == "open"

    live(story)


def test_changes_close_together_make_one_snapshot_and_no_change_makes_none() -> None:
    async def story(world: World) -> None:
        before = len([t for t, _, _ in world.uplink.sent if t.endswith("/up/state")])
        contact = world.wire("contact", "entrance")
        for active in (False, True, False):
            world.node.post(Sensed(contact, active))
        await world.settle()
        world.node.post(Sensed(contact, active=False))
        await world.settle()
        after = len([t for t, _, _ in world.uplink.sent if t.endswith("/up/state")])
        assert after - before == 1
        assert world.snapshot().doors["entrance"].alarm == "forced"

    live(story)


def test_a_heartbeat_shows_that_the_node_lives() -> None:
    async def story(world: World) -> None:
        first = world.status()
        await asyncio.sleep(60)
        assert world.status().uptime_s - first.uptime_s >= 50
        assert (first.online, first.start, first.software) == (True, "5" * 16, "1.0")

    live(story)


def test_a_heartbeat_may_be_lost_before_the_node_is_taken_for_dead() -> None:
    async def story(world: World) -> None:
        sent = [len([t for t, _, _ in world.uplink.sent if t.endswith("/up/status")])]
        for _ in range(2):
            await asyncio.sleep(world.status().silent_after_s)
            sent.append(len([t for t, _, _ in world.uplink.sent if t.endswith("/up/status")]))
        assert [after - before for before, after in pairwise(sent)] == [3, 3]

    live(story)
