"""Places hired whole: whom their doors still know."""

from dataclasses import replace
from datetime import datetime

import pytest

from gateway.domain.privatisation import Privatisation, of_door, refusal
from protocol.access import Denied, Granted
from protocol.site import Site
from tests.unit.gateway.domain.books import World
from tests.unit.gateway.domain.building import (
    NEIGHBOUR,
    SITE,
    booking,
    credential,
    member,
    paris,
    ref,
)

NINE, NOON, SIX = paris("09:00"), paris("12:00"), paris("18:00")
MEETING_FLOOR = ("meeting-1", "meeting-2")


def hire(spaces: tuple[str, ...] = (), *guests: int, site: Site = SITE, organiser: int = 9) -> Privatisation:
    who = tuple(f"m-{number}" for number in guests)
    return Privatisation("p-1", site.id, spaces, f"m-{organiser}", NOON, SIX, "confirmed", None, who)


def world(*hires: Privatisation) -> World:
    """A nomad, a resident of office 2, staff, a guest without any right of their own, and an organiser."""
    people = [
        member(1),
        member(2, "resident", office="office-2"),
        member(3, "staff"),
        member(4, "guest"),
        member(9, "guest"),
    ]
    return World(people, [credential(n) for n in (1, 2, 3, 4, 9)], privatisations=hires)


def passes(known: World, who: int, door: str, at: datetime) -> bool:
    node = next(each.node for each in SITE.doors if each.id == door)
    return isinstance(known.compile(node, now=at).decide(ref(who), door, at), Granted)


@pytest.mark.parametrize("clock", ["12:00", "15:00", "17:59"])
def test_a_site_that_is_hired_whole_knows_the_organisers_guests_and_staff_alone(clock: str) -> None:
    hired, at = world(hire((), 4)), paris(clock)
    for door in ("entrance", "garden", "meeting-1-door", "office-2-door"):
        assert [passes(hired, who, door, at) for who in (1, 2, 3, 4, 9)] == [
            False,
            False,
            True,
            True,
            True,
        ], door


@pytest.mark.parametrize("clock", ["11:49", "18:10"])
def test_before_and_after_the_members_have_their_place_again(clock: str) -> None:
    hired, at = world(hire((), 4)), paris(clock)
    assert [passes(hired, who, "entrance", at) for who in (1, 2, 3, 4, 9)] == [True, True, True, False, False]


def test_those_admitted_come_in_a_little_before_and_leave_a_little_after() -> None:
    hired = world(hire())
    assert passes(hired, 9, "entrance", paris("11:50"))
    assert passes(hired, 9, "meeting-1-door", paris("18:09"))


def test_a_part_that_is_hired_leaves_the_rest_and_the_street_door_to_members() -> None:
    hired = world(hire(("office-2",), 4))
    assert [passes(hired, who, "office-2-door", NOON) for who in (1, 2, 3, 4, 9)] == [
        False,
        False,
        True,
        True,
        True,
    ]
    assert [passes(hired, who, "entrance", NOON) for who in (1, 2, 3, 4, 9)] == [True] * 5
    assert not passes(hired, 4, "office-1-door", NOON)


def test_a_member_is_refused_with_the_moment_when_the_place_is_theirs_again() -> None:
    at = paris("13:00")
    decision = world(hire()).compile(now=at).decide(ref(1), "entrance", at)
    assert decision == Denied("too_early", opens_at=SIX)


def test_a_booking_whose_margin_reaches_into_a_hire_does_not_open_it() -> None:
    before = world(hire())._replace(bookings=[booking(7, NINE, 3, who=4)])
    assert passes(before, 4, "meeting-1-door", paris("11:59"))
    assert not passes(before, 4, "meeting-1-door", paris("12:05"))


def test_a_cancelled_hire_and_one_at_another_site_close_nothing() -> None:
    for other in (replace(hire(), status="cancelled"), hire(site=NEIGHBOUR)):
        assert passes(world(other), 1, "entrance", NOON)
        assert not passes(world(other), 9, "entrance", NOON)


def test_a_hire_holds_every_space_in_it() -> None:
    assert [hold.space for hold in hire(MEETING_FLOOR).holds(SITE)] == list(MEETING_FLOOR)
    assert {hold.space for hold in hire().holds(SITE)} == {space.id for space in SITE.spaces}


def test_a_hire_lasts_and_names_spaces_of_the_site() -> None:
    assert list(refusal(hire(MEETING_FLOOR), SITE)) == []
    wrong = replace(hire(("meeting-1", "attic")), ends_at=NOON)
    assert list(refusal(wrong, SITE)) == [("/spaces/1", "unknown_space"), ("/ends_at", "ends_before_start")]


def test_a_door_says_for_which_hire_it_is_closed() -> None:
    part = hire(MEETING_FLOOR)
    assert of_door([part], SITE, "meeting-1-door", NOON) == part
    assert of_door([part], SITE, "meeting-1-door", SIX) is None
    assert of_door([part], SITE, "entrance", NOON) is None
