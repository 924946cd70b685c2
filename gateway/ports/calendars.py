"""Which calendars the place follows, and what became of their meetings."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from gateway.domain.calendars import Calendar, Followed


class Calendars(Protocol):
    """Calendars of elsewhere, the last good feed of each, and the meetings taken up from it."""

    def put(self, calendar: Calendar) -> None:
        """Keep `calendar` in the place of the one with its id."""
        ...

    def get(self, calendar: str) -> Calendar | None: ...
    def all(self, site: str | None = None) -> list[Calendar]: ...
    def polled(self, calendar: str, at: datetime) -> None: ...
    def answered(self, calendar: str, at: datetime) -> None:
        """Note that the feed answered well, and said nothing new."""
        ...

    def remove(self, calendar: str) -> None:
        """Forget a calendar, its feed and its meetings; the bookings stay."""
        ...

    def body(self, calendar: str) -> bytes | None: ...
    def keep_body(self, calendar: str, body: bytes) -> None: ...
    def forget_bodies(self, before: datetime) -> int:
        """Delete the feeds that were last good before a moment; return how many."""
        ...

    def followed(self, calendar: str, after: datetime) -> list[Followed]:
        """Return the meetings taken up that end after `after`, in order of time."""
        ...

    def refused(self, after: datetime) -> Mapping[str, int]:
        """Count, by calendar, the meetings that could not be booked and end after `after`."""
        ...

    def follow(self, calendar: str, meetings: Iterable[Followed]) -> None: ...
    def unfollow(self, calendar: str, meetings: Iterable[Followed]) -> None: ...
    def forget_before(self, calendar: str, moment: datetime) -> int:
        """Delete the meetings that ended before a moment; return how many."""
        ...

    def company(self, start: datetime, end: datetime) -> Mapping[str, tuple[str, ...]]:
        """Return, by booking that touches [start, end), the members let in besides its holder."""
        ...
