"""Whose clock is believed."""

from datetime import timedelta
from typing import Final

from gateway.domain.chronology import Mark, place_in_time
from protocol.events import ClockQuality, NodeStarted, Record
from tests.unit.gateway.domain.building import paris

NOW = paris("12:00")
UP_S: Final = 200_000.0
THIS_BOOT, EARLIER_BOOT = "b" * 16, "a" * 16
A_DAY_S: Final = 86_400.0


def record(
    seq: int, at_s: float, uptime_s: float, clock: ClockQuality = "synchronised", boot: str = THIS_BOOT
) -> Record:
    """Make a record `at_s` after NOW by its wall clock; both clocks of an honest node move together."""
    at = NOW + timedelta(seconds=at_s)
    return Record(seq=seq, at=at, boot=boot, uptime_s=uptime_s, clock=clock, event=NodeStarted(software="1"))


def honest(seq: int, ago_s: float) -> Record:
    return record(seq, -ago_s, UP_S - ago_s)


def mark(at_s: float, uptime_s: float, boot: str = THIS_BOOT) -> Mark:
    return Mark(boot, uptime_s, NOW + timedelta(seconds=at_s), "synchronised")


def placed(*records: Record, last: Mark | None = None, late_s: float = 0.0) -> list[tuple[float, str]]:
    """Return seconds from NOW, and quality, of each record of a batch that was sent at NOW."""
    arrival = Mark(THIS_BOOT, UP_S, NOW + timedelta(seconds=late_s), "uptime")
    marks = place_in_time(records, arrival, last)
    return [((placed.at - NOW).total_seconds(), placed.quality) for placed in marks]


def test_a_synchronised_node_is_believed() -> None:
    assert placed(honest(1, 77.5), honest(2, 3)) == [(-77.5, "synchronised"), (-3.0, "synchronised")]


def test_uptime_places_a_record_of_the_boot_that_sent_it() -> None:
    assert placed(record(1, -99_999_999, UP_S - 60, "unsynchronised")) == [(-60.0, "uptime")]


def test_a_clock_set_a_day_ahead_by_hand_is_not_believed_though_it_calls_itself_synchronised() -> None:
    assert placed(record(1, A_DAY_S - 60, UP_S - 60)) == [(-60.0, "uptime")]


def test_a_clock_set_a_day_back_by_hand_is_not_believed_though_it_calls_itself_synchronised() -> None:
    assert placed(record(1, -A_DAY_S - 60, UP_S - 60)) == [(-60.0, "uptime")]


def test_a_step_within_a_boot_leaves_the_side_that_agrees_with_the_arrival_believed() -> None:
    assert placed(honest(1, 90), record(2, A_DAY_S - 60, UP_S - 60), honest(3, 30)) == [
        (-90.0, "synchronised"), (-60.0, "uptime"), (-30.0, "synchronised"),
    ]  # fmt: skip


def test_a_record_from_the_future_is_cut_at_its_arrival() -> None:
    assert placed(record(1, 5, UP_S)) == [(0.0, "synchronised")]
    assert placed(record(1, 3600, UP_S)) == [(0.0, "uptime")]


def test_a_record_from_after_its_own_sending_is_placed_at_the_arrival() -> None:
    assert placed(record(1, 0, UP_S + 1, "unsynchronised")) == [(0.0, "uptime")]


def test_two_clocks_that_drift_apart_over_three_days_offline_are_believed() -> None:
    three_days_s = 3 * A_DAY_S
    drifted = record(1, -three_days_s * 1.0005, 400_000 - three_days_s)
    arrival = Mark(THIS_BOOT, 400_000, NOW, "uptime")
    assert place_in_time([drifted], arrival)[0].quality == "synchronised"


def test_a_batch_that_was_long_on_its_way_does_not_discredit_a_clock_that_stayed_in_step() -> None:
    assert placed(honest(8, 5), last=mark(-100, UP_S - 100), late_s=7200) == [(-5.0, "synchronised")]


def test_without_an_earlier_mark_a_batch_that_was_long_on_its_way_is_placed_by_its_arrival() -> None:
    assert placed(honest(1, 5), late_s=7200) == [(7195.0, "uptime")]


def test_a_synchronised_record_of_an_earlier_boot_places_the_others_of_that_boot() -> None:
    assert placed(
        record(1, -99_999_999, 10.0, "unsynchronised", EARLIER_BOOT),
        record(2, -300_000, 40.0, "synchronised", EARLIER_BOOT),
        record(3, -99_999_999, 50.0, "unsynchronised", EARLIER_BOOT),
    ) == [(-300_030.0, "uptime"), (-300_000.0, "synchronised"), (-299_990.0, "uptime")]


def test_the_last_mark_places_what_its_boot_still_had_to_tell() -> None:
    last = mark(-300_000, 40.0, EARLIER_BOOT)
    late = record(8, -99_999_999, 50.0, "unsynchronised", EARLIER_BOOT)
    stepped = record(9, -300_000 - A_DAY_S, 60.0, "synchronised", EARLIER_BOOT)
    assert placed(late, stepped, last=last) == [(-299_990.0, "uptime"), (-299_980.0, "uptime")]


def test_an_earlier_boot_cannot_have_seen_anything_after_this_boot_began() -> None:
    impossible = record(1, -UP_S + 7200, 40.0, "synchronised", EARLIER_BOOT)
    assert placed(impossible, honest(2, 3))[0][1] == "estimated"


def test_an_earlier_boot_cannot_have_seen_anything_before_the_record_before_it() -> None:
    impossible = record(2, -A_DAY_S * 9, 40.0, "synchronised", EARLIER_BOOT)
    last = mark(-A_DAY_S * 8, 9.0, "9" * 16)
    assert placed(impossible, last=last) == [(-A_DAY_S * 8, "estimated")]


def test_a_record_of_an_unknown_boot_is_held_between_its_neighbours() -> None:
    assert placed(
        record(2, -99_999_999, 1.0, "unsynchronised", EARLIER_BOOT),
        record(3, 99_999_999, 2.0, "unsynchronised", EARLIER_BOOT),
        honest(4, 600),
        last=mark(-900_000, 9.0, "9" * 16),
    ) == [(-900_000.0, "estimated"), (-600.0, "estimated"), (-600.0, "synchronised")]


def test_a_record_of_an_unknown_boot_without_later_neighbour_is_no_later_than_its_arrival() -> None:
    assert placed(record(1, 50, 1.0, "unsynchronised", EARLIER_BOOT)) == [(0.0, "estimated")]


def test_an_estimated_record_keeps_the_nodes_time_where_its_neighbours_allow() -> None:
    assert placed(record(1, -700, 1.0, "unsynchronised", EARLIER_BOOT), honest(2, 600)) == [
        (-700.0, "estimated"), (-600.0, "synchronised"),
    ]  # fmt: skip


def test_a_batch_does_not_go_back_behind_the_one_before_it() -> None:
    assert placed(honest(8, 60), last=mark(-50, UP_S - 50)) == [(-50.0, "synchronised")]


def test_what_a_gateway_said_before_its_own_clock_was_set_back_counts_no_longer() -> None:
    assert placed(honest(8, 60), last=mark(A_DAY_S, UP_S - 90)) == [(-60.0, "synchronised")]


def test_a_gateway_that_began_in_1970_believes_its_nodes_once_it_knows_the_time() -> None:
    assert placed(honest(8, 60), last=mark(-99_999_999, UP_S - 90)) == [(-60.0, "synchronised")]
