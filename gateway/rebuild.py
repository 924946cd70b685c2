"""Working all projections out again from the journal, part by part: nothing is ever half done."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Final

from gateway.domain import civil
from gateway.ports import Books, Clock, Ledger, Part
from gateway.projections import Projections
from protocol.site import Site

_START_OF_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Rebuild:
    """All parts of the projections of `sites`. A running gateway may work on beside it."""

    def __init__(self, ledger: Ledger, clock: Clock, sites: Mapping[str, Site]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._sites = sites

    def parts(self) -> list[Part]:
        """List what there is to work out: days that have entries or visits, today, all loans and parcels."""
        now = self._clock.now()
        with self._ledger.reading() as books:
            return [part for site in self._sites.values() for part in _parts(books, site, now)]

    def work_out(self, part: Part) -> list[Part]:
        """Work `part` out again, in a transaction of its own; return what came out differently.

        A day takes its spaces along where it is today. Nothing is deleted first: what comes out as it was
        is left alone.
        """
        with self._ledger.writing() as books:
            projections = Projections(books, self._sites, self._clock.now())
            if part.projection == "loan":
                loan = books.lockers.loan(part.subject)
                return projections.work_out_loan(loan) if loan else []
            if part.projection == "parcel":
                parcel = books.lockers.parcel(part.subject)
                return projections.work_out_parcel(parcel) if parcel else []
            return projections.work_out_day(part.site, date.fromisoformat(part.subject))

    def standing_still(self) -> list[Part]:
        """Return what could not be worked out."""
        with self._ledger.reading() as books:
            return [standstill.part for standstill in books.projections.standstills()]


def _parts(books: Books, site: Site, now: datetime) -> Iterator[Part]:
    days = {*_days_of_journal(books, site), *books.projections.days(site.id), civil.day_of(now, site.zone)}
    for day in sorted(days):
        yield Part(site.id, "visits", day.isoformat())
    for loan in books.lockers.loans(site.id, live=False):
        yield Part(site.id, "loan", loan.id)
    for parcel in books.lockers.parcels(site.id, live=False):
        yield Part(site.id, "parcel", parcel.id)


def _days_of_journal(books: Books, site: Site) -> Iterator[date]:
    """Go from one day that has entries to the next, however far apart they are."""
    moment = books.journal.next_moment(site.id, _START_OF_TIME)
    while moment is not None:
        day = civil.day_of(moment, site.zone)
        yield day
        _, following = civil.day_bounds(day, site.zone)
        moment = books.journal.next_moment(site.id, following)
