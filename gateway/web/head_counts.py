"""How many are at an event, read from what counters said."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from gateway.domain import civil
from gateway.domain.gatherings import Gathering, HeadCount, head_count
from gateway.domain.journal import in_order
from gateway.ports import Books
from protocol.site import Site


def count_heads(books: Books, site: Site, gathering: Gathering, now: datetime) -> HeadCount:
    """Count who came to `gathering` until `now`, from those whose visits say that they were there before."""
    begun_at = gathering.starts_at
    crossed = books.journal.between(site.id, begun_at, min(now, gathering.ends_at), ("Crossed",))
    day = civil.day_of(begun_at, site.zone)
    visits = books.projections.visits(day, day + timedelta(days=1), site.id)
    before = sum(
        visit.begun_at <= begun_at and (visit.ended_at is None or begun_at < visit.ended_at)
        for visit in visits
    )
    return head_count(gathering, site, in_order(crossed), before)


def held_now(books: Books, site: Site, now: datetime) -> Iterator[tuple[Gathering, HeadCount]]:
    """Yield the events of this moment with their counts."""
    for gathering in books.door_modes.gatherings(site.id, now, now + timedelta(microseconds=1)):
        if gathering.lasts_at(now):
            yield gathering, count_heads(books, site, gathering, now)
