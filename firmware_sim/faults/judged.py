"""What a verdict means for a fault: which taps a kill excuses, and what is left to be counted as lost."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from firmware_sim.faults.place import Tapped
from firmware_sim.faults.tally import Tally
from firmware_sim.verify import Verdict


def judged(
    tried: int,
    verdict: Verdict,
    is_excused: Callable[[datetime], bool] = lambda _: False,
    figures: Mapping[str, float] | None = None,
) -> Tally:
    """Count; a tap of which no disk knows is lost too, unless its time `is_excused`."""
    taps = [datetime.fromisoformat(at) for at in verdict.unrecorded_at]
    unexplained = [at for at in taps if not is_excused(at)]
    return Tally(
        tried=tried,
        lost=verdict.lost + len(unexplained),
        doubled=verdict.doubled,
        wrong=verdict.wrong_minutes
        + verdict.wrong_visits
        + verdict.altered
        + verdict.invented
        + verdict.wrong_history,
        unrecorded=len(taps) - len(unexplained),
        figures={"events": verdict.events, **(figures or {})},
        details=tuple(verdict.details),
    )


@dataclass(frozen=True, slots=True)
class Death:
    """A node was killed. What was tapped less than `before` its end need not be on its disk."""

    at: datetime
    before: timedelta


def killed_within(taps: Iterable[Tapped], deaths: Sequence[Death]) -> Callable[[datetime], bool]:
    """Tell of a tap, by the moment when it began, whether a node died during it or too soon after it."""
    spans = {tap.began_at: tap for tap in taps}

    def is_excused(began_at: datetime) -> bool:
        read_at = spans[began_at].read_at
        return any(began_at <= death.at <= read_at + death.before for death in deaths)

    return is_excused
