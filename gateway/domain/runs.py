"""Which runs of a node's process speak: two that take turns are twins, of one copied identity."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

ALONE: Final = timedelta(minutes=5)
"""For so long one run alone must have spoken before a duplicated node counts as one again."""

_REMEMBERED: Final = 8


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs that spoke for a node, by their `starts`, the latest last: it took over at `turned_at`."""

    starts: tuple[str, ...]
    turned_at: datetime
    duplicated_since: datetime | None = None


def hear(runs: Runs | None, start: str, at: datetime) -> Runs:
    """Take in that the run `start` spoke `at`. Returns `runs` itself where that changes nothing.

    Each run draws its start anew: one that was followed by another and speaks again runs beside it.
    """
    if runs is None:
        return Runs((start,), at)
    if start == runs.starts[-1]:
        # A turn in the future was taken before this gateway's own clock was set back.
        settled = runs.duplicated_since is not None and not timedelta() <= at - runs.turned_at < ALONE
        return replace(runs, duplicated_since=None) if settled else runs
    others = tuple(known for known in runs.starts if known != start)
    since = runs.duplicated_since or (at if start in runs.starts else None)
    return Runs((*others[1 - _REMEMBERED :], start), at, since)
