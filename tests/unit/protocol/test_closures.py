"""The library `holidays` is the second opinion: it knows the same days, at forty times the memory."""

from datetime import date, timedelta

import holidays
import pytest

from protocol.closures import closed_for, french_holidays
from protocol.site import Closure
from tests.fakes import site

SCEAUX = site()


@pytest.mark.parametrize("year", range(2020, 2061))
def test_the_public_holidays_of_france_are_those_that_others_count(year: int) -> None:
    assert set(french_holidays(year)) == set(holidays.country_holidays("FR", years=year))


def test_a_site_is_closed_on_public_holidays_where_its_file_says_so() -> None:
    armistice = date(2026, 11, 11)
    assert closed_for(SCEAUX, armistice) == "Armistice 1918"
    assert closed_for(SCEAUX, armistice + timedelta(days=1)) is None
    assert closed_for(SCEAUX.model_copy(update={"public_holidays": None}), armistice) is None


def test_a_closure_lasts_from_its_first_day_to_its_last() -> None:
    summer = Closure(name="Congés d'été", first=date(2027, 8, 1), last=date(2027, 8, 12))
    closing = SCEAUX.model_copy(update={"closures": (summer,)})
    days = [date(2027, 7, 31) + timedelta(days=n) for n in range(14)]
    assert [closed_for(closing, day) for day in days] == [None, *["Congés d'été"] * 12, None]
