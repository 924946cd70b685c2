from datetime import timedelta
from random import Random

from gateway.domain.journal import in_order, place_in_time
from protocol.events import ClockQuality, EventBatch, NodeStarted, Record
from tests.unit.gateway.domain.building import EPOCH, LONG_AGO, NODE, SITE, badge, entry, paris

NOW = paris("12:00")
THIS_BOOT, EARLIER_BOOT = "b" * 16, "a" * 16


def record(seq: int, at_s: float, uptime_s: float, clock: ClockQuality, boot: str = THIS_BOOT) -> Record:
    at = NOW + timedelta(seconds=at_s)
    return Record(seq=seq, at=at, boot=boot, uptime_s=uptime_s, clock=clock, event=NodeStarted(software="1"))


def batch(*records: Record) -> EventBatch:
    return EventBatch(
        site=SITE.id,
        node=NODE,
        epoch=EPOCH,
        held_from=1,
        start="5" * 16,
        boot=THIS_BOOT,
        sent_at=LONG_AGO,
        sent_uptime_s=1000.0,
        records=records,
    )


def placed(*records: Record) -> list[tuple[float, str]]:
    """Return seconds from the arrival, and quality, of each record."""
    return [((at - NOW).total_seconds(), quality) for at, quality in place_in_time(batch(*records), NOW)]


def test_a_synchronised_node_is_believed() -> None:
    assert placed(record(1, -77.5, 3.0, "synchronised")) == [(-77.5, "synchronised")]


def test_uptime_places_a_record_of_the_boot_that_sent_it() -> None:
    assert placed(record(1, -99_999_999, 940.0, "unsynchronised")) == [(-60.0, "uptime")]


def test_a_record_from_after_its_own_sending_is_placed_at_the_arrival() -> None:
    assert placed(record(1, 0, 1001.0, "unsynchronised")) == [(0.0, "uptime")]


def test_a_synchronised_record_of_an_earlier_boot_places_the_others_of_that_boot() -> None:
    assert placed(
        record(1, -99_999_999, 10.0, "unsynchronised", EARLIER_BOOT),
        record(2, -500, 40.0, "synchronised", EARLIER_BOOT),
    ) == [(-530.0, "uptime"), (-500.0, "synchronised")]


def test_a_record_of_an_unknown_boot_is_held_between_its_neighbours() -> None:
    assert placed(
        record(1, -800, 5.0, "synchronised"),
        record(2, -99_999_999, 1.0, "unsynchronised", EARLIER_BOOT),
        record(3, 99_999_999, 2.0, "unsynchronised", EARLIER_BOOT),
        record(4, -600, 800.0, "synchronised"),
    ) == [(-800.0, "synchronised"), (-800.0, "estimated"), (-600.0, "estimated"), (-600.0, "synchronised")]


def test_a_record_of_an_unknown_boot_without_later_neighbour_is_no_later_than_its_arrival() -> None:
    assert placed(record(1, 50, 1.0, "unsynchronised", EARLIER_BOOT)) == [(0.0, "estimated")]


def test_an_estimated_record_keeps_the_nodes_time_where_its_neighbours_allow() -> None:
    assert placed(
        record(1, -700, 1.0, "unsynchronised", EARLIER_BOOT), record(2, -600, 800.0, "synchronised")
    ) == [(-700.0, "estimated"), (-600.0, "synchronised")]


def test_entries_are_ordered_by_time_then_node_then_epoch_then_seq() -> None:
    ordered = [
        entry(NOW, badge(1), 9, node="z"),
        entry(NOW + timedelta(seconds=1), badge(1), 7, node="a", epoch="1" * 16),
        entry(NOW + timedelta(seconds=1), badge(1), 2, node="a", epoch="2" * 16),
        entry(NOW + timedelta(seconds=1), badge(1), 10, node="a", epoch="2" * 16),
        entry(NOW + timedelta(seconds=1), badge(1), 1, node="b"),
    ]
    for seed in range(20):
        shuffled = Random(seed).sample(ordered, len(ordered))
        assert in_order(shuffled) == ordered


def test_an_identity_reads_as_node_epoch_and_seq() -> None:
    assert str(entry(NOW, badge(1), 12).identity) == f"{NODE}/{EPOCH}/12"
