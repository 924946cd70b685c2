"""Keeping the projections in step with the journal: whatever day was touched is worked out again, whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from gateway.domain import civil, loans, occupancy, parcels, visits
from gateway.domain.history import DAY_KINDS
from gateway.domain.journal import Entry, in_order
from gateway.domain.people import Holders
from gateway.domain.rights import node_of_compartment
from gateway.ports import Books
from protocol.site import Site

_PROJECTED = "projected_up_to"
_TOGETHER = 5000
_LOCKER_KINDS = ("BadgePresented", "CommandExecuted", "CompartmentOpened", "CompartmentClosed")


@dataclass(frozen=True, slots=True)
class Changed:
    """What came out differently: the sites whose picture changed, the nodes whose lockers did."""

    sites: set[str] = field(default_factory=set)
    lockers: set[str] = field(default_factory=set)


class Projector:
    """Remembers which days are out of step, and brings them back."""

    def __init__(self, sites: Mapping[str, Site]) -> None:
        self._sites = sites
        self._days: set[tuple[str, date]] = set()
        self._lockers: set[str] = set()

    @property
    def behind(self) -> bool:
        """Whether anything waits to be worked out."""
        return bool(self._days or self._lockers)

    def mark(self, entries: Iterable[Entry]) -> None:
        """Note what `entries` put out of step."""
        for entry in entries:
            site = self._sites.get(entry.site)
            if site is None:
                continue  # a site that is no longer served: its journal stays, its picture stands still
            if entry.event.type in DAY_KINDS:
                self.mark_day(site.id, civil.day_of(entry.occurred_at, site.zone))
            if entry.event.type in ("CompartmentOpened", "CompartmentClosed"):
                self._lockers.add(site.id)

    def resume(self, books: Books) -> None:
        """Mark what was committed before a crash, and not worked out any more."""
        number = int(books.note(_PROJECTED) or 0)
        while entries := books.journal.after(number, _TOGETHER):
            self.mark(numbered.entry for numbered in entries)
            number = entries[-1].number

    def mark_day(self, site: str, day: date) -> None:
        self._days.add((site, day))

    def catch_up(self, books: Books, now: datetime) -> Changed:
        """Work out what is out of step; say `done` once it is committed."""
        changed = Changed()
        holders = Holders(books.people.credentials() if self._days else [])
        for site_id, day in sorted(self._days):
            if self._work_out_day(books, self._sites[site_id], day, holders, now):
                changed.sites.add(site_id)
        for site_id in sorted(self._lockers):
            moved = _work_out_lockers(books, site_id, now)
            if moved:
                changed.sites.add(site_id)
            changed.lockers.update(node_of_compartment(self._sites[site_id], each) for each in moved)
        books.remember(_PROJECTED, str(books.journal.last_number()))
        return changed

    def done(self) -> None:
        """Forget what was marked: it is worked out, and on the disk."""
        self._days.clear()
        self._lockers.clear()

    def _work_out_day(self, books: Books, site: Site, day: date, holders: Holders, now: datetime) -> bool:
        start, end = civil.day_bounds(day, site.zone)
        entries = in_order(books.journal.between(site.id, start, end, DAY_KINDS))
        found = visits.visits_of_day(site, day, entries, holders, now)
        changed = books.projections.replace_visits(site.id, day, found)
        if civil.day_of(now, site.zone) == day:
            changed |= books.projections.replace_spaces(site.id, _space_states(site, entries))
        return changed


def _space_states(site: Site, entries: Iterable[Entry]) -> dict[str, occupancy.SpaceState]:
    states: dict[str, occupancy.SpaceState] = {}
    for entry in entries:
        states = dict(occupancy.apply(states, site, entry))
    return states


def _work_out_lockers(books: Books, site: str, now: datetime) -> set[str]:
    """Bring loans and parcels up to date. Returns the compartments whose holder changed or moved on."""
    moved: set[str] = set()
    for loan in books.lockers.loans(site):
        asked = replace(loan, taken_at=None, returned_at=None)
        lent = loans.fold(asked, _locker_entries(books, site, loan.asked_at, now))
        if lent != loan:
            books.lockers.put_loan(lent)
            moved.add(loan.compartment)
    for parcel in books.lockers.parcels(site):
        dropped = replace(parcel, collected_at=None)
        kept = parcels.fold(dropped, _locker_entries(books, site, parcel.dropped_at, now))
        if kept != parcel:
            books.lockers.put_parcel(kept)
            moved.add(parcel.compartment)
    return moved


def _locker_entries(books: Books, site: str, since: datetime, now: datetime) -> list[Entry]:
    # A node's clock may be a little ahead of ours: what it says happened is not cut off at our now.
    return in_order(books.journal.between(site, since, now + timedelta(days=1), _LOCKER_KINDS))
