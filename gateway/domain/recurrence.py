"""Bookings that come again: rules of RFC 5545 (RRULE), read in the wall-clock time of a site."""

import re
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from gateway.domain.bookings import local_to_utc
from gateway.domain.interval import Interval

MOST: Final = 366
"""No series has more bookings."""

FURTHEST: Final = timedelta(days=2 * 366)
"""No series reaches further ahead."""

_FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_PART: Final = re.compile(r"[A-Z]+=[A-Z0-9+,-]+")
_UNTIL: Final = re.compile(r"(\d{8})(?:T(\d{6}))?(Z?)")


class RuleRefused(ValueError):
    """A rule that cannot be followed; the text says why, and what would do."""


def occurrences(
    rule: str, starts: datetime, ends: datetime, zone: ZoneInfo, exceptions: Collection[date] = ()
) -> list[Interval]:
    """Return when a booking from `starts` to `ends` (naive, as the clocks of `zone` show) comes again.

    `rule` is an RRULE with COUNT or UNTIL (a date, a local time, or a time in UTC); on the civil days of
    `exceptions` it does not come. Clocks show the same hours each time, whatever the season. Raises
    RuleRefused, and LocalTimeUnclear where one of these hours comes twice or never.
    """
    parts = _parts(rule)
    if ("COUNT" in parts) == ("UNTIL" in parts):
        raise RuleRefused("a series needs an end: COUNT or UNTIL, one of them")
    count = int(parts.pop("COUNT")) if "COUNT" in parts else MOST + 1
    until = _until(parts.pop("UNTIL"), zone) if "UNTIL" in parts else None
    first = starts.replace(tzinfo=zone)
    furthest = (first + FURTHEST).astimezone(UTC)
    last = furthest if until is None else min(until, furthest)
    found = list(islice(_rule(parts, first, last), min(count, MOST + 1)))
    if len(found) > MOST:
        raise RuleRefused(f"a series has {MOST} bookings at most, and reaches two years ahead at most")
    kept = [begins.replace(tzinfo=None) for begins in found if begins.date() not in exceptions]
    if not kept:
        raise RuleRefused("no day fits this rule")
    return [
        Interval(local_to_utc(begins, zone), local_to_utc(begins + (ends - starts), zone)) for begins in kept
    ]


def _parts(rule: str) -> dict[str, str]:
    """Take a rule apart, so that nothing in it is read but a rule."""
    words = rule.strip().upper().removeprefix("RRULE:").split(";")
    if not all(_PART.fullmatch(word) for word in words):
        raise RuleRefused(f"{rule!r} is no rule such as 'FREQ=WEEKLY;BYDAY=TU;COUNT=10'")
    parts = dict(word.split("=", 1) for word in words)
    if parts.get("FREQ") not in _FREQUENCIES:
        raise RuleRefused(f"FREQ is one of {', '.join(_FREQUENCIES)}")
    if not parts.get("COUNT", "1").isdecimal():
        raise RuleRefused("COUNT is a number")
    return parts


def _rule(parts: dict[str, str], first: datetime, last: datetime) -> rrule:
    try:
        rule = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=first)
        if not isinstance(rule, rrule):
            raise RuleRefused("one rule at a time")
        return rule.replace(until=last)
    except (ValueError, TypeError, KeyError) as error:
        raise RuleRefused(f"the rule cannot be read: {error}") from error


def _until(text: str, zone: ZoneInfo) -> datetime:
    """Return the last moment of a series: of a date alone, its end."""
    found = _UNTIL.fullmatch(text)
    if found is None:
        raise RuleRefused("UNTIL is such as 20271231 or 20271231T180000Z")
    day, clock, utc = found.groups()
    try:
        moment = datetime.strptime(f"{day}{clock or '235959'}", "%Y%m%d%H%M%S")  # noqa: DTZ007  # its zone follows
    except ValueError as error:
        raise RuleRefused(f"UNTIL={text}: there is no such time") from error
    return moment.replace(tzinfo=UTC if utc else zone).astimezone(UTC)
