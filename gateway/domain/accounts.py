"""Accounts of the staff: what a password must be, and how long to wait after wrong ones."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.domain.authority import Role

SHORTEST_PASSWORD: Final = 12
"""In characters. Length, and no rules of composition, as NIST SP 800-63B (5.1.1.2) and the CNIL have it."""

LONGEST_PASSWORD: Final = 256

_COMMONEST: Final = frozenset(
    {
        "motdepasse", "azertyuiop", "passerelle", "password", "qwertyuiop", "sceauxsmart", "bonjour",
        "administrateur", "administrator", "letmein", "123456789", "coworking", "soleil", "doudou",
    }
)  # fmt: skip

FREE_TRIES: Final = 5
"""So many wrong passwords in a row cost no wait."""

_FIRST_WAIT: Final = timedelta(seconds=2)
_LONGEST_WAIT: Final = timedelta(minutes=15)
FORGOTTEN_AFTER: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Account:
    """Someone of the staff who comes in by name. Without a `password` (argon2id) nobody can, until it is set.

    `totp` is the sealed secret of a second factor, `totp_step` the last time step that it was used in, and
    `recovery` the hashes of the codes that replace it, each once.
    """

    id: str
    mail: str
    name: str
    role: Role
    since: datetime
    password: str | None = None
    totp: bytes | None = None
    totp_step: int = 0
    recovery: tuple[str, ...] = ()
    disabled_at: datetime | None = None

    @property
    def open(self) -> bool:
        return self.disabled_at is None


@dataclass(frozen=True, slots=True)
class Tries:
    """How often in a row a login was refused to `subject`, an account or an address, and when last."""

    subject: str
    failures: int
    last_at: datetime

    def again(self, now: datetime) -> "Tries":
        """Count one more. What is a day old is forgotten."""
        failures = self.failures if now - self.last_at < FORGOTTEN_AFTER else 0
        return Tries(self.subject, failures + 1, now)

    def wait(self, now: datetime, free: int = FREE_TRIES) -> timedelta:
        """Return how long no further try is heard: it doubles, up to a bound that locks nobody out."""
        over = self.failures - free
        if over < 0 or now < self.last_at:
            return timedelta()
        pause: timedelta = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(over, 20))
        return max(timedelta(), self.last_at + pause - now)


def password_fault(password: str, *known_of_its_owner: str) -> str | None:
    """Say what is wrong with a password: `too_short`, `too_long`, `too_common`; None where it will do."""
    if len(password) < SHORTEST_PASSWORD:
        return "too_short"
    if len(password) > LONGEST_PASSWORD:
        return "too_long"
    plain = "".join(letter for letter in password.casefold() if letter.isalnum())
    words = _COMMONEST | {word.casefold() for word in known_of_its_owner if len(word) > 3}  # noqa: PLR2004
    rest = plain
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace("".join(letter for letter in word if letter.isalnum()), "")
    return "too_common" if len(set(rest)) < 4 else None  # noqa: PLR2004


def same_mail(mail: str) -> str:
    """Return the one spelling of a mail address by which an account is found."""
    return mail.strip().casefold()
