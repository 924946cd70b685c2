"""What a feed says, in meetings; and what is refused, with the reason."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.domain.feeds import MOST, FeedRefused, meetings_of
from tests.feeds import ics, once

PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 10, 19, 6, tzinfo=UTC)  # the clocks go back on the Sunday after


def read(*events: str, days: int = 21) -> list[tuple[str, str]]:
    """Return start and end of every meeting, in UTC."""
    found = meetings_of(ics(*events), PARIS, MONDAY, MONDAY + timedelta(days=days))
    return [(f"{each.starts_at:%d %H:%M}", f"{each.ends_at:%d %H:%M}") for each in found]


WEEKLY = "UID:w\nDTSTART;TZID=Europe/Paris:20260105T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY"


def test_a_series_keeps_its_hour_when_the_clocks_go_back() -> None:
    assert read(WEEKLY) == [("19 07:00", "19 08:00"), ("26 08:00", "26 09:00"), ("02 08:00", "02 09:00")]


def test_an_exception_is_left_out_and_a_moved_one_is_where_it_was_moved_to() -> None:
    without = f"{WEEKLY}\nEXDATE;TZID=Europe/Paris:20261019T090000"
    moved = "UID:w\nRECURRENCE-ID;TZID=Europe/Paris:20261026T090000\nDTSTART:20261027T130000Z\nDURATION:PT2H"
    assert read(without, moved) == [("27 13:00", "27 15:00"), ("02 08:00", "02 09:00")]


def test_a_meeting_keeps_its_key_wherever_it_is_moved() -> None:
    span = (PARIS, MONDAY, MONDAY + timedelta(days=21))
    [before] = meetings_of(ics(once("a", "20261020T090000", "20261020T100000")), *span)
    [after] = meetings_of(ics(once("a", "20261021T090000", "20261021T100000")), *span)
    assert before.key == after.key
    moved = "UID:w\nRECURRENCE-ID;TZID=Europe/Paris:20261026T090000\nDTSTART:20261027T130000Z\nDURATION:PT2H"
    keys = [each.key for each in meetings_of(ics(WEEKLY), *span)]
    assert {each.key for each in meetings_of(ics(WEEKLY, moved), *span)} == set(keys)


def test_what_is_cancelled_or_takes_no_time_is_no_meeting() -> None:
    cancelled = once("a", "20261020T090000", "20261020T100000", "STATUS:CANCELLED")
    free = once("b", "20261020T090000", "20261020T100000", "TRANSP:TRANSPARENT")
    reminder = once("c", "20261020T090000", "20261020T090000")
    assert read(cancelled, free, reminder) == []


def test_days_and_floating_times_are_those_of_the_site() -> None:
    whole_day = "UID:d\nDTSTART;VALUE=DATE:20261020"
    floating = "UID:f\nDTSTART:20261021T090000\nDURATION:PT1H"
    assert read(whole_day, floating) == [("19 22:00", "20 22:00"), ("21 07:00", "21 08:00")]


def test_an_endless_series_ends_at_the_horizon() -> None:
    assert len(read("UID:d\nDTSTART:20200101T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY", days=30)) == 30


def test_title_and_organiser_are_read() -> None:
    feed = ics(
        once(
            "a",
            "20261020T090000",
            "20261020T100000",
            "SUMMARY:Comité  de\\nquartier",
            "ORGANIZER:MAILTO:A@b.fr",
        )
    )
    [meeting] = meetings_of(feed, PARIS, MONDAY, MONDAY + timedelta(days=21))
    assert (meeting.title, meeting.organiser) == ("Comité de quartier", "a@b.fr")


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ("UID:a\nDTSTART:20261325T090000Z\nDURATION:PT1H", "bad_date"),
        ("UID:a\nDTSTART:tomorrow\nDURATION:PT1H", "bad_date"),
        ("UID:a\nSUMMARY:no start", "bad_date"),
        ("UID:a\nDTSTART:20261020T090000Z\nDTSTART:20261021T090000Z\nDURATION:PT1H", "bad_date"),
        ("UID:a\nDTSTART:20261020T090000Z\nDURATION:soon", "bad_date"),
        ("UID:a\nDTSTART:20261020T090000Z\nDTEND;VALUE=DATE:20261021", "bad_date"),
        (f"{WEEKLY}\nEXDATE:yesterday", "bad_date"),
        (f"{WEEKLY};UNTIL=2026", "bad_date"),
        ("UID:a\nDTSTART:20261020T090000Z\nDTEND:20261020T080000Z", "ends_before_start"),
        ("UID:a\nDTSTART:20261020T090000Z\nDURATION:-PT1H", "ends_before_start"),
        ("UID:a\nDTSTART;TZID=Mars/Phobos:20261020T090000\nDURATION:PT1H", "unknown_zone"),
        ("DTSTART:20261020T090000Z\nDURATION:PT1H", "no_uid"),
        ("UID:a\nDTSTART:20261020T090000Z\nDURATION:PT1H\nRRULE:FREQ=SECONDLY", "too_often"),
        ("UID:a\nDTSTART:20261020T090000Z\nDURATION:PT1H\nRRULE:FREQ=MINUTELY", "too_often"),
        ("UID:a\nDTSTART:20261020T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;INTERVAL=0", "bad_rule"),
        ("UID:a\nDTSTART:99991231T230000Z\nDURATION:P2D", "bad_rule"),
    ],
)
def test_one_bad_event_refuses_the_feed_and_is_named(event: str, code: str) -> None:
    with pytest.raises(FeedRefused) as refused:
        read(once("good", "20261020T090000", "20261020T100000"), event)
    assert refused.value.code == code
    assert code in {"no_uid", "bad_rule"} or refused.value.detail.partition(":")[0] in {"a", "w"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "html"),
        (b"", "no_calendar"),
        (b"BEGIN:VCARD\r\nEND:VCARD\r\n", "no_calendar"),
        (ics(WEEKLY)[:-40], "unreadable"),
        (b"BEGIN:VCALENDAR\r\n\x00\xff\r\nEND:VCALENDAR\r\n", "unreadable"),
    ],
)
def test_what_is_no_calendar_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(FeedRefused) as refused:
        meetings_of(body, PARIS, MONDAY, MONDAY + timedelta(days=21))
    assert refused.value.code == code


def test_more_meetings_than_a_room_can_have_are_refused() -> None:
    with pytest.raises(FeedRefused, match="too_many"):
        read("UID:a\nDTSTART:20261001T090000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY", days=MOST // 24 + 1)
