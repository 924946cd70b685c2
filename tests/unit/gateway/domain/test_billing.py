from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.billing import Statement, rent_lines, statement
from gateway.domain.civil import month_bounds
from gateway.domain.people import Member
from gateway.domain.tariff import Bracket, read_tariff
from gateway.domain.visits import Visit
from tests.unit.gateway.domain.building import LONG_NIGHT, NEIGHBOUR, PARIS, SITE, member, paris

TARIFF = read_tariff(
    """
    id = "t-1"
    valid_from = 2026-01-01
    currency = "EUR"
    min_minutes = 15
    exempt_categories = ["staff"]
    bracket = [
        { up_to = 2, rent_per_user = "6.00" },
        { up_to = 5, rent_per_user = "9.00" },
        { rent_per_user = "13.00" },
    ]
    """,
    "t-1.toml",
)
MEMBERS = [member(number) for number in range(1, 9)]
AS_OF = paris("00:00", date(2026, 12, 1))


def visit(who: int, start: datetime, minutes: float | None, site: str = SITE.id) -> Visit:
    end = None if minutes is None else start + timedelta(minutes=minutes)
    return Visit(site, f"m-{who}", start, end, "measured", f"{site}/{who}/{start:%d%H%M%S}", None)


def november(*visits: Visit, members: list[Member] = MEMBERS, month: str = "2026-11") -> Statement:
    return statement(month, visits, members, TARIFF, PARIS, AS_OF)


def test_a_month_without_visits_costs_nothing() -> None:
    empty = november()
    assert (empty.users, empty.user_days, empty.minutes, empty.peak, empty.lines) == (0, 0, 0, 0, ())
    assert empty.total == Decimal("0.00")


def test_a_visit_counts_from_the_tariffs_least_length_on() -> None:
    assert november(visit(1, paris("09:00"), 14.99)).users == 0
    assert november(visit(1, paris("09:00"), 15)).users == 1


def test_an_open_visit_does_not_count_yet() -> None:
    assert november(visit(1, paris("09:00"), None)).users == 0


def test_staff_are_no_users() -> None:
    assert november(visit(1, paris("09:00"), 60), members=[member(1, "staff")]).users == 0


def test_guests_are_users() -> None:
    assert november(visit(1, paris("09:00"), 60), members=[member(1, "guest")]).users == 1


def test_a_person_whom_nobody_knows_any_more_is_no_user() -> None:
    assert november(visit(99, paris("09:00"), 60)).users == 0


def test_a_user_is_counted_once_and_a_day_once_over_all_sites() -> None:
    made = november(
        visit(1, paris("09:00"), 60),
        visit(1, paris("11:00"), 60),
        visit(1, paris("15:00"), 60, NEIGHBOUR.id),
        visit(1, paris("09:00", date(2026, 11, 25)), 60),
    )
    assert (made.users, made.user_days, made.minutes) == (1, 2, 240)
    assert {site: (usage.users, usage.user_days) for site, usage in made.sites.items()} == {
        NEIGHBOUR.id: (1, 1),
        SITE.id: (1, 2),
    }


def test_minutes_are_cut_once_from_the_sum() -> None:
    made = november(visit(1, paris("09:00"), 20.6), visit(2, paris("09:00"), 20.6))
    assert made.minutes == 41
    assert [person.minutes for person in made.people] == [20, 20]


def test_who_leaves_when_another_comes_is_no_peak_of_two() -> None:
    made = november(visit(1, paris("09:00"), 60), visit(2, paris("10:00"), 60))
    assert made.peak == 1


@pytest.mark.parametrize(
    ("clock", "day", "users"),
    [
        ("23:50", date(2026, 10, 31), 0),
        ("00:00", date(2026, 11, 1), 1),
        ("23:40", date(2026, 11, 30), 1),
        ("00:00", date(2026, 12, 1), 0),
    ],
)
def test_a_visit_belongs_to_the_paris_month_in_which_it_begins(clock: str, day: date, users: int) -> None:
    assert november(visit(1, paris(clock, day), 20)).users == users


def test_the_hour_that_comes_twice_is_billed_once_each_time() -> None:
    start, end = paris("01:30", LONG_NIGHT), paris("03:30", LONG_NIGHT)
    made = november(Visit(SITE.id, "m-1", start, end, "measured", "n/e/1", None), month="2026-10")
    assert (made.minutes, made.user_days) == (180, 1)


def test_each_user_pays_the_rate_of_their_own_bracket() -> None:
    lines = rent_lines(7, TARIFF)
    assert [(line.first, line.last, line.count, line.rate, line.amount) for line in lines] == [
        (1, 2, 2, Decimal("6.00"), Decimal("12.00")),
        (3, 5, 3, Decimal("9.00"), Decimal("27.00")),
        (6, 7, 2, Decimal("13.00"), Decimal("26.00")),
    ]


def test_half_a_cent_is_rounded_up() -> None:
    tariff = TARIFF.model_copy(update={"brackets": (Bracket(rent_per_user=Decimal("0.125")),)})
    assert [line.amount for line in rent_lines(1, tariff)] == [Decimal("0.13")]


@given(st.integers(0, 400))
def test_the_brackets_amounts_are_what_users_pay_one_by_one(users: int) -> None:
    one_by_one = [6 if number <= 2 else 9 if number <= 5 else 13 for number in range(1, users + 1)]
    lines = rent_lines(users, TARIFF)
    assert sum(line.amount for line in lines) == sum(one_by_one)
    assert sum(line.count for line in lines) == users


@given(st.lists(st.tuples(st.integers(1, 8), st.integers(0, 31 * 24 * 60), st.integers(0, 300)), max_size=40))
def test_a_statement_holds_together(stays: list[tuple[int, int, int]]) -> None:
    start, _ = month_bounds("2026-10", PARIS)
    visits = [
        visit(who, start + timedelta(minutes=minute), length, (SITE, NEIGHBOUR)[who % 2].id)
        for who, minute, length in stays
    ]
    made = november(*visits, month="2026-10")
    qualifying = [v for v in visits if v.duration and v.duration >= timedelta(minutes=15)]
    assert made.total == sum(line.amount for line in made.lines)
    assert made.users == len(made.people) == sum(line.count for line in made.lines)
    assert made.user_days == sum(person.days for person in made.people)
    assert made.minutes == sum(person.minutes for person in made.people)
    assert made.minutes == sum(usage.minutes for usage in made.sites.values())
    assert sum(person.visits for person in made.people) <= len(qualifying)
    assert made.peak == max(
        (sum(1 for v in qualifying if v.begun_at <= at < (v.ended_at or at)) for at in _moments(qualifying)),
        default=0,
    )


def _moments(visits: list[Visit]) -> list[datetime]:
    """Return the beginnings of visits: a greatest number of heads is reached when someone comes."""
    _, end = month_bounds("2026-10", PARIS)
    return [visit.begun_at for visit in visits if visit.begun_at < end]


def test_a_persons_line_leads_to_their_first_and_last_visit() -> None:
    early, late = visit(1, paris("09:00"), 60), visit(1, paris("15:00"), 60)
    (person,) = november(late, early).people
    assert (person.first_visit, person.last_visit) == (early.begun_by, late.begun_by)


def test_visits_in_another_order_make_the_same_statement() -> None:
    visits = [visit(who, paris("09:00") + timedelta(minutes=who % 3), 60) for who in range(1, 9)]
    assert november(*visits) == november(*reversed(visits))
