"""Bookings as they are used: from what a door saw to what the next one is told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway import commands as ask
from gateway.commands import Refused
from gateway.domain.attendance import NOTHING_YET, Attendance
from gateway.domain.authority import SYSTEM
from gateway.domain.bookings import Booking
from protocol.access import Denied, Granted
from tests.unit.gateway.house import ANA, BOB, NINE, SCEAUX, House, badge, event

TEN, ELEVEN = NINE + timedelta(hours=1), NINE + timedelta(hours=2)
ON_THE_WAY = ("ss-entrance", "ss-garden", "ss-meeting-1")
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _people(house: House) -> None:
    house.join("ana", ANA)
    house.join("bob", BOB)


def book(house: House, member: str, start: datetime = TEN, end: datetime = ELEVEN) -> Booking:
    wish = ask.BookSpace(SCEAUX, "meeting-1", member, start, end, None)
    booking: Booking = house.gateway.handle(wish, SYSTEM)
    return booking


def pass_until(house: House, moment: datetime, *, heard: tuple[str, ...] = ON_THE_WAY) -> None:
    """Let time pass; the nodes in `heard` say at the end of it that they have told all."""
    house.clock.at = moment
    for node in heard:
        house.beat(node)
    house.gateway.take_in()
    house.gateway.issue()


def at_room(house: House, card: str) -> Granted | Denied:
    return house.list_of("ss-meeting-1").decide(card, "meeting-1-door", house.clock.now())


def attendance(house: House, booking: Booking) -> Attendance:
    with house.ledger.reading() as books:
        return books.bookings.attendances([booking.id]).get(booking.id, NOTHING_YET)


def into_room(house: House, card: str, clock: str, seq: int = 1) -> None:
    house.tell("ss-meeting-1", event(seq, clock, **badge(card, "in") | {"point": "meeting-1-door"}))
    house.gateway.issue()


def test_a_room_that_nobody_came_to_is_given_back_and_the_next_one_can_book_it(house: House) -> None:
    booked = book(house, "ana")
    pass_until(house, TEN + 14 * MINUTE)
    assert at_room(house, ANA) == Granted(f"booking:{booked.id}")
    with pytest.raises(Refused, match="taken from 2026-11-24 11:00 to 2026-11-24 12:00"):
        book(house, "bob", TEN + 15 * MINUTE)
    pass_until(house, TEN + 15 * MINUTE)
    assert at_room(house, ANA) == Denied("ended")
    again = book(house, "bob", TEN + 15 * MINUTE)
    house.gateway.issue()
    assert at_room(house, BOB) == Granted(f"booking:{again.id}")
    with house.ledger.reading() as books:
        kept = books.bookings.get(booked.id)
    assert kept == booked, "given back is not deleted"
    assert attendance(house, booked).released_for == "no_show"


def test_using_the_door_checks_in_and_keeps_the_room(house: House) -> None:
    booked = book(house, "ana")
    house.clock.at = TEN + 5 * MINUTE
    into_room(house, ANA, "10:05:00")
    pass_until(house, TEN + 40 * MINUTE)
    assert attendance(house, booked) == Attendance(
        checked_in_at=TEN + 5 * MINUTE, checked_in_by=f"ss-meeting-1/{'e' * 16}/1"
    )
    assert at_room(house, ANA) == Granted(f"booking:{booked.id}")


def test_while_the_rooms_node_is_silent_nothing_is_given_back(house: House) -> None:
    booked = book(house, "ana")
    pass_until(house, TEN + 5 * MINUTE)
    pass_until(house, TEN + 30 * MINUTE, heard=("ss-entrance", "ss-garden"))
    assert attendance(house, booked) == NOTHING_YET
    pass_until(house, TEN + 31 * MINUTE, heard=("ss-meeting-1",))
    assert attendance(house, booked).released_at == TEN + 15 * MINUTE


def test_while_a_node_has_events_left_to_send_nothing_is_given_back(house: House) -> None:
    booked = book(house, "ana")
    pass_until(house, TEN + 16 * MINUTE, heard=("ss-entrance", "ss-garden"))
    house.beat("ss-meeting-1", pending=3)
    house.gateway.take_in()
    assert attendance(house, booked) == NOTHING_YET
    pass_until(house, TEN + 17 * MINUTE)
    assert attendance(house, booked).released_at == TEN + 15 * MINUTE


def test_who_was_seen_only_later_has_the_room_again_where_it_is_free(house: House) -> None:
    booked = book(house, "ana")
    pass_until(house, TEN + 20 * MINUTE)
    assert at_room(house, ANA) == Denied("ended")
    into_room(house, ANA, "10:05:00")
    assert at_room(house, ANA) == Granted(f"booking:{booked.id}")
    with pytest.raises(Refused, match="taken"):
        book(house, "bob", TEN + 30 * MINUTE)


def test_who_was_seen_only_later_does_not_take_the_room_from_the_next_one(house: House) -> None:
    booked = book(house, "ana")
    pass_until(house, TEN + 20 * MINUTE)
    again = book(house, "bob", TEN + 20 * MINUTE)
    into_room(house, ANA, "10:05:00")
    assert attendance(house, booked).checked_in_at == TEN + 5 * MINUTE
    assert at_room(house, ANA) == Denied("ended")
    assert at_room(house, BOB) == Granted(f"booking:{again.id}")


def test_a_room_that_was_left_early_is_free_for_the_rest_of_the_time(house: House) -> None:
    booked = book(house, "ana")
    house.clock.at = TEN + 20 * MINUTE
    into_room(house, ANA, "10:05:00")
    house.tell("ss-entrance", event(1, "10:20:00", **badge(ANA, "out")))
    pass_until(house, TEN + 30 * MINUTE)
    assert attendance(house, booked).released_for == "left_early"
    assert isinstance(at_room(house, ANA), Denied)
    book(house, "bob", TEN + 30 * MINUTE)


def test_staff_check_in_and_out_by_hand(house: House) -> None:
    booked = book(house, "ana")
    pass_until(house, TEN + 20 * MINUTE)
    house.gateway.handle(ask.CheckInOrOut(booked.id, "check_in", "session:abc"), SYSTEM)
    pass_until(house, TEN + 21 * MINUTE)
    assert attendance(house, booked).checked_in_by == "session:abc"
    assert at_room(house, ANA) == Granted(f"booking:{booked.id}")
    house.gateway.handle(ask.CheckInOrOut(booked.id, "check_out", "session:abc"), SYSTEM)
    pass_until(house, TEN + 22 * MINUTE)
    assert isinstance(at_room(house, ANA), Denied)
    assert attendance(house, booked).released_at == TEN + 21 * MINUTE


def test_nobody_is_checked_in_by_hand_to_a_room_that_is_somebody_elses_now(house: House) -> None:
    booked = book(house, "ana")
    pass_until(house, TEN + 20 * MINUTE)
    book(house, "bob", TEN + 20 * MINUTE)
    with pytest.raises(Refused) as refused:
        house.gateway.handle(ask.CheckInOrOut(booked.id, "check_in", "session:abc"), SYSTEM)
    assert [fault.code for fault in refused.value.faults] == ["clash"]
    assert attendance(house, booked).checked_in_at is None


def test_what_was_given_back_is_not_moved_or_extended(house: House) -> None:
    booked = book(house, "ana")
    pass_until(house, TEN + 20 * MINUTE)
    with pytest.raises(Refused) as refused:
        house.gateway.handle(ask.MoveBooking(booked.id, None, None, ELEVEN + 30 * MINUTE), SYSTEM)
    assert [fault.code for fault in refused.value.faults] == ["given_back"]


@pytest.mark.parametrize("moment", [TEN - 11 * MINUTE, ELEVEN])
def test_nobody_is_checked_in_by_hand_before_or_after_the_booking(house: House, moment: datetime) -> None:
    booked = book(house, "ana")
    house.clock.at = moment
    with pytest.raises(Refused, match="is over, or does not begin yet"):
        house.gateway.handle(ask.CheckInOrOut(booked.id, "check_in", "session:abc"), SYSTEM)


def test_a_gateway_that_starts_anew_gives_back_what_fell_due_meanwhile(house: House, tmp_path: Path) -> None:
    booked = book(house, "ana")
    house.gateway.take_in()
    successor = House(tmp_path, house.ledger)
    pass_until(successor, TEN + 20 * MINUTE)
    assert attendance(successor, booked).released_at == TEN + 15 * MINUTE


def test_a_booking_across_midnight_is_given_back_on_either_day(house: House) -> None:
    late = datetime(2026, 11, 24, 22, 50, tzinfo=UTC)  # ten to midnight in Sceaux
    booked = book(house, "ana", late, late + timedelta(hours=2))
    pass_until(house, late)
    pass_until(house, late + 20 * MINUTE)
    assert attendance(house, booked).released_at == late + 15 * MINUTE
