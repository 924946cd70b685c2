"""Forgetting in time: once a day what names somebody and is too old goes, in steps that can be resumed."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from gateway.auditor import Auditor
from gateway.domain import civil
from gateway.domain.accounts import FORGOTTEN_AFTER
from gateway.domain.retention import Limits, nameless_before, unbilled_before
from gateway.handlers.privacy import FORGET_BYTES
from gateway.ports import Badge, Books, Clock, Ledger
from gateway.pseudonymising import (
    is_past,
    month_of,
    nobody,
    stranger,
    take_names_out_of_day,
    without_name,
)
from protocol.site import Site

_log = logging.getLogger(__name__)
_DONE: Final = "retention_done"
_LOOKED_THROUGH: Final = "retention_looked_through"
_MOST_LETTERS: Final = 10_000
_TOGETHER: Final = 1000
_START_OF_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)

Sweeper = Callable[[datetime], int]
"""Deletes what is older than a moment outside of the ledger; returns how much."""


class Retention:
    """Keeps the limits. `outbox` and `copies` sweep what lies beside the ledger."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        sites: Mapping[str, Site],
        auditor: Auditor,
        limits: Limits,
        outbox: Sweeper,
        copies: Sweeper,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._sites = sites
        self._auditor = auditor
        self._limits = limits
        self._outbox = outbox
        self._copies = copies

    def keep(self) -> None:
        """Do what is due: all of it once a civil day (UTC), and whatever an erasure left to be done.

        Raises LedgerFailed, OSError; what was done by then is done.
        """
        now = self._clock.now()
        with self._ledger.reading() as books:
            done, to_forget = books.note(_DONE), books.note(FORGET_BYTES)
        today = f"{now:%Y-%m-%d}"
        if done != today:
            counts = self.forget(now)
            _log.info("event=retention %s", " ".join(f"{name}={count}" for name, count in counts.items()))
            with self._ledger.writing() as books:
                books.remember(_DONE, today)
                if any(counts.values()):
                    to_forget = today
                    books.remember(FORGET_BYTES, to_forget)
        if to_forget:
            self._ledger.compact()
            with self._ledger.writing() as books:
                if books.note(FORGET_BYTES) == to_forget:  # else more was erased meanwhile
                    books.remember(FORGET_BYTES, "")

    def forget(self, now: datetime) -> dict[str, int]:
        """Let go whatever is too old at `now`; return how many records of each kind."""
        oldest = now - timedelta(days=self._limits.named_days)
        return {
            "named": self._take_names_out(now),
            "lockers": self._forget_lockers(oldest),
            "letters": self._forget_letters(oldest),
            "passes": self._forget_passes(oldest),
            "hires": self._forget_hires(oldest),
            "calendars": self._forget_calendars(oldest),
            "tries": self._forget_tries(now),
            "audit": self._auditor.let_go(now, self._limits.audit_months),
            "unbilled": self._forget_unbilled(now),
            "messages": self._outbox(oldest),
            "copies": self._copies(now - timedelta(days=self._limits.backup_days)),
        }

    def _take_names_out(self, now: datetime) -> int:
        """Take the names out of whole months, day by day; then destroy whose pseudonyms they are."""
        with self._ledger.reading() as books:
            sites = {*self._sites, *books.journal.sites()}
        changed = 0
        for site in (self._site(each) for each in sorted(sites)):
            before = nameless_before(now, self._limits.named_days, site.zone)
            for day in self._days(site, before):
                with self._ledger.writing() as books:
                    changed += take_names_out_of_day(books, site, day)
            with self._ledger.writing() as books:
                if books.pseudonyms.nameless_before(site.id) < before:
                    books.pseudonyms.move_on(site.id, before)
        with self._ledger.writing() as books:
            reached = min(books.pseudonyms.nameless_before(site) for site in sites)
            changed += books.pseudonyms.unlink(before_month=month_of(reached))
        return changed + self._take_names_out_of_late_events()

    def _take_names_out_of_late_events(self) -> int:
        """Let what came late, of days that name nobody, name nobody either, nor be anybody new."""
        changed, full = 0, True
        while full:
            with self._ledger.writing() as books:
                some = books.journal.badges_after(int(books.note(_LOOKED_THROUGH) or 0), _TOGETHER)
                late = self._late(books, some)
                books.journal.rewrite({each.number: without_name(each, stranger()) for each in late})
                if some:
                    books.remember(_LOOKED_THROUGH, str(some[-1].number))
            changed, full = changed + len(late), len(some) == _TOGETHER
        return changed

    def _late(self, books: Books, badges: Sequence[Badge]) -> list[Badge]:
        """Return those on days that name nobody whose card or member is not the one that stands in there."""
        before = {site: books.pseudonyms.nameless_before(site) for site in {badge.site for badge in badges}}
        days = [civil.day_of(badge.occurred_at, self._site(badge.site).zone) for badge in badges]
        nameless = [(badge, day) for badge, day in zip(badges, days, strict=True) if day < before[badge.site]]
        past = {
            name
            for month in {month_of(day) for _, day in nameless}
            for pseudonym in books.pseudonyms.of_month(month)
            for name in (pseudonym.ref, pseudonym.id)
        }
        return [badge for badge, _ in nameless if (badge.member or badge.ref) not in past]

    def _days(self, site: Site, before: date) -> Iterator[date]:
        """Yield the days before `before` that still name somebody."""
        with self._ledger.reading() as books:
            days = sorted(
                {*_days_with_entries(books, site, before), *_days_with_records(books, site, before)}
            )
            done = books.pseudonyms.nameless_before(site.id)
        yield from (day for day in sorted(days) if done <= day < before)

    def _forget_passes(self, oldest: datetime) -> int:
        with self._ledger.writing() as books:
            return books.passes.forget_ended(oldest)

    def _forget_hires(self, oldest: datetime) -> int:
        """Let what was hired whole, and is long over, name nobody; that it was hired stays."""
        with self._ledger.writing() as books:
            hires = [
                hire
                for site in {*self._sites, *books.journal.sites()}
                for hire in books.bookings.privatisations(site, _START_OF_TIME, oldest)
                if hire.ends_at < oldest and not is_past(hire.organiser)
            ]
            for hire in hires:
                books.bookings.put_privatisation(replace(hire, organiser=nobody(), title=None, guests=()))
            return len(hires)

    def _forget_calendars(self, oldest: datetime) -> int:
        """Let go old meetings of others' calendars, feeds that nobody brought anew, and revoked addresses."""
        with self._ledger.writing() as books:
            calendars = books.calendars.all()
            meetings = sum(books.calendars.forget_before(each.id, oldest) for each in calendars)
            bodies = books.calendars.forget_bodies(oldest)
            return meetings + bodies + books.subscriptions.forget_revoked(oldest)

    def _forget_tries(self, now: datetime) -> int:
        with self._ledger.writing() as books:
            return books.accounts.forget_tries_before(now - FORGOTTEN_AFTER)

    def _forget_lockers(self, oldest: datetime) -> int:
        with self._ledger.writing() as books:
            loans = [
                loan
                for loan in books.lockers.loans(live=False)
                if not is_past(loan.member)
                and loan.status in {"returned", "cancelled"}
                and (loan.returned_at or loan.due_at) < oldest
            ]
            for loan in loans:
                books.lockers.put_loan(replace(loan, member=nobody()))
            parcels = [
                parcel
                for parcel in books.lockers.parcels(live=False)
                if parcel.status != "waiting"
                and (parcel.collected_at or parcel.deadline) < oldest
                and (parcel.member, parcel.code_hash) != (None, None)
            ]
            for parcel in parcels:
                books.lockers.put_parcel(replace(parcel, member=None, code_hash=None))
            return len(loans) + len(parcels)

    def _forget_letters(self, oldest: datetime) -> int:
        with self._ledger.writing() as books:
            return books.journal.forget_letters(oldest, beyond=_MOST_LETTERS) + books.keys.forget(oldest)

    def _forget_unbilled(self, now: datetime) -> int:
        before = unbilled_before(now, self._limits.statement_years)
        with self._ledger.writing() as books:
            return books.projections.forget_visits(before) + books.pseudonyms.forget(month_of(before))

    def _site(self, site: str) -> Site:
        """Return a site; one that is no longer served but has entries, with the zone of the others."""
        known = self._sites.get(site)
        return known or next(iter(self._sites.values())).model_copy(update={"id": site})


def _days_with_entries(books: Books, site: Site, before: date) -> Iterator[date]:
    """Go from one day that has entries to the next, however far apart they are."""
    moment = books.journal.next_moment(site.id, _START_OF_TIME)
    while moment is not None:
        day = civil.day_of(moment, site.zone)
        if day >= before:
            return
        yield day
        moment = books.journal.next_moment(site.id, civil.day_bounds(day, site.zone)[1])


def _days_with_records(books: Books, site: Site, before: date) -> Iterator[date]:
    """Yield the days of visits and bookings, which may be on days without an entry."""
    yield from books.projections.days(site.id)
    end = civil.day_bounds(before, site.zone)[0]
    for booking in books.bookings.between(site.id, _START_OF_TIME, end):
        if not is_past(booking.member):
            yield civil.day_of(booking.starts_at, site.zone)
