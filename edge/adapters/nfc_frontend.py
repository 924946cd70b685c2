"""nfcpy's frontend, bounded: neither a card nor a device keeps its reader for longer than it may."""

import logging
from collections.abc import Callable
from math import inf
from typing import Any, Final

import nfc

_log = logging.getLogger(__name__)

_LONGEST_READ_MS: Final = 2_000  # the RC-S380's driver would read for ever


class CardTooSlow(Exception):
    """A card has not come to an end with its answers in the time that it had."""


class BoundedFrontend(nfc.ContactlessFrontend):  # type: ignore[misc]  # nfcpy has no types
    """A frontend whose card answers only as long as `allow` lets it, however often it asks for more time."""

    def __init__(self, path: str | None, uptime_s: Callable[[], float]) -> None:
        """Open the reader at an nfcpy path. Raises OSError."""
        self._uptime_s = uptime_s
        self._ends_s = inf
        super().__init__(path)

    def open(self, path: str) -> bool:
        """See nfcpy; every read of the device gets an end, too."""
        found = bool(super().open(path))
        transport = _transport(self.device)
        if transport is not None:
            transport.read = _bounded(transport.read)
        return found

    def allow(self, for_s: float) -> None:
        """Let the card that was found answer for so long from now on."""
        self._ends_s = self._uptime_s() + for_s

    def exchange(self, send_data: bytes, timeout: float) -> Any:
        """See nfcpy. Raises CardTooSlow, which no loop of nfcpy takes for a reason to try again."""
        left_s = self._ends_s - self._uptime_s()
        if left_s <= 0:
            raise CardTooSlow("the card's time is up")
        return super().exchange(send_data, min(timeout, left_s))


def close(frontend: Any) -> None:
    """Close a frontend and its port, also where the device is gone: there nfcpy leaves the port open."""
    transport = _transport(frontend.device)
    try:
        frontend.close()
    except Exception as error:  # noqa: BLE001 - termios.error, IndexError: the reader is lost already
        _log.info("event=reader_close_failed error=%r", error)
    port = getattr(transport, "tty", None) or getattr(transport, "usb_dev", None)
    if port is not None:
        port.close()


def _transport(device: Any) -> Any:
    """Return a device's serial line or USB connection; None for a socket."""
    return getattr(getattr(device, "chipset", None), "transport", None)


def _bounded(read: Callable[[int], Any]) -> Callable[..., Any]:
    return lambda timeout=0: read(min(timeout or _LONGEST_READ_MS, _LONGEST_READ_MS))
