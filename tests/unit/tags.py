"""Cards without a radio: what nfcpy hands over once it has activated one."""

from dataclasses import dataclass
from typing import Any

from firmware_sim.rf.cards import Application


@dataclass
class Tag:
    """A type 4 tag of nfcpy with this application behind it; silent once `answers` are used up."""

    number: bytes
    application: Application | None
    answers: int = 1000

    @property
    def identifier(self) -> bytearray:
        return bytearray(self.number)

    @property
    def type(self) -> str:
        return "Type4Tag" if self.application else "Type2Tag"

    def send_apdu(
        self,
        cla: int,
        ins: int,
        p1: int,
        p2: int,
        data: Any = None,
        mrl: int = 0,
        *,
        check_status: bool = True,
    ) -> bytearray:
        assert not check_status, "nfcpy takes no 91xx for an answer"
        assert self.application is not None
        if self.answers == 0:
            raise TornAwayError
        self.answers -= 1
        body = bytes((len(data),)) + data if data else b""
        return bytearray(self.application.apdu(bytes((cla, ins, p1, p2)) + body + (b"\0" if mrl else b"")))


class TornAwayError(RuntimeError):
    """As nfcpy's Type4TagCommandError: the card says nothing more."""
