"""Who is inside, as far as a door knows."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge.core.passback import Passback
from protocol.events import BadgePresented, Direction, DoorOpened, Event
from protocol.site import Door

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANA, BEN = "c_" + "a" * 32, "c_" + "b" * 32
DOOR = Door(
    id="entrance", name="Entrée", node="n", space="floor", strike=17, contact=27, anti_passback="hard"
)


def badge(who: str = ANA, direction: Direction = "in", *, granted: bool = True) -> BadgePresented:
    return BadgePresented(
        point="entrance",
        direction=direction,
        credential=who,
        assurance="uid",
        granted=granted,
        reason="granted" if granted else "ended",
        why="member" if granted else None,
        list_revision=1,
        list_age_s=0,
        stale=False,
    )


def opened(grant: int) -> DoorOpened:
    return DoorOpened(door="entrance", cause="grant", grant=grant)


def heard(*events: Event, door: Door = DOOR, at: datetime = NINE) -> Passback:
    """Let the door record events, numbered from 1, a second apart."""
    known = Passback.of([door])
    for seq, event in enumerate(events, 1):
        known = known.heard(event, seq, at + timedelta(seconds=seq))
    return known


LATER = NINE + timedelta(minutes=1)


def test_who_came_in_is_inside() -> None:
    assert heard(badge(), opened(1)).is_inside(ANA, "entrance", LATER)
    assert not heard(badge(), opened(1)).is_inside(BEN, "entrance", LATER)


def test_who_badged_and_never_opened_is_not_inside() -> None:
    assert not heard(badge()).is_inside(ANA, "entrance", LATER)
    assert not heard(badge(granted=False), opened(1)).is_inside(ANA, "entrance", LATER)


def test_who_went_out_is_not_inside_whether_the_door_opened_or_not() -> None:
    assert not heard(badge(), opened(1), badge(ANA, "out")).is_inside(ANA, "entrance", LATER)


def test_who_never_badges_out_is_forgotten_in_time() -> None:
    inside = heard(badge(), opened(1))
    assert inside.is_inside(ANA, "entrance", NINE + timedelta(hours=11))
    assert not inside.is_inside(ANA, "entrance", NINE + timedelta(hours=12, seconds=1))


def test_a_clock_that_was_set_back_proves_nothing() -> None:
    assert not heard(badge(), opened(1)).is_inside(ANA, "entrance", NINE - timedelta(hours=1))


def test_a_door_that_does_not_ask_knows_of_nobody() -> None:
    lenient = DOOR.model_copy(update={"anti_passback": "off"})
    assert not heard(badge(), opened(1), door=lenient).is_inside(ANA, "entrance", LATER)


def test_two_who_badge_one_after_the_other_are_told_apart() -> None:
    known = heard(badge(ANA), badge(BEN), opened(2))
    assert not known.is_inside(ANA, "entrance", LATER)
    assert known.is_inside(BEN, "entrance", LATER)


@given(
    st.lists(st.sampled_from([badge(ANA), badge(BEN), badge(ANA, "out"), opened(1), opened(3)]), max_size=20)
)
def test_after_an_exit_badge_nobody_is_inside_by_it(events: list[Event]) -> None:
    assert not heard(*events, badge(ANA, "out")).is_inside(ANA, "entrance", LATER)
