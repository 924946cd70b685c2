"""What the projections come to: whatever the order, whatever breaks, however much there is."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from gateway.adapters.ledger import SqlLedger
from gateway.adapters.ledger.journal import JournalTable
from gateway.adapters.ledger.tables import journal, loans, meta, parcels, space_states, standstills, visits
from gateway.domain import loans as domain_loans
from gateway.domain.journal import Entry
from gateway.domain.loans import Loan
from gateway.domain.parcels import Parcel
from gateway.domain.visits import visits_of_day
from gateway.projector import Projector
from protocol.events import Event
from tests.unit.gateway.domain.building import (
    NEIGHBOUR,
    SITE,
    TUESDAY,
    badge,
    closed,
    credential,
    crossed,
    entry,
    executed,
    locker_closed,
    locker_opened,
    member,
    opened,
    paris,
    presence,
)

SITES = {site.id: site for site in (SITE, NEIGHBOUR)}
PEOPLE = 3
MONDAY = TUESDAY - timedelta(days=1)
EVENING = paris("22:00")
SEVEN = paris("07:00")
LOANS = [
    Loan(f"l-{n}", SITE.id, f"item-{n}", "loan-1", f"m-{n}", SEVEN, EVENING, None, None, cancelled=False)
    for n in range(PEOPLE)
]
PARCEL = Parcel(
    "p-1", SITE.id, "parcel-1", "m-1", "Poste", None, paris("07:00"), EVENING, None, returned=False
)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlLedger]:
    ledger = SqlLedger(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'ledger.sqlite'}")
    with ledger.writing() as books:
        books.people.add(member(number) for number in range(PEOPLE))
        books.people.give(credential(number) for number in range(PEOPLE))
    yield ledger
    ledger.close()


@pytest.fixture
def house(ledger: SqlLedger) -> "House":
    return House(ledger)


class House:
    """A journal without anything in it, loans and a parcel, and a projector."""

    def __init__(self, ledger: SqlLedger) -> None:
        self.ledger = ledger
        self.projector = Projector(SITES)
        self.written = 0
        with ledger.writing() as books:
            for table in (journal, visits, space_states, loans, parcels, standstills, meta):
                books._connection.execute(delete(table))
            for loan in LOANS:
                books.lockers.put_loan(loan)
            books.lockers.put_parcel(PARCEL)

    def take_in(self, entries: Sequence[Entry], now: datetime = EVENING) -> None:
        self.write(entries)
        self.catch_up(now)

    def write(self, entries: Sequence[Entry]) -> None:
        with self.ledger.writing() as books:
            books.journal.append(entries, [])
        self.projector.mark(entries)
        self.written += len(entries)

    def catch_up(self, now: datetime = EVENING, *, at_leisure: bool = True) -> None:
        while self.projector.behind if at_leisure else self.projector.due:
            with self.ledger.writing() as books:
                self.projector.catch_up(books, now, at_leisure=at_leisure)
            self.projector.done()

    def start_again(self) -> None:
        self.projector = Projector(SITES)
        with self.ledger.reading() as books:
            self.projector.resume(books)
        self.catch_up()

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that is worked out, but for the numbers that the database gives rows for itself."""
        with self.ledger.reading() as books:
            return {
                table.name: sorted(map(tuple, books._connection.execute(select(*_told(table)))), key=repr)
                for table in (visits, space_states, loans, parcels)
            }

    def days(self) -> list[date]:
        with self.ledger.reading() as books:
            return books.projections.days(SITE.id)

    def standing_still(self) -> list[tuple[str, str]]:
        with self.ledger.reading() as books:
            return [(each.part.projection, each.part.subject) for each in books.projections.standstills()]


def _told(table: Any) -> list[Any]:
    return [column for column in table.columns if column.name != "id" or table is not visits]


SCENES: tuple[Callable[[int, int], list[Event]], ...] = (
    lambda who, first: [badge(who), opened(first), crossed("in"), closed()],
    lambda who, _: [badge(who, "out"), crossed("out")],
    lambda who, _: [badge(who), crossed("out")],
    lambda _, __: [opened(None)],
    lambda who, _: [presence("kitchen", occupied=bool(who))],
    lambda who, first: [
        badge(who, point="loan-1", why=f"loan:l-{who}"),
        locker_opened("loan-1", first),
        locker_closed("loan-1", item_present=None),
    ],
    lambda _, first: [badge(1, point="parcel-1", why="parcel:p-1"), *_fetched(first)],
    lambda _, __: [executed("k-1-p-1", "parcel-1"), *_fetched(None)],
)


def _fetched(grant: int | None) -> list[Event]:
    return [locker_opened("parcel-1", grant), locker_closed("parcel-1", item_present=None)]


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Entry], list[Entry], list[int]]:
    """Return entries in order of time, the same in any order, and where batches of the latter end."""
    told: list[Entry] = []
    scenes = st.tuples(st.sampled_from(SCENES), st.integers(1, 2))
    for scene, who in draw(st.lists(scenes, min_size=4, max_size=14)):
        first = len(told) + 1
        day = MONDAY if first < 9 else TUESDAY
        told += [
            entry(paris("08:00", day) + timedelta(minutes=first + n), event, first + n)
            for n, event in enumerate(scene(who, first))
        ]
    ends = draw(st.lists(st.integers(0, len(told)), max_size=4))
    return told, draw(st.permutations(told)), sorted({*ends, len(told)})


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories())
def test_whatever_the_order_of_arrival_the_rows_are_the_same(
    ledger: SqlLedger, story: tuple[list[Entry], list[Entry], list[int]]
) -> None:
    in_time, shuffled, ends = story
    at_once = House(ledger)
    at_once.take_in(in_time)
    expected = at_once.rows()
    in_parts = House(ledger)
    for start, end in zip([0, *ends], ends, strict=False):
        in_parts.take_in(shuffled[start:end])
    assert in_parts.rows() == expected


def test_a_badge_that_is_heard_of_after_the_closing_still_ends_a_loan(house: House) -> None:
    taken = [
        entry(paris("09:00"), badge(1, point="loan-1", why="loan:l-1"), 1),
        entry(paris("09:01"), locker_opened("loan-1", 1), 2),
        entry(paris("09:02"), locker_closed("loan-1", item_present=False), 3),
    ]
    house.take_in(taken[1:])
    house.take_in(taken[:1])
    with house.ledger.reading() as books:
        assert [loan.status for loan in books.lockers.loans(SITE.id)] == ["ready", "out", "ready"]


def test_a_loan_that_has_ended_is_corrected_by_what_comes_late(house: House) -> None:
    def there_and_back(at: datetime, first: int) -> list[Entry]:
        events: list[Event] = [badge(1, point="loan-1", why="loan:l-1"), locker_opened("loan-1", first)]
        return [
            entry(at + timedelta(minutes=n), event, first + n)
            for n, event in enumerate([*events, locker_closed("loan-1", item_present=None)])
        ]

    house.take_in([*there_and_back(paris("09:00"), 1), *there_and_back(paris("11:00"), 7)])
    house.take_in(there_and_back(paris("10:00"), 4))
    with house.ledger.reading() as books:
        loan = books.lockers.loan("l-1")
    assert loan is not None
    assert (loan.taken_at, loan.returned_at) == (paris("09:02"), paris("10:02"))


def test_a_visit_that_nobody_ended_ends_though_the_gateway_was_away_for_days(house: House) -> None:
    house.take_in([entry(paris("18:00"), badge(1), 1), entry(paris("18:01"), opened(1), 2)], paris("18:02"))
    house.projector = Projector(SITES)
    with house.ledger.reading() as books:
        house.projector.mark_unended(books)
    house.catch_up(EVENING + timedelta(days=4))
    with house.ledger.reading() as books:
        (visit,) = books.projections.visits(TUESDAY, TUESDAY + timedelta(days=1))
    assert (visit.quality, visit.ended_at) == ("closed-by-rule", paris("20:00"))


def come(who: int, day: date, first: int) -> list[Entry]:
    return [
        entry(paris("09:00", day) + timedelta(minutes=who), badge(who), first),
        entry(paris("09:00", day) + timedelta(minutes=who, seconds=2), opened(first), first + 1),
    ]


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> Callable[[date], None]:
    """Make the code of visits fail on the events of a day."""

    def poison(day: date) -> None:
        def break_down(site: Any, asked: date, *more: Any) -> Any:
            if asked == day:
                raise RuntimeError("a fault of ours")
            return visits_of_day(site, asked, *more)

        monkeypatch.setattr("gateway.domain.visits.visits_of_day", break_down)

    return poison


def test_an_event_that_breaks_the_code_stops_its_own_part_and_nothing_else(
    house: House, poisoned: Callable[[date], None], caplog: pytest.LogCaptureFixture
) -> None:
    poisoned(TUESDAY)
    house.take_in([*come(1, MONDAY, 1), *come(2, TUESDAY, 3), entry(paris("10:00"), crossed("in"), 5)])
    house.take_in([entry(paris("11:00"), crossed("in"), 6)])
    assert house.days() == [MONDAY]
    assert house.standing_still() == [("visits", "2026-11-24")]
    with house.ledger.reading() as books:
        assert books.projections.spaces(SITE.id)["floor"].people == 2
        assert books.note("projected_up_to") == "6", "nothing else is held up"
    (line,) = [r.getMessage() for r in caplog.records if "projection_stands_still" in r.getMessage()]
    assert "site=sceaux-smart projection=visits subject=2026-11-24" in line


def test_what_stood_still_is_tried_again_at_the_next_start(
    house: House, poisoned: Callable[[date], None]
) -> None:
    poisoned(TUESDAY)
    house.take_in(come(2, TUESDAY, 1))
    assert (house.days(), house.standing_still()) == ([], [("visits", "2026-11-24")])
    poisoned(MONDAY)
    house.start_again()
    assert (house.days(), house.standing_still()) == ([TUESDAY], [])


def test_a_loan_that_breaks_the_code_leaves_the_parcel_and_other_loans_be(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold = domain_loans.fold

    def break_down(loan: Loan, entries: Any) -> Loan:
        if loan.id == "l-1":
            raise RuntimeError("a fault of ours")
        return fold(loan, entries)

    monkeypatch.setattr("gateway.domain.loans.fold", break_down)
    house.take_in(
        [
            entry(paris("09:00"), badge(0, point="loan-1", why="loan:l-0"), 1),
            entry(paris("09:01"), locker_opened("loan-1", 1), 2),
            entry(paris("09:02"), locker_closed("loan-1", item_present=False), 3),
        ]
    )
    assert house.standing_still() == [("loan", "l-1")]
    with house.ledger.reading() as books:
        assert [loan.status for loan in books.lockers.loans(SITE.id)] == ["out", "ready", "ready"]
    monkeypatch.undo()
    house.start_again()
    assert house.standing_still() == []


def test_a_row_that_this_software_cannot_read_stops_its_own_day(house: House) -> None:
    with house.ledger.writing() as books:
        books.journal.append([*come(1, MONDAY, 1), *come(2, TUESDAY, 3)], [])
        melted = update(journal).where(journal.c.seq == 3).values(event='{"type": "DoorMelted"}')
        books._connection.execute(melted)
    house.start_again()
    assert house.days() == [MONDAY]
    assert ("visits", "2026-11-24") in house.standing_still()


def test_what_a_backlog_costs_is_in_proportion_to_it_and_small_days_wait_for_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    between = JournalTable.between

    def counting(journal: JournalTable, *asked: Any) -> list[Entry]:
        found = between(journal, *asked)
        read.append(len(found))
        return found

    monkeypatch.setattr(JournalTable, "between", counting)
    house.projector = Projector(SITES, lambda: sum(read) / 200 + house.written / 100)
    quiet = entry(paris("09:00"), presence("kitchen", occupied=True), 1000)
    for window in range(40):
        first = 1 + 10 * window
        house.write([entry(paris("09:00", MONDAY), crossed("in"), first + n) for n in range(10)])
        house.catch_up(at_leisure=False)
        read_before = len(read)
        house.projector.mark([quiet])
        assert house.projector.due
        house.catch_up(at_leisure=False)
        assert len(read) > read_before, "a day with little in it is worked out at once"
    assert sum(read) < 4 * house.written, "each day anew for each window would be twenty times as much"
    house.catch_up()
    assert not house.projector.behind
