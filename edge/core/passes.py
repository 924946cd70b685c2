"""What may explain the next opening of an access point, and until when."""

from dataclasses import dataclass
from typing import Literal

from edge.core.facts import Cause, Unlock

CONTACT_LAG_S = 0.5
"""A contact parts, and its debouncing ends, a moment after the leaf has left the strike."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One release, which explains one opening until `until_s` (uptime)."""

    cause: Cause
    grant: int | None
    until_s: float


Passes = tuple[Pass, ...]


def granted(passes: Passes, unlock: Unlock, locks_at_s: float) -> Passes:
    """Add a release that ends when the lock is locked again at `locks_at_s`."""
    return (*passes, Pass(unlock.cause, unlock.grant, locks_at_s + CONTACT_LAG_S))


def explain(passes: Passes, now_s: float) -> tuple[Cause | Literal["forced"], int | None, Passes]:
    """Say what an opening at `now_s` comes from, and which passes remain.

    The oldest that still holds explains it: people go through in the order in which they were let in.
    """
    valid = tuple(p for p in passes if now_s <= p.until_s)
    if not valid:
        return "forced", None, ()
    return valid[0].cause, valid[0].grant, valid[1:]
