"""What the screen at a door tells somebody whom it refused: enough to help, and nothing of theirs to others.

That a membership has ended, or is suspended, or what a plan still allows, is said at the desk.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from gateway.domain.explanation import Explanation
from protocol.access import Denied

Code = Literal[
    "booking_later",
    "booking_over",
    "booking_given_back",
    "held_for_another",
    "privatised",
    "closed_day",
    "outside_hours",
    "unknown_badge",
    "key_needed",
    "door_unsure",
    "lockdown",
    "full",
    "passed_back",
    "interlocked",
    "try_again",
    "ask_desk",
]

_OF_THE_DOOR: Final[Mapping[str, Code]] = {
    "unknown_credential": "unknown_badge",
    "not_genuine": "unknown_badge",
    "assurance_too_low": "key_needed",
    "list_expired": "door_unsure",
    "no_list": "door_unsure",
    "no_card_keys": "door_unsure",
    "lockdown": "lockdown",
    "full": "full",
    "passed_back": "passed_back",
    "interlocked": "interlocked",
}
"""What the node alone can know, or what no book explains better."""

_TOLD_TO_ALL: Final[Mapping[str, Code]] = {
    "booking_later": "booking_later",
    "booking_over": "booking_over",
    "booking_given_back": "booking_given_back",
    "held_for_another": "held_for_another",
    "privatised": "privatised",
    "closed_day": "closed_day",
    "outside_hours": "outside_hours",
}
"""The reasons behind a refusal that may stand on a screen."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What to tell. `moment` and `name` belong to the reason, as in an Explanation."""

    code: Code
    moment: datetime | None = None
    name: str | None = None


def hint_for(reason: str, behind: Explanation) -> Hint:
    """Return what to tell of a refusal for `reason`, with what the books say `behind` it at that moment."""
    if reason in _OF_THE_DOOR:
        return Hint(_OF_THE_DOOR[reason])
    if not isinstance(behind.decision, Denied):
        return Hint("try_again")  # the door had an older list, and has the new one by now
    code = _TOLD_TO_ALL.get(behind.reason, "ask_desk")
    return Hint(code) if code == "ask_desk" else Hint(code, behind.moment, behind.name)
