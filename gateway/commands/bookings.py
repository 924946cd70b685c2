"""What is asked about bookings and hires."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class BookSpace:
    """Book a space for a member over [starts_at, ends_at); by default it is charged by the member's plan.

    Where it is taken, `or_wait` puts the booking on the waiting list.
    """

    site: str
    space: str
    member: str
    starts_at: datetime
    ends_at: datetime
    title: str | None
    price_category: str | None = None
    or_wait: bool = False


@dataclass(frozen=True, slots=True)
class BookSpaces:
    """Make bookings, in this order: all of them, or none where one cannot be."""

    bookings: tuple[BookSpace, ...]


@dataclass(frozen=True, slots=True)
class BookSeries:
    """Make bookings that belong together: all of them, or none where one cannot be."""

    bookings: tuple[BookSpace, ...]


@dataclass(frozen=True, slots=True)
class CancelSeries:
    """Give back all of a series that has not begun."""

    series: str


@dataclass(frozen=True, slots=True)
class MoveBooking:
    """Change where or when a booking is; what is None stays. A later end alone extends it."""

    booking: str
    space: str | None
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class CheckInOrOut:
    """Note by hand that a booking's holder is there, or has left. `by` is who says so, as in logs."""

    booking: str
    what: Literal["check_in", "check_out"]
    by: str


@dataclass(frozen=True, slots=True)
class CancelBooking:
    """Give a booked time back."""

    booking: str


@dataclass(frozen=True, slots=True)
class CancelOwnBooking:
    """Give back a time that one has booked oneself."""

    booking: str


@dataclass(frozen=True, slots=True)
class Privatise:
    """Hire `spaces` of a site whole (none: all of it) over [starts_at, ends_at)."""

    site: str
    spaces: tuple[str, ...]
    organiser: str
    starts_at: datetime
    ends_at: datetime
    title: str | None
    guests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Admit:
    """Say whom the organiser of a privatisation lets in."""

    privatisation: str
    guests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CancelPrivatisation:
    """Give back what was hired whole."""

    privatisation: str
