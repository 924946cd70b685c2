"""What a fault is to the harness."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from firmware_sim.faults.tally import Tally


@dataclass(frozen=True, slots=True)
class Plan:
    """How to play a fault: `rounds` times, as `seed` says, keeping everything in the empty `folder`.

    `advance` is told after each round, for a progress bar.
    """

    rounds: int
    seed: int
    folder: Path
    advance: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault. `rounds` is how often a soak makes it, `programs` what must be installed for it."""

    name: str
    title: str
    rounds: int
    play: Callable[[Plan], Tally]
    programs: tuple[str, ...] = ()
    needs_root: bool = False
