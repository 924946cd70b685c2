"""The wall clock of a node's machine, set at will: libfaketime under an unmodified node."""

import sys
import time
from pathlib import Path
from typing import Final

from firmware_sim.bench.trial_clock import NAME

_LIBRARY: Final = "*/faketime/libfaketimeMT.so.1"
_SOON_AFTER_1970_S: Final = 100.0


class FakedClock:
    """Keeps in `folder` what the node is to believe; changes count at once."""

    def __init__(self, folder: Path) -> None:
        self._offset = folder / "faketime"
        self._word = folder / "adjtimex"
        self.set(0.0, synchronised=True)

    @property
    def under(self) -> tuple[str, ...]:
        """What a node is started under."""
        return (sys.executable, "-m", NAME, str(self._word))

    @property
    def environment(self) -> dict[str, str]:
        """What a node's environment needs besides. Raises FileNotFoundError where there is no libfaketime."""
        library = next(Path("/usr/lib").glob(_LIBRARY), None)
        if library is None:
            raise FileNotFoundError("libfaketime is not installed: apt-get install faketime")
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._offset),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DISABLE_SHM": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",  # as older versions have it
            "NO_FAKE_STAT": "1",
        }

    def set(self, ahead_s: float, *, synchronised: bool) -> None:
        """Let the clock be so many seconds ahead of the truth, and call itself synchronised or not."""
        _replace(self._word, "synchronised" if synchronised else "unsynchronised")
        _replace(self._offset, f"{ahead_s:+.6f}")

    def set_to_1970(self) -> None:
        """Let it begin where clocks without a battery begin."""
        self.set(_SOON_AFTER_1970_S - time.time(), synchronised=False)  # noqa: TID251 - the truth


def _replace(file: Path, text: str) -> None:
    """Write a file so that nobody ever reads half of it."""
    beside = file.with_suffix(".new")
    beside.write_text(text + "\n", encoding="ascii")
    beside.replace(file)
