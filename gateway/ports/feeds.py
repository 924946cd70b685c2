"""Calendars that are kept elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from gateway.domain.calendars import Meeting

LARGEST_FEED: Final = 16 * 1024 * 1024
"""No feed has more bytes."""


@dataclass(frozen=True, slots=True)
class Version:
    """What a server said of the feed it gave (RFC 9110, 8.8): to be asked whether it is still so."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A feed as it came."""

    body: bytes
    version: Version


class CalendarFeed(Protocol):
    """Fetching feeds and working out what they say. Both raise FeedRefused where that cannot be done."""

    def fetch(self, url: str, known: Version) -> Fetched | None:
        """Return the feed at `url`; None where it is still the `known` one."""
        ...

    def read(self, body: bytes, zone: ZoneInfo, start: datetime, end: datetime) -> Sequence[Meeting]:
        """Return the meetings of a feed that touch [start, end)."""
        ...
