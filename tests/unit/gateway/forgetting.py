"""A place whose limits are kept by hand, and everything that is counted there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from gateway.domain.history import Point, day_points
from gateway.domain.journal import in_order
from gateway.domain.retention import Limits
from gateway.holding import Holding
from gateway.rebuild import Rebuild
from gateway.retention import Retention, Sweeper
from gateway.web.monthly import month_of
from tests.unit.gateway.web.place import SCEAUX, Place, open_place


def at(text: str) -> datetime:
    """A moment of 2026 or 2027, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def nothing(_: datetime) -> int:
    return 0


def retention(place: Place, limits: Limits = Limits(), *, copies: Sweeper = nothing) -> Retention:  # noqa: B008
    gateway = place.gateway
    return Retention(place.ledger, place.clock, gateway.sites, gateway.auditor, limits, nothing, copies)


@contextmanager
def opened(folder: Path) -> Iterator[Place]:
    place = open_place(folder)
    place.gateway.auditor.ledger = place.ledger
    yield place
    place.ledger.close()


def counted(place: Place, *months: str) -> list[dict[str, Any]]:
    """Every figure of the statements, and each user's part, without who it was."""
    told = []
    for month in months:
        statement = asdict(month_of(place, month))
        statement["people"] = sorted(
            (person["first_visit"], person["last_visit"], person["days"], person["minutes"], person["visits"])
            for person in statement.pop("people")
        )
        told.append({**statement, "as_of": None})
    return told


def visits(place: Place) -> list[tuple[object, ...]]:
    """All visits, without who it was."""
    with place.ledger.reading() as books:
        found = books.projections.visits(date(2026, 1, 1), date(2028, 1, 1))
    return [(v.begun_at, v.ended_at, v.quality, v.begun_by, v.ended_by) for v in found]


def visitors(place: Place) -> set[str]:
    with place.ledger.reading() as books:
        return {visit.member for visit in books.projections.visits(date(2026, 1, 1), date(2028, 1, 1))}


def history(place: Place, day: date) -> list[Point]:
    """What InfluxDB is told of a day."""
    site = place.gateway.sites[SCEAUX]
    with place.ledger.reading() as books:
        entries = in_order(
            each.entry for each in books.journal.after(0, 100_000) if each.entry.occurred_at.date() == day
        )
        return day_points(site, day, entries, Holding(books).on(SCEAUX, day), place.clock.now())


def rebuilt(place: Place) -> int:
    """Work everything out again; how many parts came out otherwise."""
    rebuild = Rebuild(place.ledger, place.clock, place.gateway.sites)
    return sum(len(rebuild.work_out(part)) for part in rebuild.parts())


def written_in(folder: Path) -> bytes:
    """Every byte of every file of a folder."""
    return b"\0".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())
