"""Whatever a network does to the batches of two epochs: each event is in the journal once, in order."""

import json
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from gateway.adapters.ledger import SqlLedger
from gateway.group import Taken
from gateway.inbox import Received
from gateway.intake import Intake
from tests.fakes import RememberingDownlink, SetClock

TOPIC = "passerelle/sceaux-smart/ss-entrance/up/events"
EVENTS = 12
_fresh = count(1)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlLedger]:
    ledger = SqlLedger(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'ledger.sqlite'}")
    yield ledger
    ledger.close()


def record(seq: int) -> dict[str, Any]:
    return {
        "seq": seq,
        "at": f"2026-11-24T08:{seq:02}:00Z",
        "boot": "b" * 16,
        "uptime_s": 60.0 * seq,
        "clock": "synchronised",
        "event": {"type": "ExitRequested", "door": "entrance"},
    }


def batch(epoch: str, seqs: Sequence[int]) -> bytes:
    whole = {
        "v": 1,
        "site": "sceaux-smart",
        "node": "ss-entrance",
        "epoch": epoch,
        "held_from": 1,
        "start": "5" * 16,
        "boot": "b" * 16,
        "sent_at": "2026-11-24T09:00:00Z",
        "sent_uptime_s": 3600.0,
        "records": [record(seq) for seq in seqs],
    }
    return json.dumps(whole).encode()


piece = some.tuples(some.integers(0, 1), some.integers(1, EVENTS), some.integers(1, EVENTS))
"""Of an epoch, a batch that begins at one seq and was cut off after so many."""


@given(sent=some.lists(some.lists(piece, min_size=1, max_size=4), max_size=12))
@settings(max_examples=60, deadline=None)
def test_each_event_is_kept_once_in_order_whatever_becomes_of_the_batches(
    ledger: SqlLedger, sent: list[list[tuple[int, int, int]]]
) -> None:
    epochs = [f"{next(_fresh):016x}" for _ in range(2)]
    downlink = RememberingDownlink()
    told: list[Taken] = []
    intake = Intake(ledger, SetClock(), downlink, {"ss-entrance": "sceaux-smart"}, {}, told.append)
    expected = [0, 0]
    for group in sent:
        messages = []
        for epoch, first, length in group:
            last = min(first + length - 1, EVENTS)
            if first <= expected[epoch] + 1:
                expected[epoch] = max(expected[epoch], last)
            messages.append(Received(TOPIC, batch(epochs[epoch], range(first, last + 1))))
        intake.take(messages)
    for name, last in zip(epochs, expected, strict=True):
        with ledger.reading() as books:
            kept = books.journal.span("ss-entrance", name, 1, EVENTS)
        assert [entry.identity.seq for entry in kept] == list(range(1, last + 1))
        assert kept == sorted(kept, key=lambda entry: entry.occurred_at)
        answers = [ack.seq for ack in downlink.acks if ack.epoch == name]
        assert answers == sorted(answers)
        assert not answers or answers[-1] == last
    assert all(answer.renew is None for answer in downlink.answers)
