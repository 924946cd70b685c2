from datetime import timedelta
from random import Random

from gateway.domain.journal import in_order
from tests.unit.gateway.domain.building import EPOCH, NODE, badge, entry, paris

NOW = paris("12:00")


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
