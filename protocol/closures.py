"""The days on which a site stays closed, as its file says. Nodes do not read this: their lists say it all."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Final

from dateutil.easter import easter

from protocol.site import Site

_ON_A_DATE: Final = {
    (1, 1): "Jour de l'an",
    (5, 1): "Fête du Travail",
    (5, 8): "Victoire 1945",
    (7, 14): "Fête nationale",
    (8, 15): "Assomption",
    (11, 1): "Toussaint",
    (11, 11): "Armistice 1918",
    (12, 25): "Noël",
}
_DAYS_AFTER_EASTER: Final = {1: "Lundi de Pâques", 39: "Ascension", 50: "Lundi de Pentecôte"}


@cache
def french_holidays(year: int) -> Mapping[date, str]:
    """Return the public holidays of France, by name: article L3133-1 of the Code du travail."""
    moving = {easter(year) + timedelta(days=days): name for days, name in _DAYS_AFTER_EASTER.items()}
    return {date(year, month, day): name for (month, day), name in _ON_A_DATE.items()} | moving


def closed_for(site: Site, day: date) -> str | None:
    """Name the closure or public holiday for which `site` is closed on `day`; None where for none."""
    for closure in site.closures:
        if closure.first <= day <= closure.last:
            return closure.name
    return french_holidays(day.year).get(day) if site.public_holidays == "FR" else None
