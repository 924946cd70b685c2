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


@dataclass(frozen=True, slots=True)
class Booking:
    """A space held for a member in [starts_at, ends_at), UTC."""

    id: str
    site: str
    space: str
    member: str
    starts_at: datetime
    ends_at: datetime
    status: Literal["confirmed", "cancelled"]
    title: str | None


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


def clash(wanted: Booking, others: Iterable[Booking]) -> Booking | None:
    """Return the earliest confirmed booking of the same space that overlaps `wanted`; itself does not count.

    Intervals are half-open: one booking may begin when another ends.
    """
    overlapping = (
        other
        for other in others
        if other.status == "confirmed"
        and other.id != wanted.id
        and (other.site, other.space) == (wanted.site, wanted.space)
        and other.starts_at < wanted.ends_at
        and wanted.starts_at < other.ends_at
    )
    return min(overlapping, key=lambda other: (other.starts_at, other.id), default=None)


def refusal(wanted: Booking, site: Site, member: Member, others: Iterable[Booking]) -> list[Refusal]:
    """List all that stands against `wanted`; an empty list: it may be confirmed."""
    return [
        *_wrong_with_space(wanted, site),
        *_wrong_with_times(wanted),
        *_wrong_with_member(wanted, member),
        *([("/starts_at", "clash")] if clash(wanted, others) else []),
    ]


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
