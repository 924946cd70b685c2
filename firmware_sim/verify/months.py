"""The town's count, done by hand: users, days, minutes, peak and rent of a civil month."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Final

from firmware_sim.verify.stays import Stay

_CENT: Final = Decimal("0.01")
_FIGURES: Final = ("users", "user_days", "minutes", "peak")


@dataclass(frozen=True, slots=True)
class Month:
    """What a month comes to, over all sites and at each."""

    month: str
    figures: dict[str, int]
    sites: dict[str, dict[str, int]]
    rent: Decimal


def read_tariffs(files: Iterable[Path]) -> list[dict[str, Any]]:
    """Read tariff files, as they are written."""
    return [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]


def tariff_of(month: str, tariffs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Find the latest tariff that was in force when the month began."""
    began = date.fromisoformat(f"{month}-01")
    dated = [tariff for tariff in tariffs if tariff["valid_from"] <= began]
    return max(dated, key=lambda tariff: tariff["valid_from"]) if dated else None


def qualifying(stays: Iterable[Stay], tariff: Mapping[str, Any], categories: Mapping[str, str]) -> list[Stay]:
    """Pick the stays that make a user: long enough, over, and of nobody exempt."""
    exempt = set(tariff.get("exempt_categories", ()))
    return [
        stay
        for stay in stays
        if stay.ended_at is not None
        and stay.lasted_s >= 60 * tariff["min_minutes"]
        and categories.get(stay.person, "") not in exempt
    ]


def count_month(month: str, stays: Sequence[Stay], tariff: Mapping[str, Any]) -> Month:
    """Count the qualifying `stays` of a month, such as "2026-11"."""
    figures = _figures(stays)
    by_site = {site: _figures([s for s in stays if s.site == site]) for site in {s.site for s in stays}}
    return Month(month, figures, by_site, _rent(figures["users"], tariff))


def disagreements(expected: Month, statement: Mapping[str, Any]) -> list[str]:
    """Each figure of a statement that is not what was counted."""
    found = [
        f"{expected.month}: {figure} {statement[figure]}, expected {expected.figures[figure]}"
        for figure in _FIGURES
        if statement[figure] != expected.figures[figure]
    ]
    for site in sorted(expected.sites.keys() | statement["sites"].keys()):
        told, counted = statement["sites"].get(site, {}), expected.sites.get(site, {})
        found += [
            f"{expected.month}, {site}: {figure} {told.get(figure, 0)}, expected {counted.get(figure, 0)}"
            for figure in _FIGURES
            if told.get(figure, 0) != counted.get(figure, 0)
        ]
    if Decimal(statement["total"]) != expected.rent:
        found.append(f"{expected.month}: total {statement['total']}, expected {expected.rent}")
    return found


def _figures(stays: Sequence[Stay]) -> dict[str, int]:
    return {
        "users": len({stay.person for stay in stays}),
        "user_days": len({(stay.person, stay.day) for stay in stays}),
        "minutes": int(sum(_microseconds(stay) for stay in stays) // 60_000_000),
        "peak": max((_at_once(stay, stays) for stay in stays), default=0),
    }


def _microseconds(stay: Stay) -> int:
    return round(stay.lasted_s * 1_000_000)


def _at_once(newcomer: Stay, stays: Sequence[Stay]) -> int:
    """How many are there when `newcomer` begins; it is fullest when somebody has just come."""
    return sum(
        1
        for stay in stays
        if stay.day == newcomer.day
        and stay.begun_at <= newcomer.begun_at
        and stay.ended_at is not None
        and newcomer.begun_at < stay.ended_at
    )


def _rent(users: int, tariff: Mapping[str, Any]) -> Decimal:
    """Ask of each user, one by one, the rate of the bracket that they fall in."""
    amounts: dict[int, Decimal] = {}
    for user in range(1, users + 1):
        place = next(n for n, b in enumerate(tariff["bracket"]) if user <= b.get("up_to", users))
        amounts[place] = amounts.get(place, Decimal(0)) + Decimal(tariff["bracket"][place]["rent_per_user"])
    return sum((amount.quantize(_CENT, ROUND_HALF_UP) for amount in amounts.values()), Decimal("0.00"))
