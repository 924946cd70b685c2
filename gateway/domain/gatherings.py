"""Events held in the place: how many came, and are inside, of whom nobody keeps a name."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.journal import Entry
from protocol.events import Crossed
from protocol.site import Site


@dataclass(frozen=True, slots=True)
class Gathering:
    """An event at a site in [starts_at, ends_at), UTC, for at most `most` people."""

    id: str
    site: str
    name: str
    starts_at: datetime
    ends_at: datetime
    most: int
    cancelled: bool = False

    def lasts_at(self, moment: datetime) -> bool:
        return not self.cancelled and self.starts_at <= moment < self.ends_at


@dataclass(frozen=True, slots=True)
class HeadCount:
    """What the counters at the street say of an event: never who.

    `by_hour` is how many came in during each hour of UTC that anybody came in; `peak_at` None: nobody came.
    """

    inside: int
    entered: int
    peak: int
    peak_at: datetime | None
    by_hour: tuple[tuple[datetime, int], ...]


def head_count(gathering: Gathering, site: Site, entries: Iterable[Entry], before: int) -> HeadCount:
    """Count from `before`, who were inside when it began, by the `entries` since, in order.

    Counters drift, so that a count never goes below zero.
    """
    doors_to_the_street = {counter.id for counter in site.counters if counter.perimeter}
    inside = peak = before
    peak_at: datetime | None = gathering.starts_at if before else None
    entered = Counter[datetime]()
    for entry in entries:
        match entry.event:
            case Crossed(counter=counter, direction="in") if counter in doors_to_the_street:
                inside += 1
                entered[entry.occurred_at.replace(minute=0, second=0, microsecond=0)] += 1
                if inside > peak:
                    peak, peak_at = inside, entry.occurred_at
            case Crossed(counter=counter) if counter in doors_to_the_street:
                inside = max(0, inside - 1)
            case _:
                pass
    return HeadCount(inside, entered.total(), peak, peak_at, tuple(sorted(entered.items())))
