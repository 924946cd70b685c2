"""The service manager that started this program, or nobody: readiness and watchdog, as sd_notify(3) says."""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from typing import Final

from sdnotify import SystemdNotifier

_log = logging.getLogger(__name__)

_FEEDS_PER_PERIOD: Final = 3  # so that one late feed is not the last


class ServiceManager:
    """Tells systemd how this program does, where `environment` says that systemd listens."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._notifier = SystemdNotifier(debug=True) if environment.get("NOTIFY_SOCKET") else None
        self._period_s = int(environment.get("WATCHDOG_USEC", "0")) / 1e6

    async def attend(self, lives: Callable[[], bool]) -> None:
        """Say that the program is ready; then feed the watchdog, as long as `lives()`, until cancelled."""
        self._say("READY=1")
        if not self._period_s:
            await asyncio.Event().wait()
        while True:
            await asyncio.sleep(self._period_s / _FEEDS_PER_PERIOD)
            if lives():
                self._say("WATCHDOG=1")
            else:
                _log.error("event=watchdog_not_fed")

    def _say(self, word: str) -> None:
        if self._notifier is None:
            return
        try:
            self._notifier.notify(word)
        except OSError as error:
            _log.warning("event=service_manager_unreachable error=%s", error)
