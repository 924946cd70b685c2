"""Bookings written as a calendar, read back by the reader that trusts nobody."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar

from gateway.domain.bookings import Booking
from gateway.domain.feeds import meetings_of
from gateway.domain.subscriptions import Subscription, feed_of
from tests.fakes import site

SITES = {"sceaux-smart": site()}
NINE = datetime(2026, 10, 24, 7, tzinfo=UTC)  # nine in Paris; the clocks go back the next night
ROOM = Subscription("s", "h", "Salle", "sceaux-smart", "meeting-1", None, False, NINE)
ANA = Subscription("s", "h", "Ana", None, None, "ana", False, NINE)


def booking(number: int, member: str = "ana", space: str = "meeting-1", title: str = "Atelier") -> Booking:
    start = NINE + timedelta(days=number)
    return Booking(
        f"b-{number}", "sceaux-smart", space, member, start, start + timedelta(hours=1), "confirmed", title
    )


def written(subscription: Subscription, *bookings: Booking) -> list[dict[str, str]]:
    feed = icalendar.Calendar.from_ical(feed_of(subscription, bookings, SITES, "Réservé"))
    return [{name: str(value) for name, value in event.items()} for event in feed.walk("VEVENT")]


def test_what_is_written_is_what_others_read_also_when_the_clocks_go_back() -> None:
    bookings = [booking(number) for number in range(3)]
    body = feed_of(ROOM, bookings, SITES, "Réservé")
    read = meetings_of(body, ZoneInfo("Asia/Tokyo"), NINE - timedelta(days=1), NINE + timedelta(days=9))
    assert [(each.starts_at, each.ends_at) for each in read] == [(b.starts_at, b.ends_at) for b in bookings]


def test_times_are_those_of_the_site_whose_zone_is_told() -> None:
    body = feed_of(ROOM, [booking(0), booking(1)], SITES, "Réservé").decode()
    assert "DTSTART;TZID=Europe/Paris:20261024T090000" in body
    assert "DTSTART;TZID=Europe/Paris:20261025T080000" in body
    feed = icalendar.Calendar.from_ical(body)
    [zone] = feed.walk("VTIMEZONE")
    assert isinstance(zone, icalendar.Timezone)
    told = zone.to_tz()
    for moment in (booking(0).starts_at, booking(1).starts_at):
        assert moment.astimezone(told).utcoffset() == moment.astimezone(ZoneInfo("Europe/Paris")).utcoffset()


def test_a_room_tells_titles_only_where_it_was_said_so() -> None:
    assert [event["SUMMARY"] for event in written(ROOM, booking(0))] == ["Réservé"]
    assert [event["SUMMARY"] for event in written(replace(ROOM, titles=True), booking(0))] == ["Atelier"]


def test_a_member_reads_their_own_bookings_with_titles_and_nobody_elses() -> None:
    own, other = booking(0, space="meeting-2"), booking(1, member="bob")
    [event] = written(ANA, own, other)
    assert (event["SUMMARY"], event["UID"]) == ("Atelier", "b-0@sceaux-smart.passerelle")
    assert "Salle" in event["LOCATION"]


def test_a_room_has_no_bookings_of_another() -> None:
    assert written(ROOM, booking(0, space="meeting-2"), replace(booking(1), site="le-petit-voisin")) == []


def test_a_cancelled_booking_keeps_its_uid_and_says_so() -> None:
    [before] = written(ROOM, booking(0))
    [after] = written(ROOM, replace(booking(0), status="cancelled"))
    assert after["UID"] == before["UID"]
    assert (before["STATUS"], after["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert after["SEQUENCE"] > before["SEQUENCE"]


def test_a_title_cannot_add_lines_of_its_own() -> None:
    evil = booking(0, title="x\r\nATTENDEE:mailto:a@b.fr\r\nEND:VEVENT")
    [event] = written(replace(ROOM, titles=True), evil)
    assert "ATTENDEE" not in event


def test_the_same_bookings_give_the_same_bytes() -> None:
    bookings = [booking(number) for number in range(5)]
    assert feed_of(ROOM, bookings, SITES, "x") == feed_of(ROOM, bookings[::-1], SITES, "x")
    assert feed_of(ROOM, [], SITES, "x")
