"""What is typed at a keypad becomes a code, whoever guesses waits, and a code is decided on."""

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from protocol.access import AccessList, Denied, Granted
from protocol.events import CodeEntered
from protocol.identifiers import CODE_DIGITS

QUIET_S: Final = 10.0
"""After so long without a key what was typed is forgotten: the next in line begins anew."""

FREE_TRIES: Final = 4
_FIRST_WAIT_S: Final = 2.0
_LONGEST_WAIT_S: Final = 900.0


@dataclass(frozen=True, slots=True)
class KeypadMachine:
    """The digits typed so far, the wrong codes in a row, and until when (uptime) no key is heard."""

    typed: str = ""
    last_s: float = 0.0
    wrong: int = 0
    deaf_until_s: float = 0.0

    def deaf(self, now_s: float) -> bool:
        """Whether no key is heard, after wrong codes."""
        return now_s < self.deaf_until_s

    def press(self, key: str, now_s: float) -> "tuple[KeypadMachine, str | None]":
        """Take a key; return what was entered with `#`, if that was it and anything had been typed."""
        if self.deaf(now_s):
            return self, None
        typed = self.typed if now_s - self.last_s <= QUIET_S else ""
        if key.isdigit():
            typed = (typed + key)[: CODE_DIGITS + 1]  # one too many is wrong, whatever follows
            return replace(self, typed=typed, last_s=now_s), None
        if key == "#":
            return replace(self, typed=""), typed or None
        return replace(self, typed="" if key == "*" else typed, last_s=now_s), None

    def guessed(self, now_s: float) -> "KeypadMachine":
        """Count a code that nobody has: after four the wait doubles, from 2 s to 15 minutes."""
        wrong = self.wrong + 1
        over = wrong - FREE_TRIES - 1
        wait_s = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(over, 10)) if over >= 0 else 0.0
        return KeypadMachine(wrong=wrong, deaf_until_s=now_s + wait_s)

    def let_in(self) -> "KeypadMachine":
        """Forget the slips before a right code."""
        return KeypadMachine()


@dataclass(frozen=True, slots=True)
class CodeVerdict:
    """What is reported; whether the code was a `guess`, and is used up now (`once`)."""

    event: CodeEntered
    guess: bool
    once: bool


def at_keypad(
    ref: str,
    access: AccessList | None,
    door: str,
    at: datetime,
    *,
    clock_trusted: bool,
    spent: Container[str],
) -> CodeVerdict:
    """Decide on the code of which `ref` is the keyed hash, as on a badge; one in `spent` opens no more."""
    decision = _decide(ref, access, door, at, clock_trusted=clock_trusted, spent=spent)
    rights = access.credentials.get(ref) if access else None
    granted = isinstance(decision, Granted)
    event = CodeEntered(
        point=door,
        granted=granted,
        reason="granted" if isinstance(decision, Granted) else decision.reason,
        why=decision.why if isinstance(decision, Granted) else None,
        list_revision=access.revision if access else 0,
        list_age_s=max(0, int((at - access.issued_at).total_seconds())) if access else 0,
        stale=decision.stale,
    )
    return CodeVerdict(
        event, guess=rights is None and not granted, once=granted and rights is not None and rights.once
    )


def _decide(
    ref: str,
    access: AccessList | None,
    door: str,
    at: datetime,
    *,
    clock_trusted: bool,
    spent: Container[str],
) -> Granted | Denied:
    if access is None:
        return Denied("no_list")
    decision = access.decide(ref, door, at, clock_trusted=clock_trusted)
    if isinstance(decision, Denied) and decision.reason == "unknown_credential":
        return replace(decision, reason="unknown_code")
    return Denied("code_used") if isinstance(decision, Granted) and ref in spent else decision
