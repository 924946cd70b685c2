from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.domain.tariff import NoTariffInForce, Tariff, TariffRefused, in_force, read_tariff

TEXT = (Path(__file__).parents[4] / "deploy/tariffs/sceaux-2026.toml").read_text("utf-8")


def dated(name: str, first: date) -> Tariff:
    return read_tariff(TEXT, "t.toml").model_copy(update={"id": name, "valid_from": first})


def refused(old: str, new: str) -> str:
    """Change `old` to `new` in a good tariff and return what is said against it."""
    assert old in TEXT
    with pytest.raises(TariffRefused) as caught:
        read_tariff(TEXT.replace(old, new), "t.toml")
    return str(caught.value)


def test_the_towns_tariff_is_read_as_it_is_written() -> None:
    tariff = read_tariff(TEXT, "sceaux-2026.toml")
    assert (tariff.valid_from, tariff.min_minutes, tariff.exempt_categories) == (
        date(2026, 1, 1),
        15,
        ("staff",),
    )
    assert [(bracket.up_to, bracket.rent_per_user) for bracket in tariff.brackets] == [
        (20, Decimal("6.00")),
        (60, Decimal("9.00")),
        (150, Decimal("11.50")),
        (None, Decimal("13.00")),
    ]


def test_an_unknown_key_is_told_by_file_and_name() -> None:
    assert refused("min_minutes", "min_minuets").startswith("t.toml: ")
    assert "t.toml: min_minuets: " in refused("min_minutes", "min_minuets")


def test_an_amount_that_is_no_text_is_told_by_its_bracket() -> None:
    assert "t.toml: bracket number 2.rent_per_user: " in refused('"9.00"', "9.00")
    assert 'such as "6.00"' in refused('"9.00"', "9.00")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("up_to = 60", "up_to = 20", "expected each above the one before"),
        ("up_to = 60\n", "", "expected where it ends"),
        ('rent_per_user = "13.00"', 'rent_per_user = "13.00"\nup_to = 900', "it takes all further users"),
        ('"6.00"', '"-6.00"', "greater than or equal to 0"),
        ('["staff"]', '["visitor"]', "exempt_categories number 1"),
        ('currency = "EUR"', "currency = EUR", "not TOML"),
    ],
)
def test_a_tariff_that_cannot_be_billed_is_refused(old: str, new: str, expected: str) -> None:
    assert expected in refused(old, new)


def test_the_latest_tariff_dated_by_the_months_first_day_is_in_force() -> None:
    tariffs = [
        dated("winter", date(2026, 11, 1)),
        dated("old", date(2026, 1, 1)),
        dated("new", date(2026, 11, 2)),
    ]
    assert in_force(tariffs, "2026-10").id == "old"
    assert in_force(tariffs, "2026-11").id == "winter"
    assert in_force(tariffs, "2026-12").id == "new"


def test_a_month_before_all_tariffs_has_none_in_force() -> None:
    with pytest.raises(NoTariffInForce, match="2025-12-01"):
        in_force([dated("old", date(2026, 1, 1))], "2025-12")
