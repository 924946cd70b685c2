"""Events that a node had to drop: the places are filled, and each must have been told."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final

from firmware_sim.truth import Seen

STAND_INS: Final = ("RecordDropped", "RecordUnreadable")
"""What a node sends in the place of an event that it cannot send."""


def untold_drops(events: Iterable[Seen]) -> set[str]:
    """Name what was dropped though its node never said so: that is lost.

    What a full spool drops is counted in EventsDropped, what damage takes belongs to an EpochBegun.
    """
    told: Counter[str] = Counter()
    damaged: set[tuple[str, str]] = set()
    dropped: defaultdict[str, list[Seen]] = defaultdict(list)
    for seen in events:
        match seen.content:
            case {"type": "EventsDropped", "count": int(count)}:
                told[seen.node] += count
            case {"type": "EpochBegun", "cause": "spool_damaged", "before": str(before)}:
                damaged.add((seen.node, before))
            case {"type": "RecordDropped"}:
                dropped[seen.node].append(seen)
    full = {node: [seen for seen in found if not _of_damage(seen)] for node, found in dropped.items()}
    untold = [seen for node, found in full.items() for seen in found[told[node] :]]
    untold += [
        seen
        for found in dropped.values()
        for seen in found
        if _of_damage(seen) and (seen.node, seen.epoch) not in damaged
    ]
    return {seen.identity for seen in untold}


def _of_damage(seen: Seen) -> bool:
    return bool(seen.content["reason"] == "spool_damaged")
