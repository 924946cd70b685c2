"""A thread that does one kind of work, over and over, and that no error can end."""

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


class Worker:
    """Runs `work` whenever it is woken, and at least every `every_s` seconds, until stopped."""

    def __init__(self, name: str, work: Callable[[], None], every_s: float) -> None:
        self._work = work
        self._every_s = every_s
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._turned = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._woken.set()

    def turned(self) -> bool:
        """Whether the work was done, without error, since this was last asked."""
        turned = self._turned.is_set()
        self._turned.clear()
        return turned

    def stop(self) -> None:
        """Let the work at hand end, then the thread."""
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.wait(self._every_s)
            self._woken.clear()
            try:
                self._work()
                self._turned.set()
            except Exception:  # noqa: BLE001  # whatever it was: logged whole, and the loop goes on
                _log.exception("work=%s failed; it will be tried again", self._thread.name)
