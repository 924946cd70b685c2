"""Talking to a card that has keys, a DESFire EV2 or EV3 or an NTAG 424 DNA, over nfcpy's ISO-DEP.

Native commands travel wrapped: CLA 90, the command as INS, status 91xx (NXP AN12343 chapter 6). What nfcpy
raises where the card falls silent goes through: a card torn away has proved nothing, neither way.
"""

import secrets
from collections.abc import Callable
from typing import Any, Final, Literal

from edge.core.ev2 import Challenge, NotGenuine, Session
from protocol.identifiers import CARD_APPLICATION

KEY_NUMBER: Final = 0
"""The application's master key: the only one that is used here."""

CardKind = Literal["desfire", "ntag424"]

OK: Final = 0x00
_MORE, _DELAYED = 0xAF, 0xAD
_SELECT_APPLICATION, _AUTHENTICATE_FIRST, _GET_CARD_UID = 0x5A, 0x71, 0x51
_NTAG_APPLICATION: Final = bytes.fromhex("d2760000850101")  # NT4H2421Gx 8.2.1
_NO_DIFFERENCES: Final = b"\0"  # LenCap: this reader has no capabilities to tell

Chance = Callable[[int], bytes]


class CardRefuses(NotGenuine):
    """A card does not do what it was asked; `status` is what it said, 91xx without the 91."""

    def __init__(self, command: int, status: int) -> None:
        super().__init__(f"it answers {status:02X} to {command:02X}")
        self.status = status


class NotNow(Exception):
    """A card wants to be left alone for a while, as it does after many failed attempts (status 91AD)."""


class SecureCard:
    """One card in the field, activated by nfcpy, and its secure session once it is authenticated."""

    def __init__(self, tag: Any, chance: Chance = secrets.token_bytes) -> None:
        self._tag = tag
        self._chance = chance
        self._session: Session | None = None

    @property
    def has_protocol(self) -> bool:
        """Whether it speaks ISO-DEP at all, as every card with keys does."""
        return bool(self._tag.type == "Type4Tag")

    def select(self) -> CardKind:
        """Select the application with our key. Raises NotGenuine where there is none."""
        if not self.has_protocol:
            raise NotGenuine("it has no keys at all")
        if self.native(_SELECT_APPLICATION, CARD_APPLICATION)[0] == OK:
            return "desfire"
        answer = self._tag.send_apdu(0x00, 0xA4, 0x04, 0x0C, _NTAG_APPLICATION, check_status=False)
        if bytes(answer) != b"\x90\x00":
            raise NotGenuine("it has no application of ours")
        return "ntag424"

    def authenticate(self, key: bytes) -> None:
        """Let the card prove that it has `key`, and open a session. Raises NotGenuine or NotNow."""
        start = bytes((KEY_NUMBER,)) + _NO_DIFFERENCES
        challenge = Challenge.of(key, self._chance(16), self._ask(_AUTHENTICATE_FIRST, start, _MORE))
        self._session = challenge.session(self._ask(_MORE, challenge.answer(), OK))

    def card_uid(self) -> bytes:
        """Return the card's own number, said under the session. Raises NotGenuine."""
        return self.secured(_GET_CARD_UID)

    def secured(self, command: int, header: bytes = b"", data: bytes = b"") -> bytes:
        """Send a command within the session, and return the data of its answer. Raises NotGenuine."""
        if self._session is None:
            raise RuntimeError("no session: authenticate first")
        answer = self._ask(command, self._session.command(command, header, data), OK)
        self._session = self._session.next
        return self._session.answer(OK, answer)

    def last_secured(self, command: int, header: bytes, data: bytes) -> None:
        """Send a command that ends the session, so that its answer has no MAC. Raises NotGenuine."""
        if self._session is None:
            raise RuntimeError("no session: authenticate first")
        self._ask(command, self._session.command(command, header, data), OK)
        self._session = None

    def native(self, command: int, data: bytes = b"") -> tuple[int, bytes]:
        """Send a native command, and return the status (-1 where it is none of 91xx) and the data."""
        answer = bytes(self._tag.send_apdu(0x90, command, 0, 0, data or None, mrl=256, check_status=False))
        return (answer[-1] if answer[-2] == 0x91 else -1), answer[:-2]  # noqa: PLR2004 - the first status byte

    def _ask(self, command: int, data: bytes, expected: int) -> bytes:
        status, answer = self.native(command, data)
        if status == _DELAYED:
            raise NotNow("the card asks for a pause")
        if status != expected:
            raise CardRefuses(command, status)
        return answer
