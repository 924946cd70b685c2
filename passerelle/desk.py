"""The reader on the desk of whoever receives members, and the one card that is held to it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Self

import nfc.clf
import nfc.tag
from rich.console import Console

from edge.adapters.card_proof import prove
from edge.adapters.nfc_frontend import BoundedFrontend, close
from edge.adapters.personalise import Unsuited, personalise
from edge.adapters.secure_card import NotNow, SecureCard
from edge.core.ev2 import NotGenuine

_FOR_A_CARD_S: Final = 3.0
_AGAIN_AFTER_S: Final = 0.1


class DeskRefused(Exception):
    """A card or the reader did not do what was asked; the text says why. Nothing is half done."""


class Desk:
    """Waits for a card, and does things with it to their end, however often it is taken away meanwhile."""

    def __init__(self, frontend: Any, console: Console, wait_s: float) -> None:
        self._frontend = frontend
        self._console = console
        self._wait_s = wait_s
        self._number: bytes | None = None

    @classmethod
    @contextmanager
    def at(cls, path: str, console: Console, wait_s: float) -> Iterator[Self]:
        """Open the reader at an nfcpy path while the block runs. Raises DeskRefused."""
        try:
            frontend = BoundedFrontend(path, time.monotonic)  # noqa: TID251 - a person waits, in real time
        except (OSError, ValueError) as error:
            raise DeskRefused(f"{path}: the reader cannot be opened: {error}") from error
        try:
            yield cls(frontend, console, wait_s)
        finally:
            close(frontend)

    def number(self) -> bytes:
        """Wait for a card, and return its number. From now on no other is taken. Raises DeskRefused."""
        with self._console.status("Hold the card to the reader."):
            self._number = self._do(lambda tag: bytes(tag.identifier))
        return self._number

    def give_key(self, number: bytes, key: bytes) -> None:
        """Give the card its key, and see that it proves it. Raises DeskRefused."""
        with self._console.status("Writing its key: leave the card where it is."):
            kind = self._do(lambda tag: personalise(SecureCard(tag), key))
        with self._console.status("Asking it for proof."):
            self._do(lambda tag: prove(SecureCard(tag), number, key))
        self._console.print(f"The card ({kind}) has its own key, and has proved it.")

    def _do(self, act: Callable[[Any], Any]) -> Any:
        ends_s = time.monotonic() + self._wait_s  # noqa: TID251 - a person waits, in real time
        while time.monotonic() < ends_s:  # noqa: TID251 - as above
            try:
                if (tag := self._tag()) is not None:
                    return act(tag)
            except (Unsuited, NotGenuine) as why:
                raise DeskRefused(f"this card will not do: {why}") from why
            except OSError as error:
                raise DeskRefused(f"the reader was lost: {error}. Do it again") from error
            except NotNow:
                self._console.print("The card asks for a pause, after failed attempts. Leave it there.")
            except Exception as error:  # noqa: BLE001 - a card torn away, in whichever of nfcpy's words
                self._console.print(f"[yellow]Taken away too early ({type(error).__name__}): hold it again.")
            time.sleep(_AGAIN_AFTER_S)
        raise DeskRefused(f"no card was held to the reader for {self._wait_s:g} s: nothing was registered")

    def _tag(self) -> Any:
        """Activate the card in the field; None where there is none, or another one than before."""
        target = self._frontend.sense(nfc.clf.RemoteTarget("106A"), iterations=1)
        if target is None:
            return None
        self._frontend.allow(_FOR_A_CARD_S)
        tag = nfc.tag.activate(self._frontend, target)
        return tag if tag is not None and self._number in {None, bytes(tag.identifier)} else None
