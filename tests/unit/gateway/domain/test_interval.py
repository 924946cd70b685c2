from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.interval import Interval
from tests.unit.gateway.domain.building import LONG_AGO

_MINUTES = st.integers(0, 40)
_INTERVALS = st.tuples(_MINUTES, _MINUTES).map(
    lambda ends: Interval(*(LONG_AGO + timedelta(minutes=minutes) for minutes in ends))
)


def _minutes(*intervals: Interval) -> set[int]:
    every = (LONG_AGO + timedelta(minutes=minute) for minute in range(41))
    return {number for number, at in enumerate(every) if any(i.start <= at < i.end for i in intervals)}


@given(_INTERVALS, st.lists(_INTERVALS, max_size=5))
def test_what_is_cut_out_is_gone_and_all_else_is_left(whole: Interval, cut: list[Interval]) -> None:
    left = list(whole.without(cut))
    assert _minutes(*left) == _minutes(whole) - _minutes(*cut)
    assert left == sorted(left)
    assert not any(piece.empty for piece in left)


@given(_INTERVALS, _INTERVALS)
def test_the_common_part_is_what_lies_in_both(one: Interval, other: Interval) -> None:
    assert _minutes(one.within(other)) == _minutes(one) & _minutes(other)
