"""What staff decide about usage: who came or left, said by hand, and what was taken back again.

These are entries of the journal like what nodes saw: visits are worked out from both. No node can send one,
for they are no part of the wire.
"""

from typing import Final, Literal

from protocol.base import Id, Instant, Message

AT_THE_GATEWAY: Final = "gateway"
"""The node in whose name such entries stand. Topics keep this name from nodes."""

BY_HAND_KINDS: Final = ("CheckedByHand", "TakenBack")

Way = Literal["check_in", "check_out"]


class CheckedByHand(Message):
    """Somebody of the staff (`by`, as in the audit) said at `said_at` that a member came, or left."""

    type: Literal["CheckedByHand"] = "CheckedByHand"
    member: Id
    what: Way
    by: str
    said_at: Instant


class TakenBack(Message):
    """A hand entry ("node/epoch/seq") was wrong: it counts as if it had never been said.

    It stands in the journal at the same moment as that, so that both belong to one civil day.
    """

    type: Literal["TakenBack"] = "TakenBack"
    entry: str
    by: str
    said_at: Instant


ByHand = CheckedByHand | TakenBack
