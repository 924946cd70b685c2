"""Whatever is done to a node's wall clock, between whatever records, boots and batches."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, Literal

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.chronology import TOLERANCE, Mark, place_in_time
from gateway.domain.journal import Entry, Identity
from gateway.domain.people import Holders
from gateway.domain.visits import visits_of_day
from protocol.events import ClockQuality, Event, Record
from tests.unit.gateway.domain.building import (
    EPOCH,
    NODE,
    SITE,
    TUESDAY,
    badge,
    closed,
    credential,
    opened,
    paris,
)

Act = Literal["see", "step", "unsynchronise", "synchronise", "reboot", "send"]

EIGHT: Final = paris("08:00")
A_DAY_S: Final = 86_400.0

_step_s = st.sampled_from([A_DAY_S, -A_DAY_S, -1.7e9, 3600.0, -3600.0, 30.0, -30.0])
_pass_s = st.floats(0.001, 9.0) | st.floats(0.001, 1200.0)


def acts(*possible: Act) -> st.SearchStrategy[list[tuple[Act, float, float]]]:
    """Return stories: acts, each with the seconds that pass before it and by how much it steps a clock."""
    weighted: tuple[Act, ...] = ("see", "see", "see", *possible)
    return st.lists(st.tuples(st.sampled_from(weighted), _pass_s, _step_s), min_size=1, max_size=30)


@dataclass
class StoryOfANode:
    """One node and what the gateway makes of it; true time runs in seconds from eight in the morning."""

    sends_before_reboot: bool = True
    now_s: float = 0.0
    booted_s: float = -50.0
    boot: int = 1
    off_s: float = 0.0
    clock: ClockQuality = "synchronised"
    waiting: list[Record] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    truth: list[datetime] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    arrivals: list[datetime] = field(default_factory=list)

    def play(self, story: list[tuple[Act, float, float]]) -> "StoryOfANode":
        for act, pass_s, step_s in story:
            self.now_s += pass_s
            self._do(act, step_s)
        self._send()
        return self

    def _do(self, act: Act, step_s: float) -> None:
        match act:
            case "see":
                self._see()
            case "step":
                self.off_s += step_s
            case "unsynchronise":
                self.clock = "unsynchronised"
            case "synchronise":
                self.clock, self.off_s = "synchronised", 0.0
            case "reboot":
                if self.sends_before_reboot:
                    self._send()
                self.boot, self.booted_s = self.boot + 1, self.now_s
            case "send":
                self._send()

    def _see(self) -> None:
        seq = len(self.records) + 1
        record = Record(
            seq=seq,
            at=max(_at(self.now_s + self.off_s), datetime(1970, 1, 1, tzinfo=EIGHT.tzinfo)),
            boot=f"{self.boot:016x}",
            uptime_s=self.now_s - self.booted_s,
            clock=self.clock,
            event=_in_and_out(seq),
        )
        self.records.append(record)
        self.waiting.append(record)
        self.truth.append(_at(self.now_s))

    def _send(self) -> None:
        if self.waiting:
            arrival = Mark(f"{self.boot:016x}", self.now_s - self.booted_s, _at(self.now_s), "uptime")
            last = self.marks[-1] if self.marks else None
            self.marks += place_in_time(self.waiting, arrival, last)
            self.arrivals += [arrival.at] * len(self.waiting)
            self.waiting = []


@given(acts("step", "unsynchronise", "synchronise", "reboot", "send"))
def test_marks_never_go_back_and_are_never_later_than_their_arrival(
    story: list[tuple[Act, float, float]],
) -> None:
    node = StoryOfANode(sends_before_reboot=False).play(story)
    assert len(node.marks) == len(node.records)
    assert all(one.at <= next_one.at for one, next_one in pairwise(node.marks))
    assert all(mark.at <= arrival for mark, arrival in zip(node.marks, node.arrivals, strict=True))


@given(acts("reboot", "send"))
def test_the_times_of_an_honest_synchronised_node_are_taken_as_they_are(
    story: list[tuple[Act, float, float]],
) -> None:
    node = StoryOfANode(sends_before_reboot=False).play(story)
    assert [(mark.at, mark.quality) for mark in node.marks] == [
        (record.at, "synchronised") for record in node.records
    ]


@given(acts("step", "unsynchronise", "synchronise", "reboot", "send"))
def test_what_is_heard_of_in_the_boot_that_saw_it_is_never_off_by_more_than_the_tolerance(
    story: list[tuple[Act, float, float]],
) -> None:
    node = StoryOfANode().play(story)
    for mark, truth, arrival in zip(node.marks, node.truth, node.arrivals, strict=True):
        assert abs(mark.at - truth) <= TOLERANCE + (arrival - truth) / 500


@given(acts("step", "unsynchronise", "synchronise", "reboot", "send"))
def test_no_visit_is_negative_and_none_is_invented(story: list[tuple[Act, float, float]]) -> None:
    node = StoryOfANode(sends_before_reboot=False).play(story)
    entries = [
        Entry(SITE.id, Identity(NODE, EPOCH, record.seq), mark.at, mark.quality, record.event)
        for record, mark in zip(node.records, node.marks, strict=True)
    ]
    days = [TUESDAY + timedelta(days=n) for n in (-1, 0, 1)]
    visits = [
        visit
        for day in days
        for visit in visits_of_day(SITE, day, entries, Holders([credential(1)]), as_of=_at(9 * A_DAY_S))
    ]
    came_in = {f"{NODE}/{EPOCH}/{record.seq - 1}" for record in node.records if record.seq % 4 == 2}
    assert {visit.begun_by for visit in visits} <= came_in
    assert all(visit.ended_at is not None and visit.begun_at <= visit.ended_at for visit in visits)


def _at(second: float) -> datetime:
    return EIGHT + timedelta(seconds=second)


def _in_and_out(seq: int) -> Event:
    """Badge in, the door opens and closes, badge out, and again."""
    return (badge(1, "out"), badge(1), opened(grant=seq - 1 or None), closed())[seq % 4]
