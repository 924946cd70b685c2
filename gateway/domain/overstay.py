"""Rooms in which people sit on after their time was up."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from gateway.domain.bookings import Booking
from gateway.domain.occupancy import SpaceState
from protocol.site import Site

LOOKING_BACK: Final = timedelta(hours=12)
"""For so long an overstay is told of."""


def overstays(
    bookings: Iterable[Booking], states: Mapping[str, SpaceState], site: Site, now: datetime
) -> Iterator[Booking]:
    """Yield the bookings that are over while their space has been occupied since before they were.

    Not those whose holder has the space again: who booked twice in a row may stay. A space without a sensor
    of presence tells nothing.
    """
    after_min = site.booking.overstay_after_min
    if after_min == "never":
        return
    confirmed = [booking for booking in bookings if booking.status == "confirmed"]
    now_there = {(each.space, each.member) for each in confirmed if each.starts_at <= now < each.ends_at}
    for booking in confirmed:
        state = states.get(booking.space)
        sat_on = state is not None and state.occupied is True and state.since < booking.ends_at
        late = booking.ends_at + timedelta(minutes=after_min) <= now < booking.ends_at + LOOKING_BACK
        if sat_on and late and (booking.space, booking.member) not in now_there:
            yield booking
