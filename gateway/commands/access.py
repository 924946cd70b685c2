"""What is asked by who comes in, and about it: keys, sessions, accounts, visitors."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from gateway.domain.authority import Role, Scope


@dataclass(frozen=True, slots=True)
class MintKey:
    """Make a secret: an API key (limited to `sites`, where some are named), a one-time link or a session."""

    kind: Literal["api", "link", "first", "session"]
    name: str
    role: Role
    lives: timedelta
    scopes: frozenset[Scope] | None = None
    sites: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class RevokeKey:
    """Let an API key hold no longer; it is known by the start of its hash."""

    start: str


@dataclass(frozen=True, slots=True)
class UseLoginLink:
    """Change a one-time link into a session."""

    secret: str


@dataclass(frozen=True, slots=True)
class EndSession:
    """Make a session's secret worthless from now on."""

    secret: str


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """Make the first administrator's account by the gateway's first link; `password` is hashed."""

    link: str
    mail: str
    name: str
    password: str


@dataclass(frozen=True, slots=True)
class InviteAccount:
    """Take up someone of the staff, who then chooses a password by a link.

    It is mailed to them, behind `address`, where pages are found; None: it is for whoever asks to hand on.
    """

    mail: str
    name: str
    role: Role
    address: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeAccount:
    """Give an account another role, or shut or reopen it; None leaves things as they are."""

    account: str
    role: Role | None = None
    open: bool | None = None


@dataclass(frozen=True, slots=True)
class OfferNewPassword:
    """Make the link by which an account's owner chooses another password, and drops the second factor.

    It is mailed behind `address` as an invitation is.
    """

    account: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class ChoosePassword:
    """Set the password (hashed) of the account that a link belongs to, and come in."""

    link: str
    password: str


@dataclass(frozen=True, slots=True)
class ChangeOwnPassword:
    """Set one's own password (hashed); every other session ends, `session` goes on."""

    password: str
    session: str


@dataclass(frozen=True, slots=True)
class ArmSecondFactor:
    """Ask for a code from now on: the sealed secret, the step just used, the hashes of the recovery codes."""

    totp: bytes
    step: int
    recovery: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DropSecondFactor:
    """Ask for no code any more."""


@dataclass(frozen=True, slots=True)
class EndOwnSession:
    """End one of one's own sessions, which is known by the start of its hash."""

    start: str


@dataclass(frozen=True, slots=True)
class AdmitAccount:
    """Open a session of an account that has proved itself; `pending` where it still owes its code.

    `tries` are forgotten; `step` or `recovery` is what it proved itself with, and cannot be used again.
    """

    account: str
    tries: tuple[str, ...] = ()
    pending: bool = False
    step: int | None = None
    recovery: str | None = None


@dataclass(frozen=True, slots=True)
class RefuseLogin:
    """Note a refused try of each of `tries`."""

    tries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SendMemberLink:
    """Mail the member of this address a link to their own page; of an unknown address nothing is said."""

    mail: str
    address: str


@dataclass(frozen=True, slots=True)
class InviteVisitor:
    """Let a visitor of `host` open `doors` over [starts_at, ends_at), by a code that hashes to `code`."""

    site: str
    doors: tuple[str, ...]
    visitor: str
    host: str
    code: str
    starts_at: datetime
    ends_at: datetime
    single_use: bool


@dataclass(frozen=True, slots=True)
class RevokePass:
    """Let a visitor's code open nothing any more."""

    visitor_pass: str


@dataclass(frozen=True, slots=True)
class UsePass:
    """Open the door at which a panel stands, where the code (hashed) that was typed there is a visitor's."""

    site: str
    door: str
    code: str


@dataclass(frozen=True, slots=True)
class SetUpPanel:
    """Make the one-time link that turns a browser into the panel at a door."""

    site: str
    door: str
