"""The judge's own count of a month."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from firmware_sim.verify.months import count_month, disagreements, qualifying, read_tariffs, tariff_of
from firmware_sim.verify.stays import Stay
from tests.unit.firmware_sim.simulated_day import TARIFF

NINE = datetime(2026, 11, 24, 8, tzinfo=UTC)
[TOWN] = read_tariffs([TARIFF])


def stay(person: str, minutes: float, *, later_h: float = 0, site: str = "sceaux-smart") -> Stay:
    begun_at = NINE + timedelta(hours=later_h)
    ended_at = begun_at + timedelta(minutes=minutes)
    return Stay(
        site, person, begun_at.date(), begun_at, ended_at, "measured", f"{person}-in", f"{person}-out"
    )


def november(*stays: Stay) -> Any:
    return count_month("2026-11", stays, TOWN)


def statement_of(month: Any) -> dict[str, Any]:
    return {**month.figures, "sites": month.sites, "total": f"{month.rent:f}"}


def test_a_person_is_one_user_however_often_they_come() -> None:
    counted = november(stay("ada", 60), stay("ada", 30, later_h=3), stay("ada", 60, later_h=24))

    assert counted.figures == {"users": 1, "user_days": 2, "minutes": 150, "peak": 1}


def test_minutes_are_floored_once_over_the_whole_month() -> None:
    assert november(stay("ada", 20.5), stay("bob", 20.5)).figures["minutes"] == 41


def test_one_who_leaves_as_another_comes_does_not_meet_them() -> None:
    assert november(stay("ada", 60), stay("bob", 60, later_h=1)).figures["peak"] == 1
    assert november(stay("ada", 61), stay("bob", 60, later_h=1)).figures["peak"] == 2


def test_short_open_and_exempt_stays_do_not_qualify() -> None:
    exactly, short, still = stay("ada", 15), stay("bob", 14.99), replace(stay("bob", 60), ended_at=None)
    categories = {"ada": "member", "bob": "member", "eve": "staff"}

    assert qualifying([exactly, short, still, stay("eve", 60)], TOWN, categories) == [exactly]


def test_each_user_pays_the_rate_of_the_bracket_that_they_fall_in() -> None:
    # 20 at 6.00 €, 40 at 9.00 €, and one at 11.50 €
    assert november(*(stay(f"m-{n}", 60) for n in range(61))).rent == Decimal("491.50")


def test_the_tariff_is_the_latest_that_was_in_force_when_the_month_began() -> None:
    older, newer = {"valid_from": date(2026, 1, 1)}, {"valid_from": date(2026, 11, 2)}

    assert tariff_of("2026-11", [newer, older]) == older
    assert tariff_of("2026-12", [newer, older]) == newer
    assert tariff_of("2025-12", [newer, older]) is None


def test_a_statement_that_says_the_same_has_no_disagreement() -> None:
    month = november(stay("ada", 60), stay("bob", 60, site="le-petit-voisin"))

    assert disagreements(month, statement_of(month)) == []


def test_every_figure_that_differs_is_a_disagreement() -> None:
    month = november(stay("ada", 60))
    sites = {"sceaux-smart": {**month.sites["sceaux-smart"], "peak": 3}, "elsewhere": month.figures}
    told = {**statement_of(month), "users": 2, "total": "6.01", "sites": sites}

    found = "\n".join(disagreements(month, told))
    assert "2026-11: users 2, expected 1" in found
    assert "2026-11: total 6.01, expected 6.00" in found
    assert "2026-11, sceaux-smart: peak 3, expected 1" in found
    assert "2026-11, elsewhere: users 1, expected 0" in found
