"""Holding the history (InfluxDB) against the same stays: what is recorded there must give the same sums."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from firmware_sim.verify.stays import Stay


@dataclass(frozen=True, slots=True)
class DaySums:
    """What ended visits of one site and civil day come to."""

    visits: int
    seconds: float


SumsOfDay = Callable[[str, date], DaySums]
"""Asks the history: the sums of a site and a civil day of that site's zone."""


def history_differences(stays: Iterable[Stay], ask: SumsOfDay) -> list[str]:
    """List where the history says other than the stays do, to the second."""
    ended: dict[tuple[str, date], list[Stay]] = defaultdict(list)
    for stay in stays:
        if stay.ended_at is not None:
            ended[stay.site, stay.day].append(stay)
    found: list[str] = []
    for (site, day), of_day in sorted(ended.items(), key=lambda item: item[0]):
        told = ask(site, day)
        seconds = sum(stay.lasted_s for stay in of_day)
        if told.visits != len(of_day) or round(told.seconds) != round(seconds):
            found.append(
                f"history of {site} on {day}: {told.visits} visits, {told.seconds:.0f} s;"
                f" expected {len(of_day)} visits, {seconds:.0f} s"
            )
    return found
