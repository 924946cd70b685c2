from datetime import UTC, datetime, timedelta
from random import Random

from edge.core.delivery import Linked
from edge.identity import Identity
from firmware_sim.calendar.node import SimulatedClock
from firmware_sim.calendar.outbox import Faults, Outbox
from firmware_sim.calendar.timeline import Timeline
from protocol.codec import decode
from protocol.events import EventBatch, NodeStarted, Record
from protocol.messages import Ack
from tests.unit.edge.gateway_side import TRUST

EPOCH = "ab" * 8
NINE = datetime(2026, 11, 24, 8, tzinfo=UTC)
CLOCK = SimulatedClock(Timeline(NINE), "cd" * 8)
FAULTLESS = Faults(cut_off_p=0, duplicate_p=0, reorder_p=0)
ALWAYS_TWICE = Faults(cut_off_p=0, duplicate_p=1, reorder_p=0)
ALWAYS_OVERTAKING = Faults(cut_off_p=0, duplicate_p=0, reorder_p=1)


class Post:
    """Takes what is published, and reads it again as spans of seq."""

    def __init__(self, faults: Faults = FAULTLESS) -> None:
        self.sent: list[bytes] = []
        identity = Identity(TRUST, ledger="ledger-1", start="5" * 16, software="1.0")
        self.outbox = Outbox(identity, EPOCH, lambda _, payload: self.sent.append(payload), faults, Random(1))

    def keep(self, count: int, *, size: int = 10) -> None:
        for seq in range(1, count + 1):
            at = NINE + timedelta(seconds=seq)
            started = NodeStarted(software="x" * size)
            self.outbox.keep(
                Record(seq=seq, at=at, boot=CLOCK.boot, uptime_s=seq, clock="synchronised", event=started)
            )

    def link(self, real_s: float = 0) -> None:
        self.outbox.tell(Linked(up=True), CLOCK, real_s)

    def acknowledge(self, seq: int, real_s: float = 0, ledger: str = "ledger-1") -> None:
        self.outbox.tell(Ack(ledger=ledger, node="ss-entrance", epoch=EPOCH, seq=seq), CLOCK, real_s)

    @property
    def spans(self) -> list[tuple[int, int]]:
        batches = [decode(EventBatch, payload).records for payload in self.sent]
        return [(records[0].seq, records[-1].seq) for records in batches]


def test_a_day_travels_in_batches_of_64_kib_at_most() -> None:
    post = Post()
    post.keep(500, size=300)
    post.link()

    assert max(len(payload) for payload in post.sent) <= 64 * 1024
    assert post.spans[0][0] == 1
    assert post.spans[-1][1] == 500
    assert all(later[0] == earlier[1] + 1 for earlier, later in zip(post.spans, post.spans[1:], strict=False))


def test_nothing_travels_while_a_node_is_cut_off() -> None:
    post = Post()
    post.keep(3)
    post.outbox.nudge(CLOCK, 100)

    assert post.sent == []
    assert post.outbox.pending == 3


def test_no_more_than_a_thousand_events_are_on_their_way() -> None:
    post = Post()
    post.keep(1500)
    post.link()
    assert post.spans[-1][1] == 1000

    post.acknowledge(400)
    assert post.spans[-1][1] == 1400
    assert post.outbox.pending == 1100


def test_what_stays_unanswered_is_sent_again_from_the_cursor() -> None:
    post = Post()
    post.keep(3)
    post.link(0)
    post.acknowledge(1, 0.5)
    post.outbox.nudge(CLOCK, 3)

    assert post.spans == [(1, 3), (2, 3)]


def test_the_acknowledgement_of_another_ledger_counts_for_nothing() -> None:
    post = Post()
    post.keep(3)
    post.link()
    post.acknowledge(3, ledger="ledger-2")

    assert post.outbox.pending == 3


def test_a_wire_that_repeats_sends_each_batch_twice() -> None:
    post = Post(ALWAYS_TWICE)
    post.keep(3)
    post.link()

    assert post.spans == [(1, 3), (1, 3)]


def test_a_wire_that_mixes_up_lets_batches_overtake() -> None:
    post = Post(ALWAYS_OVERTAKING)
    post.keep(300, size=300)
    post.link()

    assert len(post.spans) > 1
    assert post.spans != sorted(post.spans)
    assert min(post.spans)[0] == 1
