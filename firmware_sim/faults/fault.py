"""What a fault is to the harness."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
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
    """One kind of fault. `rounds` is how often a soak makes it, the rest what it cannot be made without."""

    name: str
    title: str
    rounds: int
    play: Callable[[Plan], Tally]
    programs: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    needs_root: bool = False

    def lacks(self) -> list[str]:
        """Name what is needed and not here."""
        programs = [program for program in self.programs if shutil.which(program) is None]
        modules = [module for module in self.modules if find_spec(module) is None]
        return [*programs, *modules, *(["root"] if self.needs_root and os.geteuid() else [])]
