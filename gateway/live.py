"""Telling whoever watches that the picture of a site has changed."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.domain.journal import Entry


@dataclass(frozen=True, slots=True)
class Notice:
    """Something happened at `site`: these entries, or (with none) only the picture changed."""

    site: str
    entries: Sequence[Entry] = ()


class Live:
    """Passes notices to listeners. A listener must only hand over: it runs on the teller's thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Notice], None]] = []

    def listen(self, listener: Callable[[Notice], None]) -> Callable[[], None]:
        """Call `listener` with every notice from now on. Returns the way to stop it."""
        with self._lock:
            self._listeners.append(listener)

        def stop() -> None:
            with self._lock:
                self._listeners.remove(listener)

        return stop

    def tell(self, notice: Notice) -> None:
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(notice)
