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
        self._failure: str | None = None
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
            if not self.turn():
                self._stopping.wait(self._every_s)  # whoever wakes it meanwhile is not served sooner

    def turn(self) -> bool:
        """Do the work once, in the caller's thread; whether it succeeded."""
        try:
            self._work()
        except Exception as error:  # noqa: BLE001  # whatever it was: logged, and the loop goes on
            self._failed(repr(error))
            return False
        self._succeeded()
        return True

    def _failed(self, why: str) -> None:
        """Log a failure whole where it is a new one: to be called while it is handled."""
        if why != self._failure:
            _log.exception(
                "work=%s failed; it will be tried again every %g s", self._thread.name, self._every_s
            )
        self._failure = why

    def _succeeded(self) -> None:
        if self._failure is not None:
            _log.warning("work=%s succeeds again", self._thread.name)
        self._failure = None
        self._turned.set()
