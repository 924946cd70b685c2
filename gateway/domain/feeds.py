"""Reading an iCalendar feed (RFC 5545): the meetings within a span of time, or the reason why not.

A feed is taken whole or not at all: what cannot be read may be the one meeting that counts.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar as Feed
from icalendar import Component, Event, vDDDTypes

from gateway.domain.calendars import Key, Meeting
from gateway.domain.civil import at_local

MOST: Final = 2000
"""More meetings of one room within the horizon are nobody's calendar."""

_ANY_ZONE: Final = ZoneInfo("UTC")
_TITLE_LENGTH: Final = 200
_TOO_OFTEN: Final = frozenset({"SECONDLY", "MINUTELY"})
_SINGLE: Final = ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID")
_TIMES: Final = (*_SINGLE, "RRULE", "RDATE", "EXDATE")


Code = Literal[
    "private",
    "unknown_host",
    "unreachable",
    "bad_url",
    "downgraded",
    "redirects",
    "status",
    "encoded",
    "too_large",
    "too_slow",
    "broken_off",
    "html",
    "no_calendar",
    "unreadable",
    "no_uid",
    "bad_date",
    "ends_before_start",
    "unknown_zone",
    "bad_rule",
    "too_often",
    "too_many",
    "endless",
    "empty",
]
"""Why a feed is not taken."""


class FeedRefused(Exception):
    """A feed that is not taken. `code` names the message, `detail` the fact it is about."""

    def __init__(self, code: Code, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.detail = detail


def meetings_of(body: bytes, zone: ZoneInfo, start: datetime, end: datetime) -> list[Meeting]:
    """Return the meetings of a feed that touch [start, end), in order; floating times are those of `zone`.

    Cancelled events and those that leave their time free (TRANSP) are no meetings. Raises FeedRefused.
    A rule may take for ever to work out: let another process do it, and wait only so long.
    """
    feed = _parsed(body)
    events = [event for event in feed.walk("VEVENT") if isinstance(event, Event)]
    for event in events:
        _check(event)
    series = {_text(event, "UID") for event in events if {"RRULE", "RDATE", "RECURRENCE-ID"} & event.keys()}
    try:
        occurrences = recurring_ical_events.of(feed).between(start, end)
    except (ValueError, TypeError, KeyError, OverflowError, ArithmeticError) as error:
        raise FeedRefused("bad_rule", str(error)[:200]) from error
    if len(occurrences) > MOST:
        raise FeedRefused("too_many", str(MOST))
    found = [_meeting(event, zone, series) for event in occurrences if _takes_place(event)]
    once = {meeting.key: meeting for meeting in found if meeting.starts_at < meeting.ends_at}.values()
    inside = (meeting for meeting in once if meeting.starts_at < end and start < meeting.ends_at)
    return sorted(inside, key=lambda meeting: (meeting.starts_at, meeting.key))


def _parsed(body: bytes) -> Feed:
    if b"BEGIN:VCALENDAR" not in body[:4096].upper():
        is_html = b"<html" in body[:4096].lower() or b"<!doctype html" in body[:4096].lower()
        raise FeedRefused("html" if is_html else "no_calendar")
    try:
        feed = Feed.from_ical(body)
    except (ValueError, IndexError, KeyError) as error:
        raise FeedRefused("unreadable", str(error)[:200]) from error
    if not isinstance(feed, Feed):
        raise FeedRefused("no_calendar")
    return feed


def _check(event: Event) -> None:
    """Refuse what the library would pass over, or read as something else."""
    uid = _text(event, "UID")
    if not uid:
        raise FeedRefused("no_uid", _text(event, "SUMMARY")[:80])
    broken = [name for name, _ in event.errors if name in _TIMES]
    broken += [name for name in _SINGLE if name in event and _time(event, name) is None]
    if broken or "DTSTART" not in event:
        raise FeedRefused("bad_date", f"{uid}: {broken[0] if broken else 'DTSTART'}")
    for rule in _listed(event.get("RRULE")):
        _check_rule(rule, uid)
    _check_times(event, uid)


def _check_rule(rule: Mapping[str, Sequence[object]], uid: str) -> None:
    if _TOO_OFTEN & {str(each).upper() for each in rule.get("FREQ", ())}:
        raise FeedRefused("too_often", uid)
    if any(int(str(each)) < 1 for each in rule.get("INTERVAL", ())):
        raise FeedRefused("bad_rule", f"{uid}: INTERVAL")


def _check_times(event: Event, uid: str) -> None:
    for name in ("DTSTART", "DTEND"):
        if name in event and _zone_unknown(event[name]):
            raise FeedRefused("unknown_zone", f"{uid}: {event[name].params['TZID']}")
    begins, lasts = _time(event, "DTSTART"), _time(event, "DURATION") or timedelta()
    ends = _time(event, "DTEND") or begins
    if not isinstance(begins, date) or not isinstance(lasts, timedelta) or type(begins) is not type(ends):
        raise FeedRefused("bad_date", f"{uid}: DTEND")
    if lasts < timedelta() or _utc(ends, _ANY_ZONE) < _utc(begins, _ANY_ZONE):
        raise FeedRefused("ends_before_start", uid)


def _zone_unknown(time_: Any) -> bool:
    return isinstance(time_.dt, datetime) and time_.dt.tzinfo is None and "TZID" in time_.params


def _takes_place(event: Component) -> bool:
    return _text(event, "STATUS").upper() != "CANCELLED" and _text(event, "TRANSP").upper() != "TRANSPARENT"


def _meeting(event: Component, zone: ZoneInfo, series: Collection[str]) -> Meeting:
    uid = _text(event, "UID")
    recurrence = _utc(_time(event, "RECURRENCE-ID"), zone).isoformat() if uid in series else ""
    starts_at, ends_at = _utc(_time(event, "DTSTART"), zone), _utc(_time(event, "DTEND"), zone)
    title = " ".join(_text(event, "SUMMARY").split())[:_TITLE_LENGTH]
    organiser = _text(event, "ORGANIZER").lower().removeprefix("mailto:")
    return Meeting(Key(uid, recurrence), starts_at, ends_at, title or None, organiser or None)


def _utc(moment: Any, zone: ZoneInfo) -> datetime:
    """Return a date or time in UTC; of a day its midnight. Floating times are those of `zone`."""
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    return at_local(moment, time.min, zone)


def _time(event: Component, name: str) -> Any | None:
    """Return what a property says of time; None where it is missing, said twice or something else."""
    value = event.get(name)
    return value.dt if isinstance(value, vDDDTypes) else None


def _text(event: Component, name: str) -> str:
    """Return a property as text; of one that comes more than once, the first."""
    return next((str(value) for value in _listed(event.get(name))), "")


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
