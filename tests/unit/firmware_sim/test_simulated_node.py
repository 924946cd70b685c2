from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.core.facts import Contact
from firmware_sim.calendar.node import SimulatedNode
from firmware_sim.calendar.timeline import Timeline
from firmware_sim.people import population
from protocol.access import AccessPatch
from protocol.codec import encode
from protocol.events import BadgePresented, DoorOpened, Record
from protocol.messages import Command, OpenCompartment, UnlockDoor
from protocol.signing import sign
from tests.unit.firmware_sim.simulated_day import KEY, SITES, open_list, ref, signed, simulated_node

NINE = datetime(2026, 11, 24, 8, tzinfo=UTC)
PEOPLE = population(SITES, seed=1, nomads=3)
ADA = ref(PEOPLE[0])


def entrance(node: str = "ss-entrance") -> tuple[SimulatedNode, Timeline, list[Record]]:
    records: list[Record] = []
    timeline = Timeline(NINE)
    made = simulated_node(SITES[0], node, timeline, records.append)
    made.take_list(signed(open_list(made, PEOPLE, NINE)))
    return made, timeline, records


def test_its_first_event_is_its_start_and_events_are_numbered_without_holes() -> None:
    node, _, records = entrance()
    node.tap("entrance-in", ADA)

    assert [record.event.type for record in records] == ["NodeStarted", "BadgePresented"]
    assert [record.seq for record in records] == [1, 2]


def test_a_granted_badge_releases_the_strike_and_explains_the_opening() -> None:
    node, timeline, records = entrance()

    assert node.tap("entrance-in", ADA) == ("entrance",)
    assert node.is_released("entrance")
    timeline.run(NINE + timedelta(seconds=2))
    node.sense("entrance", Contact(is_open=True))

    badge, opened = records[-2:]
    assert isinstance(opened.event, DoorOpened)
    assert (opened.event.cause, opened.event.grant) == ("grant", badge.seq)
    assert (opened.at, opened.uptime_s) == (NINE + timedelta(seconds=2), 2.0)
    assert not node.is_released("entrance")


def test_the_strike_locks_again_when_nobody_opens() -> None:
    node, timeline, _ = entrance()
    node.tap("entrance-in", ADA)

    timeline.run(NINE + timedelta(seconds=4.9))
    assert node.is_released("entrance")
    timeline.run(NINE + timedelta(seconds=5.1))
    assert not node.is_released("entrance")


def test_without_a_list_nobody_comes_in() -> None:
    records: list[Record] = []
    node = simulated_node(SITES[0], "ss-entrance", Timeline(NINE), records.append)

    assert node.tap("entrance-in", ADA) == ()
    badge = records[-1].event
    assert isinstance(badge, BadgePresented)
    assert badge.reason == "no_list"


def test_a_list_signed_by_another_gateway_is_refused_and_said_so() -> None:
    node, _, records = entrance()
    forged = encode(
        sign(Ed25519PrivateKey.generate(), "access_list", open_list(node, PEOPLE, NINE, revision=2))
    )

    assert not node.take_list(forged)
    assert node.revision == 1
    assert records[-1].event.type == "AccessListRefused"


def test_an_older_list_changes_nothing() -> None:
    node, _, _ = entrance()
    assert node.take_list(signed(open_list(node, PEOPLE, NINE, revision=3)))

    assert not node.take_list(signed(open_list(node, (), NINE, revision=2)))
    assert node.revision == 3


def test_a_patch_takes_effect_and_one_that_does_not_fit_is_refused() -> None:
    node, _, records = entrance()
    patch = AccessPatch(
        site="sceaux-smart", node="ss-entrance", base=1, revision=2, sets={}, credentials={ADA: None}
    )

    assert node.take_patch(encode(sign(KEY, "access_patch", patch)))
    assert node.tap("entrance-in", ADA) == ()
    too_far = patch.model_copy(update={"base": 5, "revision": 6})
    assert not node.take_patch(encode(sign(KEY, "access_patch", too_far)))
    assert records[-1].event.type == "AccessListRefused"


def test_it_knows_the_names_of_the_rights_in_its_list() -> None:
    node, _, _ = entrance()

    assert node.knows("member")
    assert not node.knows("loan:l-1")


def order(node: str, action: UnlockDoor | OpenCompartment, *, not_after_uptime_s: float = 5) -> bytes:
    command = Command(
        id="k-1",
        site="sceaux-smart",
        node=node,
        start="cd" * 8,
        not_after_uptime_s=not_after_uptime_s,
        action=action,
    )
    return encode(sign(KEY, "command", command))


def test_a_command_in_time_opens_its_locker() -> None:
    node, _, records = entrance("ss-parcels")

    assert node.obey(order("ss-parcels", OpenCompartment(compartment="parcel-1"))) == "parcel-1"
    assert node.is_released("parcel-1")
    assert records[-1].event.type == "CommandExecuted"


def test_a_late_command_opens_nothing() -> None:
    node, timeline, records = entrance("ss-parcels")
    timeline.run(NINE + timedelta(seconds=6))

    assert node.obey(order("ss-parcels", OpenCompartment(compartment="parcel-1"))) is None
    assert records[-1].event.type == "CommandRefused"


def test_a_command_for_what_hangs_elsewhere_opens_nothing() -> None:
    node, _, records = entrance("ss-parcels")

    assert node.obey(order("ss-parcels", UnlockDoor(door="entrance"))) is None
    assert records[-1].event.type == "CommandRefused"
