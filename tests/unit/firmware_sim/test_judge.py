"""The judge must stay silent before a faultless ledger, and see every single fault in another."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.adapters.spool.rows import Line, Row, create, insert
from firmware_sim.truth import Seen, Truth
from firmware_sim.verify import Verdict, verify
from firmware_sim.verify.drops import untold_drops
from firmware_sim.verify.history import DaySums
from firmware_sim.verify.months import count_month, qualifying, read_tariffs
from firmware_sim.verify.observed import observe
from firmware_sim.verify.stays import Stay, expected_stays
from protocol.base import as_wire_time
from tests.unit.firmware_sim.simulated_day import SITES, TARIFF, TUESDAY, LivedDay, live_a_day

Item = dict[str, Any]


@dataclass
class Answered:
    """What a gateway would answer: kept here so that a test can falsify it."""

    at: datetime
    journal: list[Item]
    told: list[Item]
    statements: dict[str, Item]

    def now(self) -> datetime:
        return self.at

    def events(self) -> Iterator[Item]:
        return iter(self.journal)

    def visits(self, first: date, end: date) -> Iterable[Item]:
        return self.told

    def statement(self, month: str) -> Mapping[str, Any]:
        return self.statements[month]


@dataclass
class Case:
    """A lived day with the faultless answers to it."""

    day: LivedDay
    answers: Answered
    stays: list[Stay]

    def verdict(self, **more: Any) -> Verdict:
        return verify(SITES, self.day.truth, self.answers, [TARIFF], **more)

    def badge_in(self) -> Item:
        """Find the entry that began the first visit."""
        begun_by = self.answers.told[0]["begun_by"]
        return next(e for e in self.answers.journal if f"{e['node']}/{e['epoch']}/{e['seq']}" == begun_by)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Case:
    day = live_a_day(tmp_path_factory.mktemp("lived"))
    observed = observe(day.truth, {}, SITES)
    stays = expected_stays(SITES, observed.events.values(), observed.holder, day.ends_at)
    [tariff] = read_tariffs([TARIFF])
    month = count_month("2026-11", qualifying(stays, tariff, observed.categories), tariff)
    journal = [
        {
            "site": e.site,
            "node": e.node,
            "epoch": e.epoch,
            "seq": e.seq,
            "occurred_at": as_wire_time(e.at),
            "event": e.content,
        }
        for e in observed.events.values()
    ]
    told = [
        {
            "site": s.site,
            "member": s.person,
            "begun_at": as_wire_time(s.begun_at),
            "ended_at": s.ended_at and as_wire_time(s.ended_at),
            "quality": s.quality,
            "begun_by": s.begun_by,
            "ended_by": s.ended_by,
        }
        for s in stays
    ]
    statement = {**month.figures, "sites": month.sites, "total": f"{month.rent:f}"}
    return Case(day, Answered(day.ends_at, journal, told, {"2026-11": statement}), stays)


@pytest.fixture
def case(lived: Case) -> Case:
    return Case(lived.day, deepcopy(lived.answers), lived.stays)


def later(item: Item, key: str, by: timedelta) -> None:
    item[key] = as_wire_time(datetime.fromisoformat(item[key]) + by)


def test_a_faultless_ledger_is_found_faultless(case: Case) -> None:
    verdict = case.verdict()

    assert verdict.details == []
    assert verdict.ok
    assert verdict.events == len(case.answers.journal)
    assert verdict.events > 300
    assert verdict.users == verdict.users_by_month["2026-11"] == case.answers.statements["2026-11"]["users"]
    assert verdict.users > 10


def test_what_staff_said_by_hand_is_believed_and_judged_by_the_rules(case: Case) -> None:
    stay = next(each for each in case.answers.told if each["quality"] == "closed-by-rule")
    left_at = as_wire_time(datetime.fromisoformat(stay["begun_at"]) + timedelta(minutes=1))
    said = {"type": "CheckedByHand", "member": stay["member"], "what": "check_out", "by": "u-1"}
    place = {"node": "gateway", "epoch": "a" * 16, "seq": 1, "occurred_at": left_at}
    case.answers.journal.append({"site": stay["site"], **place, "event": said})
    unheeded = case.verdict()
    assert (unheeded.lost, unheeded.invented, unheeded.wrong_visits) == (0, 0, 1)
    stay |= {"ended_at": left_at, "quality": "by-hand", "ended_by": f"gateway/{'a' * 16}/1"}
    assert case.verdict().wrong_visits == 0


def test_a_node_cannot_invent_what_staff_say(case: Case) -> None:
    said = {"type": "CheckedByHand", "member": "m-1", "what": "check_in", "by": "u-1"}
    case.answers.journal.append({**case.answers.journal[0], "seq": 10**6, "event": said})
    assert case.verdict().invented == 1


def test_a_lost_event_is_seen(case: Case) -> None:
    lost = case.answers.journal.pop(100)

    verdict = case.verdict()
    assert (verdict.ok, verdict.lost) == (False, 1)
    assert f"lost: {lost['node']}/{lost['epoch']}/{lost['seq']}" in verdict.details[0]


def test_an_identity_that_comes_twice_is_doubled(case: Case) -> None:
    case.answers.journal.append(case.answers.journal[100])

    verdict = case.verdict()
    assert (verdict.ok, verdict.doubled, verdict.lost) == (False, 1, 0)


def test_one_fact_under_two_identities_is_doubled(case: Case) -> None:
    case.answers.journal.append({**case.answers.journal[100], "seq": 10_000})

    verdict = case.verdict()
    assert (verdict.ok, verdict.doubled, verdict.invented) == (False, 1, 1)


def test_an_event_that_nobody_observed_is_invented(case: Case) -> None:
    stranger = {**case.badge_in(), "seq": 10_000, "occurred_at": "2026-11-24T03:00:00Z"}
    case.answers.journal.append(stranger)

    verdict = case.verdict()
    assert (verdict.ok, verdict.invented, verdict.doubled) == (False, 1, 0)


@pytest.mark.parametrize("key", ["content", "time"])
def test_an_event_that_says_something_else_is_altered(case: Case, key: str) -> None:
    entry = case.badge_in()
    if key == "time":
        later(entry, "occurred_at", timedelta(microseconds=1))
    else:
        entry["event"]["credential"] = "c_" + "0" * 32

    verdict = case.verdict()
    assert (verdict.ok, verdict.altered) == (False, 1)


def test_a_visit_a_minute_too_long_is_a_wrong_minute(case: Case) -> None:
    later(case.answers.told[0], "ended_at", timedelta(minutes=1))

    verdict = case.verdict()
    assert (verdict.ok, verdict.wrong_minutes, verdict.wrong_visits) == (False, 1, 1)


def test_a_second_wrong_counts_as_a_minute(case: Case) -> None:
    later(case.answers.told[0], "begun_at", timedelta(seconds=1))

    assert case.verdict().wrong_minutes == 1


def test_wrongs_of_two_people_do_not_cancel_out(case: Case) -> None:
    people = {visit["member"]: visit for visit in case.answers.told}
    one, other = list(people.values())[:2]
    later(one, "ended_at", timedelta(minutes=2))
    later(other, "ended_at", timedelta(minutes=-2))

    assert case.verdict().wrong_minutes == 4


@pytest.mark.parametrize("key", ["quality", "begun_by", "ended_by"])
def test_a_visit_with_the_right_minutes_for_a_wrong_reason_is_wrong(case: Case, key: str) -> None:
    case.answers.told[0][key] = "otherwise"

    verdict = case.verdict()
    assert (verdict.ok, verdict.wrong_visits, verdict.wrong_minutes) == (False, 1, 0)


def test_a_missing_visit_is_wrong_by_its_whole_length(case: Case) -> None:
    gone = case.answers.told.pop(0)
    stay = next(stay for stay in case.stays if stay.begun_by == gone["begun_by"])

    verdict = case.verdict()
    assert verdict.wrong_visits == 1
    assert verdict.wrong_minutes == -(-stay.lasted_s // 60)


@pytest.mark.parametrize("figure", ["users", "user_days", "minutes", "peak"])
def test_a_statement_that_disagrees_counts_as_a_wrong_minute(case: Case, figure: str) -> None:
    case.answers.statements["2026-11"][figure] += 1

    verdict = case.verdict()
    assert (verdict.ok, verdict.wrong_minutes) == (False, 1)
    assert f"2026-11: {figure}" in verdict.details[0]


def test_a_history_with_other_sums_is_wrong(case: Case) -> None:
    def faultless(site: str, day: date) -> DaySums:
        of_day = [stay for stay in case.stays if (stay.site, stay.day) == (site, day)]
        return DaySums(len(of_day), sum(stay.lasted_s for stay in of_day))

    def one_second_off(site: str, day: date) -> DaySums:
        sums = faultless(site, day)
        return DaySums(sums.visits, sums.seconds + (site == "sceaux-smart"))

    assert case.verdict(history=faultless).ok
    assert case.verdict(history=one_second_off).wrong_history == 1


def test_the_distance_from_true_presence_is_told_apart_and_is_no_fault(case: Case) -> None:
    verdict = case.verdict()

    assert verdict.ok
    assert set(verdict.distance_minutes) >= {"measured", "unseen"}


def test_the_verdict_reads_as_json_with_the_counts_first(case: Case) -> None:
    text = case.verdict().as_json()

    assert list(json.loads(text))[:5] == ["events", "lost", "doubled", "wrong_minutes", "users"]


NINE = datetime.combine(TUESDAY, datetime.min.time(), UTC) + timedelta(hours=9)
CARD = "c_" + "1" * 32


def spool(path: Path, badges: Iterable[tuple[int, datetime, str]]) -> None:
    """Leave a spool as a real node does, holding only badges presented: (seq, when, clock)."""
    event = {"type": "BadgePresented", "credential": CARD, "direction": "in", "granted": False}
    with closing(sqlite3.connect(path)) as database, database:
        create(database)
        Line("e", base=0).write(database)
        for seq, at, clock in badges:
            body = {"seq": seq, "at": as_wire_time(at), "clock": clock, "event": event}
            insert(database, "record", 0, [Row("e", seq, as_wire_time(at), json.dumps(body))])


def judge_bench(folder: Path, taps: Iterable[datetime], entries: list[Item]) -> Verdict:
    with Truth(folder / "truth.jsonl") as truth:
        for tapped_at in taps:
            truth.tap("sceaux-smart", "ss-entrance", "entrance-in", CARD, "m-1", tapped_at)
    statement = {"users": 0, "user_days": 0, "minutes": 0, "peak": 0, "sites": {}, "total": "0.00"}
    answers = Answered(NINE + timedelta(days=1), entries, [], {"2026-11": statement})
    return verify(SITES, truth.path, answers, [TARIFF], spools={"ss-entrance": folder / "spool.sqlite"})


def entry_of(seq: int, at: datetime) -> Item:
    event = {"type": "BadgePresented", "credential": CARD, "direction": "in", "granted": False}
    return {"node": "ss-entrance", "epoch": "e", "seq": seq, "occurred_at": as_wire_time(at), "event": event}


def test_what_a_spool_has_and_the_ledger_has_not_is_lost(tmp_path: Path) -> None:
    spool(tmp_path / "spool.sqlite", [(1, NINE, "synchronised"), (2, NINE + timedelta(1), "synchronised")])

    assert judge_bench(tmp_path, [], [entry_of(1, NINE)]).lost == 1


def test_a_tap_of_which_no_spool_knows_is_unrecorded_and_not_lost(tmp_path: Path) -> None:
    minute = timedelta(minutes=1)
    spool(tmp_path / "spool.sqlite", [(1, NINE + timedelta(seconds=1), "synchronised")])

    verdict = judge_bench(tmp_path, [NINE, NINE + minute], [entry_of(1, NINE + timedelta(seconds=1))])
    assert (verdict.unrecorded, verdict.lost, verdict.ok) == (1, 0, True)


def test_one_badge_event_accounts_for_one_tap_only(tmp_path: Path) -> None:
    spool(tmp_path / "spool.sqlite", [(1, NINE, "synchronised")])

    assert judge_bench(tmp_path, [NINE, NINE], [entry_of(1, NINE)]).unrecorded == 1


def test_when_an_unsynchronised_node_saw_something_is_the_gateways_to_say(tmp_path: Path) -> None:
    spool(tmp_path / "spool.sqlite", [(1, NINE, "unsynchronised")])

    verdict = judge_bench(tmp_path, [], [entry_of(1, NINE + timedelta(hours=1))])
    assert (verdict.altered, verdict.ok) == (0, True)


def said(seq: int, content: dict[str, Any], epoch: str = "e") -> Seen:
    return Seen("sceaux-smart", "ss-entrance", epoch, seq, NINE, content)


def test_what_was_dropped_and_never_told_is_lost() -> None:
    dropped = [said(seq, {"type": "RecordDropped", "reason": "spool_full"}) for seq in (1, 2, 3)]
    told = said(4, {"type": "EventsDropped", "count": 2, "up_to": 3})
    assert untold_drops([*dropped, told]) == {"ss-entrance/e/3"}


def test_what_damage_took_is_told_by_the_epoch_that_follows() -> None:
    taken = said(1, {"type": "RecordDropped", "reason": "spool_damaged"})
    begun = said(1, {"type": "EpochBegun", "cause": "spool_damaged", "before": "e"}, epoch="f")
    assert untold_drops([taken]) == {"ss-entrance/e/1"}
    assert untold_drops([taken, begun]) == set()


def test_what_a_spool_has_forgotten_is_not_held_against_the_ledger(tmp_path: Path) -> None:
    spool(tmp_path / "spool.sqlite", [(2, NINE, "synchronised")])

    entries = [entry_of(1, NINE - timedelta(minutes=1)), entry_of(2, NINE)]
    assert judge_bench(tmp_path, [], entries).invented == 0
    entries = [entry_of(2, NINE), entry_of(3, NINE + timedelta(minutes=1))]
    assert judge_bench(tmp_path, [], entries).invented == 1
