"""The kernel's clocks, and its word on whether the wall time is kept synchronised."""

import ctypes
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from protocol.events import ClockQuality

_TIME_ERROR: Final = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_BYTES: Final = 512  # larger than struct timex on any Linux; zeroes mean "change nothing"


class KernelClock:
    """Wall time with the quality that adjtimex(2) reports; chrony, ntpd and systemd-timesyncd keep it."""

    def __init__(self) -> None:
        self.boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").replace("-", "")[:16]
        self._adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex

    def now(self) -> datetime:
        """Wall time, in UTC."""
        return datetime.fromtimestamp(time.clock_gettime(time.CLOCK_REALTIME), tz=UTC)

    def uptime_s(self) -> float:
        """Seconds since boot, time asleep included."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def quality(self) -> ClockQuality:
        """Whether the wall time is kept synchronised. Raises OSError where the kernel does not say."""
        state = self._adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
        if state < 0:
            number = ctypes.get_errno()
            raise OSError(number, f"adjtimex: {os.strerror(number)}")
        return "unsynchronised" if state == _TIME_ERROR else "synchronised"


class AssumedClock(KernelClock):
    """The same clocks on a machine whose operator vouches for the wall time, such as a virtual machine."""

    def quality(self) -> ClockQuality:
        """Take the operator's word."""
        return "synchronised"
