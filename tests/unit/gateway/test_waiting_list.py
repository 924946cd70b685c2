"""Waiting for a room that somebody else has."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from gateway import commands as ask
from gateway.adapters.notifier import OutboxNotifier
from gateway.commands import Refused
from gateway.domain.authority import SYSTEM
from gateway.domain.bookings import Booking
from protocol.access import Granted
from tests.fakes import site
from tests.unit.gateway.house import ANA, BOB, NINE, SCEAUX, House

TEN, MINUTE = NINE + timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _people(house: House) -> None:
    for name, cards in {"ana": [ANA], "bob": [BOB], "eve": []}.items():
        house.join(name, *cards)


def wish(house: House, who: str, from_min: int = 0, to_min: int = 60, *, or_wait: bool = True) -> Booking:
    """Ask for the room from so many minutes after ten."""
    start, end = TEN + from_min * MINUTE, TEN + to_min * MINUTE
    asked = ask.BookSpace(SCEAUX, "meeting-1", who, start, end, None, or_wait=or_wait)
    booking: Booking = house.gateway.handle(asked, SYSTEM)
    house.clock.pass_s(1)
    return booking


def now(house: House, booking: Booking) -> Booking:
    house.gateway.take_in()
    with house.ledger.reading() as books:
        found = books.bookings.get(booking.id)
    assert found is not None
    return found


def test_the_first_to_ask_has_the_room_as_soon_as_it_comes_free(house: House) -> None:
    held = wish(house, "ana")
    first, second = wish(house, "bob"), wish(house, "eve")
    assert [held.status, first.status, second.status] == ["confirmed", "waiting", "waiting"]
    assert now(house, first).status == "waiting"
    house.gateway.handle(ask.CancelBooking(held.id), SYSTEM)
    assert [now(house, each).status for each in (first, second)] == ["confirmed", "waiting"]
    assert house.notifier.freed == [("bob", first.id)]
    house.gateway.issue()
    assert house.list_of("ss-meeting-1").decide(BOB, "meeting-1-door", TEN) == Granted(f"booking:{first.id}")


def test_who_waits_holds_nothing_and_comes_in_nowhere(house: House) -> None:
    wish(house, "ana")
    wish(house, "bob", 30, 90)
    wish(house, "eve", 60, 120, or_wait=False)
    house.gateway.issue()
    at_room = house.list_of("ss-meeting-1").decide(BOB, "meeting-1-door", TEN + 75 * MINUTE)
    assert not isinstance(at_room, Granted)


def test_a_free_room_is_booked_at_once_and_without_asking_nobody_waits(house: House) -> None:
    assert wish(house, "ana").status == "confirmed"
    with pytest.raises(Refused, match="taken"):
        wish(house, "bob", or_wait=False)


def test_a_shorter_wish_behind_a_longer_one_is_served_where_only_it_fits(house: House) -> None:
    early, _ = wish(house, "ana", 0, 60), wish(house, "ana", 60, 120)
    longer, shorter = wish(house, "bob", 0, 120), wish(house, "eve", 0, 60)
    house.gateway.handle(ask.CancelBooking(early.id), SYSTEM)
    assert [now(house, each).status for each in (longer, shorter)] == ["waiting", "confirmed"]


def test_a_room_that_nobody_came_to_is_had_for_what_is_left_of_the_time(house: House) -> None:
    wish(house, "ana")
    waiting = wish(house, "bob")
    house.clock.at = TEN + 15 * MINUTE
    for node in ("ss-entrance", "ss-garden", "ss-meeting-1"):
        house.beat(node)
    house.gateway.take_in()
    served = now(house, waiting)
    assert (served.status, served.starts_at, served.ends_at) == (
        "confirmed",
        TEN + 15 * MINUTE,
        TEN + 60 * MINUTE,
    )


def test_a_booking_that_is_moved_away_makes_room(house: House) -> None:
    held, waiting = wish(house, "ana"), wish(house, "bob")
    house.gateway.handle(ask.MoveBooking(held.id, "meeting-2", None, None), SYSTEM)
    assert now(house, waiting).status == "confirmed"


def test_who_was_suspended_or_gave_up_meanwhile_is_passed_over(house: House) -> None:
    held, suspended, gone, last = (wish(house, who) for who in ("ana", "bob", "eve", "ana"))
    house.gateway.handle(ask.SuspendMember("bob", NINE, None, "unpaid"), SYSTEM)
    house.gateway.handle(ask.CancelBooking(gone.id), SYSTEM)
    house.gateway.handle(ask.CancelBooking(held.id), SYSTEM)
    statuses = [now(house, each).status for each in (suspended, gone, last)]
    assert statuses == ["waiting", "cancelled", "confirmed"]


def test_what_waits_is_not_moved(house: House) -> None:
    wish(house, "ana")
    waiting = wish(house, "bob")
    with pytest.raises(Refused) as refused:
        house.gateway.handle(ask.MoveBooking(waiting.id, "meeting-2", None, None), SYSTEM)
    assert [fault.code for fault in refused.value.faults] == ["waiting"]


def test_who_waited_is_told_in_the_outbox(house: House, tmp_path: Path) -> None:
    held = wish(house, "ana")
    with house.ledger.reading() as books:
        ana = books.people.member("ana")
    assert ana is not None
    OutboxNotifier(tmp_path / "outbox").space_came_free(ana, held, site())
    (message,) = (tmp_path / "outbox").iterdir()
    told = json.loads(message.read_text(encoding="utf-8"))
    assert (told["to"], told["about"]) == ("ana", "space_came_free")
    assert "Salle Colbert, Sceaux Smart" in told["text"]
    assert f"{held.starts_at.astimezone(site().zone):%H:%M}" in told["text"]
