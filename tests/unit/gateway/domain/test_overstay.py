"""Who still sits in meeting room 1 after a booking from ten to eleven."""

from datetime import datetime

import pytest

from gateway.domain.bookings import Booking
from gateway.domain.occupancy import SpaceState
from gateway.domain.overstay import overstays
from tests.unit.gateway.domain.building import SITE, booking, paris

BOOKED = booking(7, paris("10:00"))
SAT_DOWN = SpaceState(None, occupied=True, since=paris("10:05"))


def found(now: datetime, state: SpaceState = SAT_DOWN, *others: Booking) -> list[str]:
    return [each.id for each in overstays([BOOKED, *others], {"meeting-1": state}, SITE, now)]


def test_people_who_sit_on_ten_minutes_after_the_end_are_told_of() -> None:
    assert found(paris("11:09")) == []
    assert found(paris("11:10")) == ["b-7"]
    assert found(paris("22:59")) == ["b-7"]
    assert found(paris("23:00")) == []


@pytest.mark.parametrize(
    "state",
    [
        SpaceState(None, occupied=False, since=paris("10:55")),
        SpaceState(None, occupied=True, since=paris("11:00")),
        SpaceState(None, occupied=None, since=paris("10:05")),
    ],
    ids=["they left", "others came in", "there is no sensor"],
)
def test_a_room_that_nobody_sits_on_in_is_not(state: SpaceState) -> None:
    assert found(paris("11:30"), state) == []


def test_who_booked_twice_in_a_row_may_stay_and_somebody_else_waits() -> None:
    assert found(paris("11:30"), SAT_DOWN, booking(8, paris("11:00"))) == []
    assert found(paris("11:30"), SAT_DOWN, booking(8, paris("11:00"), who=2)) == ["b-7"]


def test_a_cancelled_booking_is_not_overstayed_and_a_site_may_not_care() -> None:
    assert (
        list(
            overstays(
                [booking(7, paris("10:00"), status="cancelled")],
                {"meeting-1": SAT_DOWN},
                SITE,
                paris("11:30"),
            )
        )
        == []
    )
    rules = SITE.booking.model_copy(update={"overstay_after_min": "never"})
    relaxed = SITE.model_copy(update={"booking": rules})
    assert list(overstays([BOOKED], {"meeting-1": SAT_DOWN}, relaxed, paris("11:30"))) == []
