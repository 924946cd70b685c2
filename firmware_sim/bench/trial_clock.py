"""A node on a machine whose clock is on trial: `python -m THIS_MODULE FILE PYTHON -m edge ...`.

The wall time is libfaketime's. What that cannot fake is told here: the machine is switched on with the
process, a boot of its own, and what adjtimex(2) says of the wall time stands in FILE.
"""

import runpy
import secrets
import select
import sys
import time
from pathlib import Path
from typing import Final

from edge import bootstrap
from edge.adapters.clock import KernelClock
from protocol.events import ClockQuality

NAME: Final = "firmware_sim.bench.trial_clock"


class TrialClock(KernelClock):
    """The kernel's clocks, on a machine that was switched on now."""

    word: Path
    """Holds `synchronised`, or anything else."""

    def __init__(self) -> None:
        super().__init__()
        self.boot = secrets.token_hex(8)
        self._on_since_s = super().uptime_s()

    def uptime_s(self) -> float:
        """Seconds since the process began."""
        return super().uptime_s() - self._on_since_s

    def quality(self) -> ClockQuality:
        """Whether `word` says that the wall time is kept synchronised."""
        told = self.word.read_text(encoding="ascii").strip()
        return "synchronised" if told == "synchronised" else "unsynchronised"


def _sleep(seconds: float) -> None:
    """Sleep as select(2) does: libfaketime 0.9.10 breaks clock_nanosleep(2) where monotonic time is true."""
    select.select([], [], [], seconds)


def main(arguments: list[str]) -> None:
    """Become the program that `arguments` name."""
    word, _python, _dash_m, module, *options = arguments
    TrialClock.word = Path(word)
    vars(bootstrap)["KernelClock"] = TrialClock
    vars(time)["sleep"] = _sleep
    sys.argv = [module, *options]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
