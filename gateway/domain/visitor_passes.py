"""Passes of visitors: a code that opens doors for a while, once or as often as wanted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from protocol.identifiers import CODE_DIGITS

DIGITS: Final = CODE_DIGITS
LONGEST: Final = timedelta(days=31)
"""Who comes for longer is no visitor, and has a badge."""

KEPT_AFTER: Final = timedelta(days=90)
"""How long an ended pass is kept, with the visitor's name: CNIL practice for access logs, 3 months."""

Refusal = Literal["unknown", "other_door", "too_early", "ended", "used", "offline", "lockdown", "privatised"]
"""Why a code opened nothing. `offline`: the door did not answer, and the pass is as good as before."""


@dataclass(frozen=True, slots=True)
class VisitorPass:
    """Who comes to whom, and which doors the code opens over [starts_at, ends_at).

    `code` is the keyed hash of the digits, under a key that is not in the ledger; `host` a member's id.
    """

    id: str
    site: str
    doors: tuple[str, ...]
    visitor: str
    host: str
    code: str
    starts_at: datetime
    ends_at: datetime
    single_use: bool
    last_used_at: datetime | None = None
    last_command: str | None = None
    revoked_at: datetime | None = None

    def refusal(self, site: str, door: str, at: datetime) -> Refusal | None:
        """Say why it does not open `door` at `at`; None where it does."""
        if self.revoked_at is not None or at >= self.ends_at:
            return "ended"
        if self.single_use and self.last_used_at is not None:
            return "used"
        if site != self.site or door not in self.doors:
            return "other_door"
        return "too_early" if at < self.starts_at else None

    def in_use(self, at: datetime) -> bool:
        """Whether its code may still open something, now or later."""
        return self.refusal(self.site, self.doors[0], at) in {None, "too_early"}


@dataclass(frozen=True, slots=True)
class PanelAnswer:
    """What a panel tells whoever typed a code: it opened, or why not, and how long no code is heard."""

    refusal: Refusal | None = None
    wait: timedelta = timedelta()

    @property
    def opened(self) -> bool:
        return self.refusal is None and not self.wait
