"""Go-back-N: whatever is lost on the way, the gateway gets everything, in order."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from edge.core.delivery import WINDOW_EVENTS, Due, Fact, Held, Linked, Sender, Sent
from protocol.messages import Ack, GatewayStatus

EPOCH, LEDGER = "e0e0e0e0e0e0e0e0", "ledger"
FRESH = Sender(LEDGER, "n", EPOCH, cursor=0, last=0)


def told(sender: Sender, *facts: Fact, now_s: float = 0.0, jitter: float = 0.0) -> Sender:
    for fact in facts:
        sender = sender.step(fact, now_s, jitter)
    return sender


def ack(seq: int, *, ledger: str = LEDGER, node: str = "n", epoch: str = EPOCH) -> Ack:
    return Ack(v=1, ledger=ledger, node=node, epoch=epoch, seq=seq)


def gateway(start: str, *, online: bool = True) -> GatewayStatus:
    return GatewayStatus(v=1, online=online, start=start, at=datetime(2026, 3, 2, tzinfo=UTC))


def held(last: int, *, held_from: int = 1, epoch: str = EPOCH, closed: bool = False) -> Held:
    return Held(epoch, 0, held_from, last, closed)


TEN_SENT = told(FRESH, Linked(up=True), held(10), Sent(10))


def test_nothing_is_sent_without_a_link() -> None:
    assert told(FRESH, held(1)).next_span() is None


def test_an_event_is_sent_once_it_is_committed() -> None:
    linked = told(FRESH, Linked(up=True))
    assert linked.next_span() is None
    assert told(linked, held(1)).next_span() == (1, 1)


def test_what_is_on_its_way_is_not_sent_again_at_once() -> None:
    assert TEN_SENT.next_span() is None
    assert told(TEN_SENT, held(11)).next_span() == (11, 11)


def test_at_most_a_window_travels_unacknowledged() -> None:
    backlog = told(FRESH, Linked(up=True), held(5000))
    assert backlog.next_span() == (1, WINDOW_EVENTS)
    full = told(backlog, Sent(WINDOW_EVENTS))
    assert full.next_span() is None
    assert told(full, ack(300)).next_span() == (WINDOW_EVENTS + 1, WINDOW_EVENTS + 300)


def test_what_is_not_acknowledged_within_two_seconds_is_sent_again_from_the_cursor() -> None:
    half = told(TEN_SENT, ack(4), now_s=1.0)
    assert half.resend_at_s == 3.0
    assert told(half, Due(), now_s=2.9).next_span() is None
    assert told(half, Due(), now_s=3.0).next_span() == (5, 10)


def test_each_resend_waits_longer_up_to_a_minute_and_jitter_spreads_nodes() -> None:
    sender, now_s, waits = TEN_SENT, 0.0, list[float]()
    for _ in range(8):
        assert sender.resend_at_s is not None
        waits.append(sender.resend_at_s - now_s)
        now_s = sender.resend_at_s
        sender = told(sender, Due(), Sent(10), now_s=now_s)
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]
    assert told(FRESH, Linked(up=True), held(1), Sent(1), jitter=1.0).resend_at_s == 3.0


def test_an_acknowledgement_makes_waits_short_again() -> None:
    tired = told(replace(TEN_SENT, attempts=5), ack(4), now_s=100.0)
    assert tired.resend_at_s == 102.0


def test_nothing_is_resent_once_everything_is_acknowledged() -> None:
    done = told(TEN_SENT, ack(10))
    assert (done.resend_at_s, done.pending) == (None, 0)
    assert told(done, Due(), now_s=100.0).next_span() is None


def test_an_acknowledgement_by_another_ledger_node_or_epoch_is_ignored() -> None:
    for stranger in (ack(9, ledger="other"), ack(9, node="m"), ack(9, epoch="f" * 16)):
        assert told(TEN_SENT, stranger) == TEN_SENT


def test_an_acknowledgement_of_what_was_never_written_is_ignored() -> None:
    assert told(TEN_SENT, ack(11)) == TEN_SENT


def test_a_cursor_that_goes_back_is_followed() -> None:
    done = told(TEN_SENT, ack(10))
    assert told(done, ack(3)).next_span() == (4, 10)


def test_a_cursor_that_goes_back_beyond_what_is_held_begins_with_what_is_held() -> None:
    done = told(TEN_SENT, held(5000), Sent(5000), ack(5000), held(5000, held_from=4001))
    back = told(done, ack(7))
    assert back.next_span() == (4001, 5000)


def test_a_new_run_of_the_gateway_is_sent_everything_from_the_cursor() -> None:
    known = told(TEN_SENT, gateway("a" * 16), Sent(10))
    assert told(known, gateway("a" * 16)).next_span() is None
    assert told(known, gateway("b" * 16)).next_span() == (1, 10)


def test_a_gateway_that_was_cut_off_is_sent_everything_from_the_cursor_when_it_is_back() -> None:
    known = told(TEN_SENT, gateway("a" * 16), Sent(10))
    cut_off = told(known, gateway("a" * 16, online=False))
    assert cut_off.next_span() is None
    assert told(cut_off, gateway("a" * 16)).next_span() == (1, 10)


def test_the_late_goodbye_of_an_earlier_run_changes_nothing() -> None:
    known = told(TEN_SENT, gateway("b" * 16), Sent(10))
    assert told(known, gateway("a" * 16, online=False)) == known


def test_a_new_link_begins_at_the_cursor() -> None:
    again = told(TEN_SENT, ack(4), Linked(up=False), Linked(up=True))
    assert again.next_span() == (5, 10)


def test_another_epoch_begins_where_the_spool_says_and_keeps_link_and_gateway() -> None:
    known = told(TEN_SENT, gateway("a" * 16), Sent(10))
    turned = told(known, Held("f" * 16, cursor=3, held_from=2, last=8))
    assert turned.next_span() == (4, 8)
    assert told(turned, Sent(8), gateway("a" * 16)).next_span() is None


def test_what_a_damaged_epoch_has_left_is_finished_once_the_gateway_has_as_much_or_more() -> None:
    left = told(TEN_SENT, held(7, closed=True))
    assert not left.finished
    assert told(left, ack(7)).finished
    assert told(left, ack(10)).finished


def test_an_epoch_that_is_written_is_never_finished() -> None:
    assert not told(TEN_SENT, ack(10)).finished


@dataclass
class Gateway:
    """Takes what comes next in order, and answers everything with its cursor."""

    ledger: list[int] = field(default_factory=list)

    def receive(self, batch: list[int]) -> Ack:
        for seq in batch:
            if seq == len(self.ledger) + 1:
                self.ledger.append(seq)
        return ack(len(self.ledger))


@given(
    total=st.integers(1, 60),
    batch=st.integers(1, 20),
    fates=st.lists(
        st.sampled_from(["arrives", "lost", "ack lost", "ack late", "twice", "link lost", "restarted"]),
        max_size=60,
    ),
)
def test_whatever_is_lost_doubled_or_late_everything_arrives_in_order(
    total: int, batch: int, fates: list[str]
) -> None:
    gateway_, sender, now_s = Gateway(), told(FRESH, Linked(up=True), held(total)), 0.0
    late, fate_of, rounds = list[Ack](), iter(fates), 0
    while sender.pending:
        rounds += 1
        assert rounds < 1000, "delivery stands still"
        span = sender.next_span()
        if span is None:
            assert sender.resend_at_s is not None
            now_s = sender.resend_at_s
            sender = told(sender, Due(), now_s=now_s)
            continue
        first, last = span[0], min(span[1], span[0] + batch - 1)
        sender = told(sender, Sent(last), now_s=now_s)
        travelling = list(range(first, last + 1))
        match next(fate_of, "arrives"):
            case "lost":
                continue
            case "ack lost":
                gateway_.receive(travelling)
            case "ack late":
                late.append(gateway_.receive(travelling))
            case "twice":
                answers = [gateway_.receive(travelling), gateway_.receive(travelling)]
                sender = told(sender, *answers, *late, now_s=now_s)
                late.clear()
            case "link lost":
                sender = told(sender, Linked(up=False), Linked(up=True), now_s=now_s)
            case "restarted":
                sender = told(sender, gateway(f"{rounds:016x}"), now_s=now_s)
            case _:
                sender = told(sender, gateway_.receive(travelling), now_s=now_s)
    assert gateway_.ledger == list(range(1, total + 1))


@given(
    total=st.integers(1, 40),
    poison=st.sets(st.integers(1, 40), max_size=3),
    fates=st.lists(st.sampled_from(["arrives", "lost", "ack lost"]), max_size=40),
)
def test_events_that_the_gateway_never_answers_are_found_and_hold_up_no_other(
    total: int, poison: set[int], fates: list[str]
) -> None:
    taken, sender, now_s = Gateway(), told(FRESH, Linked(up=True), gateway("a" * 16), held(total)), 0.0
    stood_in, fate_of, rounds = set[int](), iter(fates), 0
    while sender.pending:
        rounds += 1
        assert rounds < 5000, "delivery stands still"
        span = sender.next_span()
        if span is None:
            assert sender.resend_at_s is not None
            now_s = sender.resend_at_s
            sender = told(sender, Due(), now_s=now_s)
            continue
        batch = list(range(span[0], span[1] + 1))
        assert len(batch) <= WINDOW_EVENTS
        stands_in = sender.suspicion.stands_in
        sender = told(sender, Sent(span[1]), now_s=now_s)
        fate = next(fate_of, "arrives")
        if fate == "lost" or (poison & set(batch) and not stands_in):
            continue
        if stands_in and taken.ledger[-1:] != batch:
            stood_in |= set(batch)
        answer = taken.receive(batch)
        if fate == "arrives":
            sender = told(sender, answer, now_s=now_s)
    assert taken.ledger == list(range(1, total + 1))
    assert poison & set(taken.ledger) <= stood_in


def test_a_gateway_that_answers_nothing_makes_nothing_unreadable_for_good() -> None:
    sender, now_s, seen = told(TEN_SENT, gateway("a" * 16), Sent(10)), 0.0, list[bool]()
    for _ in range(60):
        assert sender.resend_at_s is not None
        now_s = sender.resend_at_s
        sender = told(sender, Due(), now_s=now_s)
        seen.append(sender.suspicion.stands_in)
        span = sender.next_span()
        assert span is not None
        sender = told(sender, Sent(span[1]), now_s=now_s)
    assert (True in seen, seen[-12:].count(False) > 0, sender.cursor) == (True, True, 0)


def test_while_the_gateway_is_away_nothing_is_suspected() -> None:
    sender, now_s = TEN_SENT, 0.0
    for _ in range(20):
        assert sender.resend_at_s is not None
        now_s = sender.resend_at_s
        sender = told(sender, Due(), Sent(10), now_s=now_s)
    assert sender.suspicion == FRESH.suspicion
