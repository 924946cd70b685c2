"""What a ledger takes of a delivery: in order, without holes, each event once."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reception:
    """Take the records of [take_from, cursor]; `gap` is the range (first, last) that the node has lost."""

    take_from: int
    cursor: int
    gap: tuple[int, int] | None


def receive(cursor: int, held_from: int, seqs: Sequence[int]) -> Reception:
    """Decide on a batch of `seqs`, ascending, from a node that still holds everything from `held_from` on.

    Duplicates are passed over, what is out of order is left for the node to send again.
    """
    gap = (cursor + 1, held_from - 1) if held_from > cursor + 1 else None
    expected = max(cursor + 1, held_from)
    last = expected - 1
    for seq in seqs:
        if seq == last + 1:
            last = seq
    return Reception(take_from=expected, cursor=last, gap=gap)
