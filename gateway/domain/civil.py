"""Civil time: the days and months that people and the town count, as half-open intervals of UTC.

A day of Europe/Paris has 23 hours once a year and 25 once.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from protocol.site import Site, Weekday

_WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the midnights that begin and end `day` in `zone`, in UTC."""
    return at_local(day, time.min, zone), at_local(day + timedelta(days=1), time.min, zone)


def month_bounds(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the bounds of a month such as "2026-11" in `zone`, in UTC. Raises ValueError on another form."""
    first = first_day(month)
    following = (first + timedelta(days=31)).replace(day=1)
    return at_local(first, time.min, zone), at_local(following, time.min, zone)


def first_day(month: str) -> date:
    """Return the first day of a month such as "2026-11". Raises ValueError on another form."""
    try:
        return date.fromisoformat(f"{month}-01")
    except ValueError as error:
        raise ValueError(f"month {month!r}: expected a year and a month such as '2026-11'") from error


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """Return the civil day of `zone` in which `moment` lies."""
    return moment.astimezone(zone).date()


def days_of(start: datetime, end: datetime, zone: ZoneInfo) -> list[date]:
    """List the civil days of `zone` that the half-open interval [start, end) touches."""
    if start >= end:
        return []
    first, last = day_of(start, zone), day_of(end - timedelta(microseconds=1), zone)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def closing_time(site: Site, day: date) -> datetime | None:
    """Return when `site` closes on `day`, in UTC; None where it is closed that weekday.

    Of a public holiday or a closure too: whoever is inside then is taken to leave as on other days.
    """
    hours = site.opening.get(weekday_of(day))
    return None if hours is None else at_local(day, hours.closes, site.zone)


def at_local(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the UTC moment when clocks of `zone` show `clock` on `day`; the first where they do so twice."""
    return datetime.combine(day, clock, zone).astimezone(UTC)


def weekday_of(day: date) -> Weekday:
    """Name the weekday of `day`, as site files do."""
    return _WEEKDAYS[day.weekday()]
