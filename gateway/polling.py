"""Following the calendars kept elsewhere: each in its turn, and none kept waiting by another's trouble."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from gateway.commands import Command, Fault, NoteFeedTrouble, Refused, TakeUpMeetings
from gateway.domain.calendars import HORIZON, Calendar
from gateway.domain.feeds import FeedRefused
from gateway.ports import CalendarFeed, Clock, Fetched, Ledger, Version
from protocol.site import Site

_READ_AGAIN: Final = timedelta(hours=1)  # a feed that stays the same brings new meetings into the horizon


class Polling:
    """Asks for feeds when they are due. `carry_out` does what a command asks, in the gateway's own name.

    `told` hears of a site whose calendars have news.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        feed: CalendarFeed,
        sites: Mapping[str, Site],
        carry_out: Callable[[Command], Any],
        told: Callable[[str], None],
        every: timedelta,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._feed = feed
        self._sites = sites
        self._carry_out = carry_out
        self._told = told
        self._every = every

    def poll(self) -> None:
        """Ask for every feed that is due, the longest waiting first."""
        now = self._clock.now()
        with self._ledger.reading() as books:
            due = [calendar for calendar in books.calendars.all() if self._due(calendar, now)]
        for calendar in sorted(due, key=lambda each: each.polled_at.timestamp() if each.polled_at else 0):
            self._poll_one(calendar)

    def bring(self, calendar: str, body: bytes, carry_out: Callable[[Command], Any]) -> None:
        """Take a file for the feed of `calendar`, in the bringer's name. Raises FeedRefused, Refused."""
        with self._ledger.reading() as books:
            known = books.calendars.get(calendar)
        if known is None:
            raise Refused("not_found", Fault("/calendar", "unknown_calendar", "no calendar has this id"))
        now = self._clock.now()
        meetings = self._feed.read(body, self._sites[known.site].zone, now, now + HORIZON)
        carry_out(TakeUpMeetings(calendar, tuple(meetings), Fetched(body, Version()), meant=True))

    def _due(self, calendar: Calendar, now: datetime) -> bool:
        # One that was polled in the future was so before this machine's clock was set back.
        polled_at = calendar.polled_at
        return polled_at is None or not timedelta() <= now - polled_at < self._every

    def _poll_one(self, calendar: Calendar) -> None:
        now = self._clock.now()
        with self._ledger.writing() as books:
            books.calendars.polled(calendar.id, now)  # first: whatever happens, the others have their turn
        try:
            news = self._ask(calendar, now)
        except FeedRefused as refusal:
            news = NoteFeedTrouble(calendar.id, refusal.code, refusal.detail)
            trouble = calendar.trouble
            if trouble and (trouble.code, trouble.detail) == (refusal.code, refusal.detail):
                return
        if news is not None:
            self._carry_out(news)
            self._told(calendar.site)

    def _ask(self, calendar: Calendar, now: datetime) -> Command | None:
        """Return what there is to take up; None where all is as it was."""
        known = Version(calendar.etag, calendar.last_modified)
        fetched = self._feed.fetch(calendar.url, known) if calendar.url else None
        with self._ledger.reading() as books:
            held = books.calendars.body(calendar.id)
            waiting = calendar.id in books.calendars.refused(now)
        body = fetched.body if fetched else held
        if body is None:
            return None
        if body == held and not waiting and self._stands(calendar, now):
            with self._ledger.writing() as books:
                books.calendars.answered(calendar.id, now)
            return None
        meetings = self._feed.read(body, self._sites[calendar.site].zone, now, now + HORIZON)
        return TakeUpMeetings(calendar.id, tuple(meetings), fetched)

    def _stands(self, calendar: Calendar, now: datetime) -> bool:
        if calendar.trouble is not None or calendar.read_at is None:
            return False
        return timedelta() <= now - calendar.read_at < _READ_AGAIN
