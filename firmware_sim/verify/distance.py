"""How far the ledger is from where people really were: no fault of the rules, but worth knowing.

A forgotten exit badge makes a visit too long, following someone through an open door makes one too short.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from firmware_sim.truth import Presence
from firmware_sim.verify.stays import Stay

Span = tuple[datetime, datetime]

UNSEEN = "unseen"
"""Where someone was inside and no visit says so."""


def distance_minutes(stays: Iterable[Stay], presence: Iterable[Presence], as_of: datetime) -> dict[str, int]:
    """Minutes that visits claim too much, by their quality, and minutes of presence that are `unseen`."""
    really: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for there in presence:
        really[there.site, there.person].append((there.begun_at, there.ended_at or as_of))
    claimed: dict[tuple[str, str], list[Span]] = defaultdict(list)
    seconds: dict[str, float] = defaultdict(float)
    for stay in stays:
        span = (stay.begun_at, stay.ended_at or as_of)
        claimed[stay.site, stay.person].append(span)
        seconds[stay.quality] += _uncovered_s([span], really[stay.site, stay.person])
    for who, spans in really.items():
        seconds[UNSEEN] += _uncovered_s(spans, claimed[who])
    return {quality: round(amount / 60) for quality, amount in sorted(seconds.items())}


def _uncovered_s(spans: Iterable[Span], cover: Iterable[Span]) -> float:
    """Seconds of `spans` that none of `cover` holds; neither overlaps itself."""
    left_s = 0.0
    for begun_at, ended_at in spans:
        left_s += (ended_at - begun_at).total_seconds()
        for start, end in cover:
            left_s -= max(0.0, (min(end, ended_at) - max(start, begun_at)).total_seconds())
    return left_s
