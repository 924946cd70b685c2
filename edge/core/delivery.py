"""Go-back-N delivery of events: strictly in order, resent from the gateway's cursor.

A cursor of the gateway's own ledger is the only proof of delivery; what a broker acknowledges proves nothing.
"""

from dataclasses import dataclass, replace
from typing import Final

from edge.core.suspicion import NONE, Suspicion
from protocol.messages import Ack, GatewayStatus

WINDOW_EVENTS: Final = 1000
"""At most so many events travel unacknowledged."""

BATCH_BYTES: Final = 64 * 1024
"""A batch is at most so large."""

RESEND_AFTER_S: Final = 2.0
LONGEST_WAIT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Held:
    """How the spool holds one epoch: from `held_from` to `last`, acknowledged up to `cursor` as kept last.

    Where it has none, `held_from` is the next. Nothing more is written in an epoch that is `closed`.
    """

    epoch: str
    cursor: int
    held_from: int
    last: int
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """Everything up to `up_to` was handed to the broker."""

    up_to: int


@dataclass(frozen=True, slots=True)
class Linked:
    """The broker can be reached, or no longer."""

    up: bool


@dataclass(frozen=True, slots=True)
class Due:
    """Time has come to look at `resend_at_s`."""


Fact = Held | Sent | Linked | Due | Ack | GatewayStatus


@dataclass(frozen=True, slots=True)
class Sender:
    """Where delivery of one epoch stands: acknowledged <= `cursor`, on its way <= `sent`, on disk <= `last`.

    `attempts` counts resends since the cursor last moved; `gateway_start` names the gateway's present run,
    and is None while it cannot be reached.
    """

    ledger: str
    node: str
    epoch: str
    cursor: int
    last: int
    held_from: int = 1
    closed: bool = False
    sent: int = 0
    linked: bool = False
    gateway_start: str | None = None
    attempts: int = 0
    resend_at_s: float | None = None
    suspicion: Suspicion = NONE

    def step(self, fact: Fact, now_s: float, jitter: float) -> "Sender":
        """Take one fact in at uptime `now_s`; `jitter`, from 0 to 1, keeps nodes from resending in step."""
        match fact:
            case Held() if fact.epoch == self.epoch:
                after = replace(self, held_from=fact.held_from, last=fact.last, closed=fact.closed)
            case Held():
                after = begun(self.ledger, self.node, fact, linked=self.linked, gateway=self.gateway_start)
            case Sent(up_to):
                after = _armed(replace(self, sent=up_to), now_s, jitter)
            case Linked(up):
                after = _rewound(replace(self, linked=up, attempts=0))
            case Due() if self.resend_at_s is not None and now_s >= self.resend_at_s:
                after = _rewound(_in_vain(self))
            case Ack() if self._heeds(fact):
                after = _acknowledged(self, min(fact.seq, self.last), now_s, jitter)
            case GatewayStatus(online=True, start=start) if start != self.gateway_start:
                after = _rewound(replace(self, gateway_start=start, attempts=0))
            case GatewayStatus(online=False, start=start) if start == self.gateway_start:
                after = replace(self, gateway_start=None)
            case _:
                after = self
        return after

    def next_span(self) -> tuple[int, int] | None:
        """Return the first and last seq that may be sent now, or None."""
        first = max(self.sent, self.base) + 1
        last = min(self.last, self.base + (self.suspicion.at_once or WINDOW_EVENTS))
        return (first, last) if self.linked and first <= last else None

    def may_send(self, epoch: str, first: int) -> bool:
        """Whether the next to be sent is `first` of `epoch`."""
        span = self.next_span()
        return epoch == self.epoch and span is not None and span[0] == first

    @property
    def pending(self) -> int:
        """How many of the events held the gateway has not acknowledged."""
        return self.last - self.base

    @property
    def finished(self) -> bool:
        """Whether everything is acknowledged, and nothing more will come in this epoch."""
        return self.closed and not self.pending

    def concerns(self, ack: Ack) -> bool:
        """Whether an acknowledgement speaks of this node's epoch, in this ledger."""
        return (ack.ledger, ack.node, ack.epoch) == (self.ledger, self.node, self.epoch)

    @property
    def base(self) -> int:
        """The seq up to which nothing is to be sent any more."""
        return max(self.cursor, self.held_from - 1)

    def _heeds(self, ack: Ack) -> bool:
        """Of a closed epoch the gateway may have more than could be saved from a damaged spool."""
        return self.concerns(ack) and (self.closed or ack.seq <= self.last)


def begun(ledger: str, node: str, held: Held, *, linked: bool = False, gateway: str | None = None) -> Sender:
    """Make a sender that begins with the events of an epoch."""
    return Sender(
        ledger, node, held.epoch, held.cursor, held.last, held.held_from, held.closed,
        sent=held.cursor, linked=linked, gateway_start=gateway,
    )  # fmt: skip


def _acknowledged(sender: Sender, seq: int, now_s: float, jitter: float) -> Sender:
    if seq == sender.cursor:
        return sender
    moved = replace(sender, cursor=seq, attempts=0, suspicion=sender.suspicion.answered(WINDOW_EVENTS))
    if seq < sender.cursor:  # the gateway was restored from an older copy
        return _rewound(moved)
    return _armed(replace(moved, sent=max(sender.sent, seq), resend_at_s=None), now_s, jitter)


def _in_vain(sender: Sender) -> Sender:
    """Wait longer; where the gateway is there, doubt what it was sent, and begin with short waits again."""
    if sender.gateway_start is None:
        return replace(sender, attempts=sender.attempts + 1)
    suspicion = sender.suspicion.unanswered(sender.sent - sender.cursor)
    return replace(sender, attempts=sender.attempts + 1 if suspicion.in_vain else 0, suspicion=suspicion)


def _rewound(sender: Sender) -> Sender:
    return replace(sender, sent=sender.cursor, resend_at_s=None)


def _armed(sender: Sender, now_s: float, jitter: float) -> Sender:
    """Set the time of the next resend, unless it is set or everything is acknowledged."""
    if sender.resend_at_s is not None or sender.sent <= sender.cursor:
        return sender
    wait_s = min(LONGEST_WAIT_S, RESEND_AFTER_S * 2**sender.attempts) * (1 + jitter / 2)
    return replace(sender, resend_at_s=now_s + wait_s)
