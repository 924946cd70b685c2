"""The cursor-driven writer on a real ledger, with InfluxDB stood in for."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from gateway import recorder
from gateway.adapters.ledger import SqlLedger
from gateway.domain.history import Point
from gateway.domain.journal import Entry
from gateway.recorder import Recorder, start_over
from protocol.events import Event, NodeStarted
from tests.fakes import MemoryHistory, SetClock
from tests.unit.gateway.domain.building import (
    SITE,
    TUESDAY,
    badge,
    credential,
    entry,
    locker_opened,
    member,
    opened,
    paris,
)

ARRIVAL = (("09:00", badge(1)), ("09:00:01", opened(1)))
DEPARTURE = ("11:00", badge(1, "out"))


class Place:
    """A ledger that fills by hand, its history, and the recorder between them."""

    def __init__(self, folder: Path) -> None:
        self.ledger = SqlLedger(f"sqlite:///{folder / 'ledger.sqlite'}")
        self.clock = SetClock(paris("12:00"))
        self.history = MemoryHistory()
        self.restart()
        self.seq = 0
        with self.ledger.writing() as books:
            books.people.add([member(1), member(2)])
            books.people.give([credential(1), credential(2)])

    def restart(self) -> None:
        self.recorder = Recorder(self.ledger, self.clock, self.history, {SITE.id: SITE})

    def happens(self, *events: tuple[str, Event]) -> None:
        self.append([self._entry(clock, event) for clock, event in events])

    def append(self, entries: Sequence[Entry]) -> None:
        with self.ledger.writing() as books:
            books.journal.append(entries, [])

    def _entry(self, clock: str, event: Event) -> Entry:
        self.seq += 1
        return entry(paris(clock), event, self.seq)

    def minutes(self) -> float:
        return sum(float(value) for value in self.history.values("visit", "minutes"))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    place.ledger.close()


def test_what_happened_is_in_the_history_with_the_visits_it_makes(place: Place) -> None:
    place.happens(*ARRIVAL, DEPARTURE)
    place.recorder.record()
    assert len(place.history.values("event", "id")) == 3
    assert place.minutes() == 120


def test_where_nothing_is_new_nothing_is_written(place: Place) -> None:
    place.happens(*ARRIVAL)
    place.recorder.record()
    place.recorder.record()
    assert place.history.attempts == 1


def test_after_a_restart_it_goes_on_where_it_was(place: Place) -> None:
    place.happens(*ARRIVAL)
    place.recorder.record()
    place.restart()
    place.happens(("09:30", locker_opened("loan-1", None)))
    place.recorder.record()
    assert place.history.batches[-1] == 1


def test_while_history_is_away_nothing_is_lost(place: Place) -> None:
    place.happens(*ARRIVAL)
    place.recorder.record()
    place.history.away = True
    place.happens(DEPARTURE)
    place.recorder.record()
    place.restart()
    place.history.away = False
    place.recorder.record()
    assert len(place.history.values("event", "id")) == 3
    assert place.minutes() == 120


def test_the_longer_history_is_away_the_rarer_it_is_asked(place: Place) -> None:
    place.happens(*ARRIVAL)
    place.history.away = True
    attempts = []
    for _ in range(300):
        place.recorder.record()
        attempts.append(place.history.attempts)
    turns = [attempts.index(number) for number in range(1, place.history.attempts + 1)]
    assert turns == [0, 2, 5, 10, 19, 36, 69, 134, 199, 264]


def test_a_history_that_came_back_and_leaves_again_is_soon_asked_again(place: Place) -> None:
    place.history.away = True
    place.happens(*ARRIVAL)
    for _ in range(40):
        place.recorder.record()
    place.history.away = False
    for _ in range(40):
        place.recorder.record()
    place.happens(DEPARTURE)
    place.history.away = True
    place.recorder.record()
    place.history.away = False
    for _ in range(2):
        place.recorder.record()
    assert place.minutes() == 120


def test_a_late_badge_corrects_the_visit_that_was_written(place: Place) -> None:
    place.happens(*ARRIVAL, DEPARTURE)
    place.recorder.record()
    place.happens(("10:30", badge(1, "out")))
    place.recorder.record()
    assert place.minutes() == 90


def test_a_visit_that_late_events_take_away_counts_nothing_any_more(place: Place) -> None:
    place.happens(*ARRIVAL, DEPARTURE)
    place.recorder.record()
    place.happens(("08:00", badge(1)), ("08:00:01", opened(4)))
    place.recorder.record()
    assert place.history.values("visit", "visits") == [1, 0]
    assert place.minutes() == 180


def test_closing_time_ends_visits_without_any_event(place: Place) -> None:
    place.happens(*ARRIVAL)
    place.recorder.record()
    assert place.minutes() == 0
    place.clock.at = paris("23:00")
    place.recorder.record()
    closes = SITE.opening["tue"].closes
    assert place.minutes() == (closes.hour - 9) * 60 + closes.minute


def test_a_closed_day_is_not_written_again_and_again(place: Place) -> None:
    place.happens(*ARRIVAL)
    place.recorder.record()
    place.clock.at = paris("23:00")
    place.recorder.record()
    place.recorder.record()
    assert place.history.attempts == 2


def test_a_closing_time_that_passed_while_the_gateway_was_down_is_made_up_for(place: Place) -> None:
    place.happens(*ARRIVAL)
    place.recorder.record()
    place.clock.at = paris("12:00", TUESDAY + timedelta(days=10))
    place.restart()
    place.recorder.record()
    assert place.history.values("visit", "quality") == ["closed-by-rule"]


def test_starting_over_writes_the_same_history(place: Place) -> None:
    place.happens(*ARRIVAL, DEPARTURE)
    place.recorder.record()
    before = place.history.points
    place.history.points = {}
    start_over(place.ledger)
    place.recorder.record()
    assert place.history.points == before


def test_a_cursor_set_back_during_a_write_stays_back(place: Place) -> None:
    class Interrupted(MemoryHistory):
        def write(self, points: Sequence[Point]) -> None:
            super().write(points)
            if self.attempts == 2:
                start_over(place.ledger)
                self.points.clear()

    place.history = Interrupted()
    place.restart()
    place.happens(*ARRIVAL)
    place.recorder.record()
    place.happens(DEPARTURE)
    place.recorder.record()
    place.recorder.record()
    assert len(place.history.values("event", "id")) == 3


def test_a_long_journal_is_written_in_small_batches_to_the_same_end(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.happens(*ARRIVAL, DEPARTURE, *[(f"10:{n:02}", locker_opened("loan-1", None)) for n in range(40)])
    place.recorder.record()
    at_once = place.history.points
    place.history.points, place.history.batches = {}, []
    start_over(place.ledger)
    monkeypatch.setattr(recorder, "_BATCH", 5)
    place.recorder.record()
    assert place.history.points == at_once
    assert max(place.history.batches) <= 5


def test_events_of_a_site_that_is_gone_are_written_all_the_same(place: Place) -> None:
    place.append([entry(paris("09:00"), NodeStarted(software="1.0"), site="old-mill")])
    place.append([entry(paris("09:00"), badge(1), 2, site="old-mill")])
    place.recorder.record()
    assert len(place.history.values("event", "id")) == 2
