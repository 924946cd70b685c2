"""Bookings of spaces: when one may stand, and when people's wall-clock hours really are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from gateway.domain.people import Member
from protocol.site import Site

LONGEST: Final = timedelta(hours=24)
"""No single booking is longer."""

Refusal = tuple[str, str]
"""What is wrong: a JSON pointer to the field (RFC 6901) and the code of a message."""

Status = Literal["confirmed", "waiting", "cancelled"]
"""A booking that waits holds nothing, and opens nothing, until its space comes free."""


@dataclass(frozen=True, slots=True)
class Booking:
    """A space held for a member in [starts_at, ends_at), UTC.

    `series` is what it recurs with; `price_category` what it is charged as, fixed when it was made. What was
    made before the ledger kept that has None.
    """

    id: str
    site: str
    space: str
    member: str
    starts_at: datetime
    ends_at: datetime
    status: Status
    title: str | None
    made_at: datetime | None = None
    series: str | None = None
    price_category: str | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A space that is kept for a booking in [starts_at, ends_at), UTC: set-up and cleaning included.

    No two holds of one space overlap.
    """

    booking: str
    site: str
    space: str
    starts_at: datetime
    ends_at: datetime


class LocalTimeUnclear(ValueError):
    """A wall-clock time that names no single moment; `offsets` are the UTC offsets to choose from."""

    def __init__(self, message: str, offsets: tuple[timedelta, ...]) -> None:
        super().__init__(message)
        self.offsets = offsets


class AmbiguousHour(LocalTimeUnclear):
    """A wall-clock time that comes twice, when clocks go back."""


class MissingHour(LocalTimeUnclear):
    """A wall-clock time that does not come, when clocks go forward."""


class WrongOffset(LocalTimeUnclear):
    """An explicit offset that the zone does not have at that time."""


def hold_for(booking: Booking, site: Site) -> Hold:
    """Return what a confirmed `booking` keeps of its space, which must be one of `site`."""
    space = next(space for space in site.spaces if space.id == booking.space)
    return Hold(
        booking.id,
        booking.site,
        booking.space,
        booking.starts_at - timedelta(minutes=space.setup_min),
        booking.ends_at + timedelta(minutes=space.cleaning_min),
    )


def hours_booked(bookings: Iterable[Booking]) -> float:
    """Sum the hours of the confirmed ones; what was given back counts, for it was kept from others."""
    lengths = (each.ends_at - each.starts_at for each in bookings if each.status == "confirmed")
    return sum(lengths, timedelta()) / timedelta(hours=1)


def nodes_on_the_way(site: Site, space: str) -> set[str]:
    """Return the nodes of all doors between the street and the inside of `space`."""
    return {door.node for door in site.doors if door.perimeter or door.space == space}


def clash(wanted: Hold, others: Iterable[Hold]) -> Hold | None:
    """Return the earliest hold of the same space that overlaps `wanted`; the same booking's does not count.

    Intervals are half-open: one may begin when another ends.
    """
    overlapping = (
        other
        for other in others
        if other.booking != wanted.booking
        and (other.site, other.space) == (wanted.site, wanted.space)
        and other.starts_at < wanted.ends_at
        and wanted.starts_at < other.ends_at
    )
    return min(overlapping, key=lambda other: (other.starts_at, other.booking), default=None)


def refusal(wanted: Booking, site: Site, member: Member) -> list[Refusal]:
    """List all that stands against `wanted` by itself; an empty list: it may be, where nothing clashes."""
    return [
        *_wrong_with_space(wanted, site),
        *_wrong_with_times(wanted),
        *_wrong_with_member(wanted, member),
    ]


def refusal_to_move(old: Booking, new: Booking, now: datetime) -> list[Refusal]:
    """List what stands against making `new` of `old`, whatever else `new` is."""
    if old.status != "confirmed":
        return [("/booking", old.status)]
    if old.ends_at <= now:
        return [("/booking", "over")]
    if old.starts_at <= now and (old.space, old.starts_at) != (new.space, new.starts_at):
        return [("/starts_at", "begun")]
    return [("/ends_at", "ends_in_the_past")] if new.ends_at < now else []


def _wrong_with_space(wanted: Booking, site: Site) -> Iterator[Refusal]:
    space = next((space for space in site.spaces if space.id == wanted.space), None)
    if space is None:
        yield "/space", "unknown_space"
    elif not space.bookable:
        yield "/space", "not_bookable"


def _wrong_with_times(wanted: Booking) -> Iterator[Refusal]:
    if wanted.ends_at <= wanted.starts_at:
        yield "/ends_at", "ends_before_start"
    elif wanted.ends_at - wanted.starts_at > LONGEST:
        yield "/ends_at", "too_long"


def _wrong_with_member(wanted: Booking, member: Member) -> Iterator[Refusal]:
    if wanted.starts_at < member.since:
        yield "/member", "membership_not_begun"
    if member.until is not None and member.until < wanted.ends_at:
        yield "/member", "membership_ended"


def local_to_utc(local: datetime, zone: ZoneInfo, utc_offset: timedelta | None = None) -> datetime:
    """Return the moment when clocks of `zone` show `local` (naive).

    Where they show it twice or never, `utc_offset` must say which is meant. Raises AmbiguousHour,
    MissingHour, and WrongOffset for an offset that the zone does not have then.
    """
    earlier, later = (zone.utcoffset(local.replace(fold=fold)) or timedelta() for fold in (0, 1))
    offsets = tuple(dict.fromkeys((earlier, later)))
    when = f"{local:%Y-%m-%d %H:%M}"
    if utc_offset is not None and utc_offset not in offsets:
        wrong = f"{when} in {zone}: UTC offset {_written(utc_offset)} is not one of {_list(offsets)}"
        raise WrongOffset(wrong, offsets)
    if utc_offset is None and len(offsets) > 1:
        kind, what = (AmbiguousHour, "comes twice") if earlier > later else (MissingHour, "does not exist")
        raise kind(f"{when} {what} in {zone}: say the UTC offset, one of {_list(offsets)}", offsets)
    return (local - (earlier if utc_offset is None else utc_offset)).replace(tzinfo=UTC, fold=0)


def _list(offsets: tuple[timedelta, ...]) -> str:
    return ", ".join(_written(offset) for offset in offsets)


def _written(offset: timedelta) -> str:
    sign = "-" if offset < timedelta() else "+"
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    return f"{sign}{hours:02}:{minutes:02}"
