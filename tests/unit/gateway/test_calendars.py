"""A calendar of elsewhere is followed: from the feed on a real server to the list of the door."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.commands import (
    AddCalendar,
    BookSpace,
    CancelBooking,
    EraseMember,
    PollCalendar,
    Refused,
    RemoveCalendar,
    ShareCalendar,
)
from gateway.domain.authority import SYSTEM
from gateway.domain.bookings import Booking
from gateway.domain.calendars import Calendar, Followed
from protocol.access import Granted
from tests.feeds import FeedServer, feed_server, ics, once
from tests.unit.gateway.web.place import SCEAUX, Place, card

TEN, ELEVEN, NOON = "20261124T100000", "20261124T110000", "20261124T120000"
POLL = timedelta(minutes=5)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with feed_server() as server:
        yield server


@pytest.fixture(autouse=True)
def _three_members(place: Place) -> None:
    for number in (1, 2, 3):
        place.join(number, plan="guest")
    place.gateway.issue()


def follow(
    place: Place, url: str | None, *, space: str = "meeting-1", name: str = "Salle 1", **more: Any
) -> Calendar:
    wanted = {"members": ("m-1", "m-2"), "organisers": {"Cem@example.org": "m-3"}} | more
    calendar: Calendar = place.gateway.handle(AddCalendar(SCEAUX, space, name, url, **wanted), SYSTEM)
    return calendar


def poll(place: Place) -> None:
    """Let the time of one poll pass, and poll."""
    place.clock.at += POLL
    place.polling.poll()
    place.gateway.issue()


def opens(place: Place, number: int, at: str) -> bool:
    """Whether card `number` opens the meeting room at a UTC time of that day, by the list that was issued."""
    with place.ledger.reading() as books:
        held = books.nodes.issued("ss-meeting-1")
    assert held is not None
    moment = datetime.fromisoformat(f"2026-11-24T{at}+00:00")
    return isinstance(held.decide(card(number), "meeting-1-door", moment), Granted)


def state(place: Place, calendar: Calendar) -> Calendar:
    with place.ledger.reading() as books:
        found = books.calendars.get(calendar.id)
    assert found is not None
    return found


def trouble(place: Place, calendar: Calendar) -> str | None:
    found = state(place, calendar).trouble
    return found.code if found else None


def meetings(place: Place, calendar: Calendar) -> list[Followed]:
    with place.ledger.reading() as books:
        return books.calendars.followed(calendar.id, place.clock.now())


def test_a_meeting_opens_the_room_to_the_calendars_members_and_to_nobody_else(
    place: Place, server: FeedServer
) -> None:
    server.body = ics(once("a", TEN, ELEVEN))
    follow(place, server.url)
    poll(place)
    assert [opens(place, number, "10:30") for number in (1, 2, 3)] == [True, True, False]
    assert not opens(place, 1, "09:30")


def test_a_meeting_of_an_organiser_whom_the_calendar_knows_is_theirs_alone(
    place: Place, server: FeedServer
) -> None:
    server.body = ics(once("a", TEN, ELEVEN, "ORGANIZER:mailto:CEM@example.org"))
    follow(place, server.url)
    poll(place)
    assert [opens(place, number, "10:30") for number in (1, 2, 3)] == [False, False, True]


def test_a_moved_meeting_has_moved_at_the_door_after_one_poll(place: Place, server: FeedServer) -> None:
    server.body = ics(once("a", TEN, ELEVEN))
    follow(place, server.url)
    poll(place)
    server.body = ics(once("a", ELEVEN, NOON))
    poll(place)
    assert (opens(place, 2, "10:30"), opens(place, 2, "11:30")) == (False, True)


def test_a_cancelled_meeting_opens_nothing_after_one_poll(place: Place, server: FeedServer) -> None:
    server.body = ics(once("a", TEN, ELEVEN), once("b", ELEVEN, NOON))
    follow(place, server.url)
    poll(place)
    server.body = ics(once("a", TEN, ELEVEN, "STATUS:CANCELLED"), once("b", ELEVEN, NOON))
    poll(place)
    assert (opens(place, 1, "10:20"), opens(place, 1, "11:30")) == (False, True)


def test_two_meetings_can_change_places(place: Place, server: FeedServer) -> None:
    server.body = ics(once("a", TEN, ELEVEN, "SUMMARY:a"), once("b", ELEVEN, NOON, "SUMMARY:b"))
    calendar = follow(place, server.url)
    poll(place)
    server.body = ics(once("b", TEN, ELEVEN, "SUMMARY:b"), once("a", ELEVEN, NOON, "SUMMARY:a"))
    poll(place)
    assert [(each.meeting.title, each.refused) for each in meetings(place, calendar)] == [
        ("b", None),
        ("a", None),
    ]


def test_a_feed_that_has_not_changed_is_not_sent_again(place: Place, server: FeedServer) -> None:
    server.body = ics(once("a", TEN, ELEVEN))
    calendar = follow(place, server.url)
    poll(place)
    poll(place)
    assert "if-none-match" in server.asked[1][1]
    assert state(place, calendar).good_at == place.clock.now()
    assert opens(place, 1, "10:30")


def test_a_series_goes_on_though_its_feed_never_changes(place: Place, server: FeedServer) -> None:
    server.body = ics(f"UID:w\nDTSTART:{TEN}Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY")
    calendar = follow(place, server.url)
    poll(place)
    before = meetings(place, calendar)[-1].meeting.starts_at
    place.clock.at += timedelta(days=7)
    poll(place)
    assert meetings(place, calendar)[-1].meeting.starts_at - before == timedelta(days=7)


def test_a_feed_that_fails_revokes_nothing_however_long_and_is_told_once(
    place: Place, server: FeedServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.body = ics(once("a", TEN, ELEVEN))
    calendar = follow(place, server.url)
    poll(place)
    server.answer = lambda request: request.send_error(500)
    for _ in range(5):
        poll(place)
    assert trouble(place, calendar) == "status"
    assert opens(place, 1, "10:30")
    assert [record.getMessage() for record in caplog.records if "feed_refused" in record.getMessage()] == [
        f"event=feed_refused calendar={calendar.id} code=status"
    ]
    server.answer = None
    poll(place)
    assert trouble(place, calendar) is None


def test_an_empty_feed_is_believed_at_the_third_time(place: Place, server: FeedServer) -> None:
    server.body = ics(once("a", TEN, ELEVEN))
    calendar = follow(place, server.url)
    poll(place)
    server.body = ics()
    for _ in range(2):
        poll(place)
        assert opens(place, 1, "10:30")
        assert trouble(place, calendar) == "empty"
    poll(place)
    assert not opens(place, 1, "10:30")
    assert trouble(place, calendar) is None


def test_empty_feeds_are_counted_only_in_a_row(place: Place, server: FeedServer) -> None:
    full, empty = ics(once("a", TEN, ELEVEN)), ics()
    follow(place, server.url)
    for body in (full, empty, empty, full, empty, empty):
        server.body = body
        poll(place)
    assert opens(place, 1, "10:20")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<html>Sign in</html>", "html"),
        (ics(f"UID:a\nDTSTART:20261399T100000Z\nDTEND:{ELEVEN}Z"), "bad_date"),
        (ics(f"UID:a\nDTSTART:{TEN}Z\nDURATION:PT1H\nRRULE:FREQ=SECONDLY"), "too_often"),
        (ics(f"UID:a\nDTSTART:{TEN}Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY"), "too_many"),
    ],
)
def test_a_bad_feed_leaves_the_last_good_one_in_force(
    place: Place, server: FeedServer, body: bytes, code: str
) -> None:
    server.body = ics(once("a", TEN, ELEVEN))
    calendar = follow(place, server.url)
    poll(place)
    server.body = body
    poll(place)
    poll(place)
    assert trouble(place, calendar) == code
    assert opens(place, 1, "10:30")


def test_an_address_of_the_house_is_refused(place: Place, server: FeedServer) -> None:
    calendar = follow(place, server.url.replace("127.0.0.1", "localhost"))
    poll(place)
    assert (trouble(place, calendar), server.asked) == ("private", [])


def book(place: Place) -> Booking:
    at_ten = datetime.fromisoformat("2026-11-24T10:00+00:00")
    wanted = BookSpace(SCEAUX, "meeting-1", "m-3", at_ten, at_ten + timedelta(hours=1), None)
    booking: Booking = place.gateway.handle(wanted, SYSTEM)
    return booking


def test_a_clash_never_overrides_is_told_once_and_is_tried_again(
    place: Place, server: FeedServer, caplog: pytest.LogCaptureFixture
) -> None:
    theirs = book(place)
    server.body = ics(once("a", TEN, ELEVEN), once("b", ELEVEN, NOON))
    calendar = follow(place, server.url)
    poll(place)
    poll(place)
    assert [each.refused for each in meetings(place, calendar)] == ["clash", None]
    assert (opens(place, 3, "10:30"), opens(place, 1, "10:30"), opens(place, 1, "11:30")) == (
        True,
        False,
        True,
    )
    told = [record for record in caplog.records if "meeting_not_booked" in record.getMessage()]
    assert len(told) == 1
    place.gateway.handle(CancelBooking(theirs.id), SYSTEM)
    poll(place)
    assert opens(place, 1, "10:30")


def test_what_staff_cancelled_by_hand_stays_cancelled(place: Place, server: FeedServer) -> None:
    server.body = ics(once("a", TEN, ELEVEN))
    calendar = follow(place, server.url)
    poll(place)
    [meeting] = meetings(place, calendar)
    assert meeting.booking is not None
    place.gateway.handle(CancelBooking(meeting.booking), SYSTEM)
    server.body = ics(once("a", TEN, ELEVEN, "SUMMARY:Atelier"))
    poll(place)
    assert not opens(place, 1, "10:30")


def test_a_meeting_that_is_over_is_let_alone(place: Place, server: FeedServer) -> None:
    server.body = ics(once("a", TEN, ELEVEN), once("b", ELEVEN, NOON))
    calendar = follow(place, server.url)
    poll(place)
    [past, _] = meetings(place, calendar)
    place.clock.at = datetime.fromisoformat("2026-11-24T11:10+00:00")
    server.body = ics(once("b", ELEVEN, NOON))
    poll(place)
    with place.ledger.reading() as books:
        booking = books.bookings.get(past.booking or "")
    assert booking is not None
    assert booking.status == "confirmed"


def test_a_new_title_keeps_the_booking(place: Place, server: FeedServer) -> None:
    server.body = ics(once("a", TEN, ELEVEN))
    calendar = follow(place, server.url)
    poll(place)
    [before] = meetings(place, calendar)
    server.body = ics(once("a", TEN, ELEVEN, "SUMMARY:Atelier"))
    poll(place)
    [after] = meetings(place, calendar)
    assert (after.booking, after.meeting.title) == (before.booking, "Atelier")
    with place.ledger.reading() as books:
        booking = books.bookings.get(after.booking or "")
    assert booking is not None
    assert booking.title == "Atelier"


def test_without_its_calendar_a_meeting_opens_nothing(place: Place, server: FeedServer) -> None:
    server.body = ics(once("a", TEN, ELEVEN))
    calendar = follow(place, server.url)
    poll(place)
    place.gateway.handle(RemoveCalendar(calendar.id), SYSTEM)
    place.gateway.issue()
    assert not opens(place, 1, "10:30")
    poll(place)
    assert len(server.asked) == 1


def test_one_calendars_trouble_keeps_no_other_waiting(place: Place, server: FeedServer) -> None:
    server.body = ics(once("a", TEN, ELEVEN))
    with feed_server() as broken:
        broken.body = b"<html>"
        follow(place, broken.url, space="meeting-2")
        follow(place, server.url)
        follow(place, broken.url, space="meeting-3")
        poll(place)
    assert opens(place, 1, "10:30")


def test_a_poll_that_is_asked_for_does_not_wait_for_its_turn(place: Place, server: FeedServer) -> None:
    calendar = follow(place, server.url)
    place.polling.poll()
    place.polling.poll()
    assert len(server.asked) == 1
    place.gateway.handle(PollCalendar(calendar.id), SYSTEM)
    place.polling.poll()
    assert len(server.asked) == 2


def test_a_file_is_taken_at_its_word_also_where_it_is_empty(place: Place) -> None:
    calendar = follow(place, None)
    bring = place.polling.bring
    bring(calendar.id, ics(once("a", TEN, ELEVEN)), lambda command: place.gateway.handle(command, SYSTEM))
    poll(place)
    assert opens(place, 1, "10:30")
    bring(calendar.id, ics(), lambda command: place.gateway.handle(command, SYSTEM))
    place.gateway.issue()
    assert not opens(place, 1, "10:30")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"space": "kitchen"}, "not_bookable"),
        ({"name": " "}, "unnamed"),
        ({"members": ()}, "nobody"),
        ({"members": ("m-9",)}, "unknown_member"),
        ({"organisers": {"x@example.org": "m-9"}}, "unknown_member"),
        ({"url": "file:///etc/passwd"}, "bad_url"),
        ({"url": "http://["}, "bad_url"),
    ],
)
def test_a_calendar_that_could_book_nothing_is_not_followed(
    place: Place, more: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        follow(place, more.pop("url", "https://calendar.example/"), **more)
    assert [fault.code for fault in refused.value.faults] == [code]


def test_a_forgotten_member_is_in_no_calendar_and_the_others_take_over(
    place: Place, server: FeedServer
) -> None:
    server.body = ics(once("a", TEN, ELEVEN), once("b", ELEVEN, NOON, "ORGANIZER:mailto:cem@example.org"))
    calendar = follow(place, server.url)
    alone = follow(place, server.url, space="meeting-2", members=("m-1",), organisers={})
    poll(place)
    place.gateway.handle(ShareCalendar("Ana", None, None, "m-1", titles=False), SYSTEM)
    for member in ("m-1", "m-3"):
        place.gateway.handle(EraseMember(member), SYSTEM)
    place.gateway.issue()
    assert not opens(place, 2, "10:30")
    poll(place)
    assert opens(place, 2, "10:30")
    assert opens(place, 2, "11:30")
    known = state(place, calendar)
    assert (known.members, dict(known.organisers)) == (("m-2",), {})
    with place.ledger.reading() as books:
        assert books.calendars.get(alone.id) is None
        assert books.subscriptions.all() == []
