"""Crossings against grants, opening by opening."""

from typing import Literal

import pytest

from edge.core.tailgating import Tailgating
from protocol.events import BadgePresented, Crossed, Direction, DoorClosed, DoorOpened, Event, Tailgated
from protocol.site import Counter
from tests.unit.edge.core.test_passback import badge

BEAMS = Counter(id="beams", node="n", space="floor", door="entrance", outer=23, inner=24)
CLOSES = DoorClosed(door="entrance", open_s=3)


def comes(direction: Direction = "in") -> Crossed:
    return Crossed(counter="beams", space="floor", direction=direction)


Cause = Literal["grant", "exit_request", "command", "forced", "key", "free_passage"]


def opens(cause: Cause = "grant") -> DoorOpened:
    return DoorOpened(door="entrance", cause=cause, grant=1 if cause == "grant" else None)


def told(*events: Event, counter: Counter = BEAMS) -> list[Tailgated]:
    watching = Tailgating.of([counter])
    all_told: list[Tailgated] = []
    for event in events:
        watching, more = watching.heard(event)
        all_told += more
    return all_told


def extra(crossings: int, grants: int) -> Tailgated:
    return Tailgated(door="entrance", crossings=crossings, grants=grants)


def test_one_badge_lets_one_in() -> None:
    assert told(badge(), opens(), comes(), CLOSES) == []
    assert told(badge(), opens(), comes(), comes(), CLOSES) == [extra(2, 1)]


def test_each_one_more_is_told() -> None:
    assert told(badge(), opens(), comes(), comes(), comes()) == [extra(2, 1), extra(3, 1)]


def test_two_badges_before_an_opening_or_during_it_let_two_in() -> None:
    assert told(badge(), badge(), opens(), comes(), comes()) == []
    assert told(badge(), opens(), comes(), badge(), comes()) == []


def test_the_next_opening_begins_anew() -> None:
    assert told(badge(), opens(), CLOSES, badge(), opens(), comes(), CLOSES) == []
    assert told(badge(), badge(), opens(), comes(), CLOSES, badge(), opens(), comes(), comes()) == [
        extra(2, 1)
    ]


def test_who_slips_in_as_somebody_leaves_is_told() -> None:
    assert told(opens("exit_request"), comes("out"), comes()) == [extra(1, 0)]


def test_who_crosses_when_the_leaf_is_shut_already_came_by_that_opening() -> None:
    assert told(badge(), opens(), CLOSES, comes()) == []
    assert told(badge(), opens(), comes(), CLOSES, comes()) == [extra(2, 1)]


@pytest.mark.parametrize("cause", ["free_passage", "key", "forced"])
def test_openings_for_anybody_and_alarms_of_their_own_are_not_counted(cause: Cause) -> None:
    assert told(opens(cause), comes(), comes()) == []


def test_a_remote_opening_lets_one_in() -> None:
    assert told(opens("command"), comes()) == []
    assert told(opens("command"), comes(), comes()) == [extra(2, 1)]


def test_a_counter_that_names_no_door_watches_none() -> None:
    apart = BEAMS.model_copy(update={"door": None})
    assert told(badge(), opens(), comes(), comes(), counter=apart) == []


def test_a_refused_badge_lets_nobody_in() -> None:
    refused: BadgePresented = badge(granted=False)
    assert told(badge(), refused, opens(), comes(), comes()) == [extra(2, 1)]
