"""What plans, closures and suspensions open and do not open."""

from datetime import date, datetime, timedelta
from typing import Literal

import pytest

from gateway.domain.people import Plan, Suspension
from protocol.access import Denied, Granted
from protocol.site import Closure, Site
from tests.unit.gateway.domain.books import World
from tests.unit.gateway.domain.building import SITE, TUESDAY, booking, credential, member, paris, ref

WEDNESDAY = TUESDAY + timedelta(days=1)
ARMISTICE = date(2026, 11, 11)
MINUTE = timedelta(minutes=1)


def decide(
    world: World, at: datetime, site: Site = SITE, *, compiled_at: datetime | None = None
) -> Granted | Denied:
    return world.compile(now=compiled_at or at, site=site).decide(ref(1), "entrance", at)


def someone(plan: Plan) -> World:
    return World([member(1, plan)], [credential(1)])


def suspended(since: datetime, until: datetime | None) -> Suspension:
    return Suspension("u-1", "m-1", since, until, "unpaid")


@pytest.mark.parametrize("plan", ["nomad", "part-time", "student", "invited"])
def test_a_public_holiday_and_a_closure_open_nothing_to_members(plan: Plan) -> None:
    world = someone(plan)
    assert isinstance(decide(world, paris("15:00", ARMISTICE)), Denied)
    assert isinstance(decide(world, paris("15:00", ARMISTICE - timedelta(days=1))), Granted)
    shut = SITE.model_copy(update={"closures": (Closure(name="Travaux", first=TUESDAY, last=TUESDAY),)})
    assert decide(world, paris("15:00"), shut) == Denied(
        "too_early", opens_at=paris("13:00" if plan == "student" else "08:00", WEDNESDAY)
    )


def test_staff_residents_and_bookings_pass_on_a_closed_day() -> None:
    noon = paris("12:00", ARMISTICE)
    assert decide(someone("staff"), noon) == Granted("staff")
    resident = World([member(1, "resident", office="office-2")], [credential(1)])
    assert decide(resident, noon) == Granted("resident:office-2")
    assert decide(someone("nomad")._replace(bookings=[booking(7, noon)]), noon) == Granted("booking:b-7")


def test_a_student_comes_in_at_the_hours_of_the_plan() -> None:
    student = someone("student")
    assert isinstance(decide(student, paris("13:00") - MINUTE), Denied)
    assert decide(student, paris("13:00")) == Granted("member")
    saturday = TUESDAY + timedelta(days=4)
    assert isinstance(decide(student, paris("15:00", saturday)), Denied), "the plan says nothing of Saturdays"
    thursday = TUESDAY + timedelta(days=2)
    assert isinstance(decide(student, paris("20:00", thursday)), Denied), "the site is open until 22:00"


@pytest.mark.parametrize(
    ("come", "today"),
    [
        ([], "granted"),
        (range(1, 8), "granted"),
        (range(1, 9), "refused"),
        ([*range(1, 8), 24], "granted"),
    ],
    ids=["never came", "one day left", "no day left", "the last day has begun"],
)
def test_a_part_time_member_comes_on_so_many_days_a_month(
    come: list[int], today: Literal["granted", "refused"]
) -> None:
    days = frozenset(date(2026, 11, day) for day in come)
    decision = decide(someone("part-time")._replace(days_come={"m-1": days}), paris("15:00"))
    assert isinstance(decision, Granted) == (today == "granted")


def test_days_are_counted_anew_each_month() -> None:
    eve = paris("15:00", date(2026, 11, 30))
    spent = someone("part-time")._replace(
        days_come={"m-1": frozenset(date(2026, 11, d) for d in range(1, 9))}
    )
    assert decide(spent, eve) == Denied("too_early", opens_at=paris("08:00", date(2026, 12, 1)))


def test_a_suspension_takes_every_right_away_and_gives_it_back_at_its_end() -> None:
    world = someone("nomad")._replace(
        bookings=[booking(7, paris("10:00"), 8)], suspensions=[suspended(paris("12:00"), paris("14:00"))]
    )
    morning = paris("11:00")
    for clock, granted in (("11:59", True), ("12:00", False), ("13:59", False), ("14:00", True)):
        assert isinstance(decide(world, paris(clock), compiled_at=morning), Granted) == granted, clock
    lasting = someone("nomad")._replace(suspensions=[suspended(paris("12:00"), None)])
    assert isinstance(decide(lasting, paris("11:59")), Granted)
    assert decide(lasting, paris("12:00")) == Denied("unknown_credential")


def test_a_suspended_member_does_not_count_as_one_when_the_list_is_stale() -> None:
    now = paris("12:00")
    late = now + timedelta(days=3)
    for until in (None, now + MINUTE):
        world = someone("nomad")._replace(suspensions=[suspended(now, until)])
        assert decide(world, late, compiled_at=now) == Denied("list_expired", stale=True)
    assert decide(someone("nomad"), late, compiled_at=now) == Granted("stale:member", stale=True)


def test_two_members_of_one_plan_share_their_windows() -> None:
    world = World([member(n, "part-time") for n in (1, 2, 3)], [credential(n) for n in (1, 2, 3)])
    spent = frozenset(date(2026, 11, day) for day in range(1, 9))
    access = world._replace(days_come={"m-3": spent}).compile()
    assert access.credentials[ref(1)] == access.credentials[ref(2)]
    assert ref(3) in access.credentials, "listed as a member, without a right"
    assert access.credentials[ref(3)].sets == ()
