"""A chain of 1,000 records: whatever is done to one of them shows, and it is named which."""

import functools
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain import audit
from gateway.domain.audit import Act, AuditRecord, Break, Head, Link, beginning, details, examine, follow

LEDGER = "ledger-1"
START = datetime(2026, 1, 1, tzinfo=UTC)
RECORDS = 1000


def _chain() -> list[AuditRecord]:
    records, last = [], beginning(LEDGER)
    for number in range(1, RECORDS + 1):
        at = START + timedelta(minutes=number)
        act = Act(at, "api:1", "Look", "done", f"member:m-{number}", details(n=number))
        records.append(follow(last, act))
        last = records[-1].link
    return records


CHAIN = _chain()
HEAD = Head(LEDGER, CHAIN[-1].link, CHAIN[-1].act.at)


@pytest.fixture(autouse=True)
def _hashing_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash equal records once: a thousand chains of a thousand records are walked here."""
    monkeypatch.setattr(audit, "hash_of", functools.cache(audit.hash_of))


def _broken(records: list[AuditRecord], head: Head | None = HEAD) -> Break | None:
    return examine(records, beginning(LEDGER), head).broken


def test_a_chain_as_it_was_written_is_whole() -> None:
    verdict = examine(CHAIN, beginning(LEDGER), HEAD, [Head(LEDGER, CHAIN[499].link, START)])
    assert (verdict.broken, verdict.records, verdict.since) == (None, RECORDS, CHAIN[0].act.at)


@pytest.mark.parametrize(
    "edit",
    [
        lambda act: replace(act, actor="api:2"),
        lambda act: replace(act, act="Erase"),
        lambda act: replace(act, outcome="refused"),
        lambda act: replace(act, subject=None),
        lambda act: replace(act, details="{}"),
        lambda act: replace(act, at=act.at + timedelta(microseconds=1)),
    ],
)
def test_every_edit_of_a_record_is_found_where_it_is(edit: Callable[[Act], Act]) -> None:
    for place, record in enumerate(CHAIN):
        edited = [*CHAIN[:place], replace(record, act=edit(record.act)), *CHAIN[place + 1 :]]
        assert _broken(edited) == Break(place + 1, "altered")


def test_every_edit_that_is_hashed_anew_is_found_where_it_is() -> None:
    for place, record in enumerate(CHAIN):
        before = CHAIN[place - 1].link if place else beginning(LEDGER)
        forged = follow(before, replace(record.act, actor="api:2"))
        assert _broken([*CHAIN[:place], forged, *CHAIN[place + 1 :]]) == Break(place + 1, "rewritten")


def test_every_deletion_is_found_where_it_was() -> None:
    for place in range(RECORDS - 1):
        assert _broken([*CHAIN[:place], *CHAIN[place + 1 :]]) == Break(place + 1, "missing")


def test_every_truncation_is_found_where_it_begins() -> None:
    for kept in range(RECORDS):
        assert _broken(CHAIN[:kept]) == Break(kept + 1, "cut_off", RECORDS)


def test_every_swap_is_found_at_the_first_of_the_two() -> None:
    draw = random.Random(1)
    pairs = [(place, place + 1) for place in range(RECORDS - 1)]
    pairs += [tuple(sorted(draw.sample(range(RECORDS), 2))) for _ in range(1000)]  # type: ignore[misc]
    for one, other in pairs:
        swapped = list(CHAIN)
        swapped[one], swapped[other] = CHAIN[other], CHAIN[one]
        assert _broken(swapped) == Break(one + 1, "missing")
        contents = list(CHAIN)
        contents[one] = replace(CHAIN[one], act=CHAIN[other].act)
        contents[other] = replace(CHAIN[other], act=CHAIN[one].act)
        assert _broken(contents) == Break(one + 1, "altered")


def test_a_record_that_comes_twice_is_out_of_place() -> None:
    assert _broken([*CHAIN[:500], CHAIN[499], *CHAIN[500:]]) == Break(500, "out_of_place")


def test_a_chain_that_was_written_anew_differs_from_heads_kept_elsewhere() -> None:
    forged = [*CHAIN[:600]]
    for record in CHAIN[600:]:
        forged.append(follow(forged[-1].link, replace(record.act, actor="api:2")))
    head = Head(LEDGER, forged[-1].link, START)
    kept = [Head(LEDGER, CHAIN[n - 1].link, CHAIN[n - 1].act.at) for n in (200, 400, 600, 800, 1000)]
    verdict = examine(forged, beginning(LEDGER), head, kept)
    assert verdict.broken == Break(601, "rewritten", 800)
    cut = examine(CHAIN[:700], beginning(LEDGER), Head(LEDGER, CHAIN[699].link, START), kept)
    assert cut.broken == Break(701, "cut_off", 800)


def test_records_that_nobody_signed_for_are_named() -> None:
    assert _broken(CHAIN, Head(LEDGER, CHAIN[989].link, START)) == Break(991, "unsigned")
    assert _broken(CHAIN, None) == Break(1, "unsigned")


def test_the_chain_of_another_ledger_is_none_of_ours() -> None:
    assert examine(CHAIN, beginning("ledger-2"), HEAD).broken == Break(1, "rewritten")


def test_oldest_months_may_only_go_where_a_record_says_so() -> None:
    anchor = CHAIN[99].link
    assert examine(CHAIN[100:], anchor, HEAD).broken == Break(101, "pruned_unasked")
    pruning = follow(CHAIN[-1].link, Act(START, "system", "PruneAudit", "done", "audit", details(up_to=100)))
    verdict = examine([*CHAIN[100:], pruning], anchor, Head(LEDGER, pruning.link, START))
    assert (verdict.broken, verdict.records) == (None, 901)


def test_heads_of_what_a_restore_took_back_no_longer_count() -> None:
    lost = Head(LEDGER, CHAIN[-1].link, CHAIN[-1].act.at)
    restored = follow(CHAIN[499].link, Act(lost.at, "system", "Restore", "done", "ledger"))
    back = [*CHAIN[:500], restored]
    head = Head(LEDGER, restored.link, lost.at)
    assert examine(back, beginning(LEDGER), head, [lost]).broken is None
    later = replace(lost, at=lost.at + timedelta(seconds=1))
    assert examine(back, beginning(LEDGER), head, [later]).broken == Break(502, "cut_off", 1000)


def test_the_running_month_is_one_of_those_kept() -> None:
    now = datetime(2026, 11, 27, tzinfo=UTC)
    assert audit.oldest_kept(now, 12) == datetime(2025, 12, 1, tzinfo=UTC)
    assert audit.oldest_kept(now, 11) == datetime(2026, 1, 1, tzinfo=UTC)
    assert audit.oldest_kept(now, 1) == datetime(2026, 11, 1, tzinfo=UTC)


def test_a_link_says_number_and_hash() -> None:
    assert CHAIN[0].link == Link(1, CHAIN[0].hash)
