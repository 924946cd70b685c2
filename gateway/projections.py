"""Working the projections out of the journal, part by part: what breaks one part leaves the others be."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from typing import Final, TypeVar

from gateway.attendances import Attendances, Looked
from gateway.domain import civil, clones, loans, occupancy, parcels, visits
from gateway.domain.attendance import Outlook
from gateway.domain.bookings import Booking
from gateway.domain.chronology import TOLERANCE
from gateway.domain.history import DAY_KINDS
from gateway.domain.journal import Entry, in_order
from gateway.domain.loans import Loan
from gateway.domain.opening import LOCKER_KINDS
from gateway.domain.parcels import Parcel
from gateway.domain.visits import Visit
from gateway.holding import Holding
from gateway.ports import Books, LedgerFailed, Part, Standstill
from protocol.site import Site

_log = logging.getLogger(__name__)
_BADGES: Final = ("BadgePresented",)
_FOR_EVER: Final = datetime.max.replace(tzinfo=UTC)

T = TypeVar("T")


class Projections:
    """The projections within one transaction, as of `now`. Each method returns the parts that changed.

    A part whose code fails on what the journal says stands still: it stays as it was, is logged once, and is
    kept in a list to be seen. It is tried again whenever it is touched, at each start, and by a rebuild.
    """

    def __init__(self, books: Books, sites: Mapping[str, Site], now: datetime) -> None:
        self._books = books
        self._sites = sites
        self.now = now
        self.attended = Looked()
        """What the bookings that were looked at came to."""
        self.days_counted = False
        """Whether the days on which members came turned out otherwise, where plans count them."""

    def work_out_day(self, site_id: str, day: date) -> list[Part]:
        """Work out a day's visits, bookings and copied badges; and how the spaces stand, if it is today."""
        site, tables = self._sites[site_id], self._books.projections
        self.attended = Looked()
        start, end = civil.day_bounds(day, site.zone)

        @cache
        def entries() -> list[Entry]:
            return in_order(self._books.journal.between(site_id, start, end, DAY_KINDS))

        def badges() -> list[Entry]:
            journal, before = self._books.journal, start - clones.REACH
            found = journal.between(site_id, before, start, _BADGES)
            for other in self._sites.keys() - {site_id}:
                found += journal.between(other, before, end, _BADGES)
            return in_order([*found, *entries()])

        changed = self._attempt(
            Part(site_id, "clones", day.isoformat()),
            lambda: [c for c in clones.clones_among(self._sites, site_id, badges()) if c.at >= start],
            lambda found: tables.replace_clones(site_id, day, found),
        )
        changed += self._attempt(
            Part(site_id, "visits", day.isoformat()),
            lambda: visits.visits_of_day(site, day, entries(), self._holding.on(site_id, day), self.now),
            lambda found: self._put_visits(site, day, found),
        )
        attendances = Attendances(self._books, site, self._holding.on(site_id, day), self.now)
        changed += self._attempt(
            Part(site_id, "bookings", day.isoformat()),
            lambda: attendances.of(start, end, entries),
            lambda found: self._put_attendances(attendances, found),
        )
        if start <= self.now < end:
            changed += self._attempt(
                Part(site_id, "spaces", "today"),
                lambda: occupancy.after(site, entries()),
                lambda states: tables.replace_spaces(site_id, states),
            )
        return changed

    def _put_attendances(self, attendances: Attendances, found: list[tuple[Booking, Outlook]]) -> bool:
        self.attended = attendances.put(found)
        return self.attended.changed

    def _put_visits(self, site: Site, day: date, found: list[Visit]) -> bool:
        tables = self._books.projections
        before = tables.visits(day, day + timedelta(days=1), site.id) if self._days_count else found
        self.days_counted |= {visit.member for visit in before} != {visit.member for visit in found}
        return tables.replace_visits(site.id, day, found)

    def work_out_loan(self, loan: Loan) -> list[Part]:
        """Work out how far a loan has come; that staff cancelled it is not the journal's to say."""

        def put(told: Loan) -> bool:
            lent = replace(told, cancelled=loan.cancelled)
            if lent != loan:
                self._books.lockers.put_loan(lent)
            return lent != loan

        asked = replace(loan, taken_at=None, returned_at=None, cancelled=False)
        part = Part(loan.site, "loan", loan.id)
        return self._attempt(part, lambda: loans.fold(asked, self._since(loan.site, loan.asked_at)), put)

    def work_out_parcel(self, parcel: Parcel) -> list[Part]:
        """Work out whether a parcel was collected; that the carrier took it back is staff's to say."""

        def put(told: Parcel) -> bool:
            kept = replace(told, returned=parcel.returned)
            if kept != parcel:
                self._books.lockers.put_parcel(kept)
            return kept != parcel

        dropped = replace(parcel, collected_at=None, returned=False)
        part = Part(parcel.site, "parcel", parcel.id)
        return self._attempt(
            part, lambda: parcels.fold(dropped, self._since(parcel.site, parcel.dropped_at)), put
        )

    @cached_property
    def _days_count(self) -> bool:
        return any(site.counts_days for site in self._sites.values())

    @cached_property
    def _holding(self) -> Holding:
        return Holding(self._books)

    @cached_property
    def _standing(self) -> dict[Part, Standstill]:
        return {each.part: each for each in self._books.projections.standstills()}

    def _since(self, site: str, asked_at: datetime) -> list[Entry]:
        """Read what happened at lockers; by a clock a little behind ours, it was before it was asked for."""
        return in_order(self._books.journal.between(site, asked_at - TOLERANCE, _FOR_EVER, LOCKER_KINDS))

    def _attempt(self, part: Part, derive: Callable[[], T], put: Callable[[T], bool]) -> list[Part]:
        known = self._standing.get(part)
        try:
            derived = derive()
        except LedgerFailed:
            raise
        except Exception as error:  # noqa: BLE001  # an event that breaks our code stops this part, no other
            return self._halt(part, known, error)
        changed = put(derived)
        if known is not None:
            _log.warning("event=projection_goes_on site=%s projection=%s subject=%s", *part)
            self._books.projections.go_on(part)
        return [part] if changed or known else []

    def _halt(self, part: Part, known: Standstill | None, error: Exception) -> list[Part]:
        reason = f"{type(error).__name__}: {error}"
        if known is not None and known.reason == reason:
            return []
        _log.exception("event=projection_stands_still site=%s projection=%s subject=%s", *part)
        since = known.since if known else self.now
        self._books.projections.stand_still(Standstill(part, since, reason))
        return [part]
