"""Coming in by mail address and password: checked outside every transaction, for that takes its time."""

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Final

from gateway import commands as ask
from gateway.commands import Command
from gateway.domain.accounts import FREE_TRIES, Account, same_mail
from gateway.domain.authority import SYSTEM, Actor, Role
from gateway.ports import Clock, Ledger, Passwords, SecondFactor

_FREE_TRIES_OF_AN_ADDRESS: Final = 6 * FREE_TRIES  # a whole team may sit behind one
_FREE_LINKS_OF_AN_ADDRESS: Final = 200
_AT_A_TIME: Final = 2  # each takes 64 MiB and a processor for a while
_BUSY: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class RolesByClaim:
    """Which role a provider's `claim` gives to whom no account is known of; the first that fits."""

    claim: str
    roles: Mapping[str, Role]

    def role(self, claims: Mapping[str, Any]) -> Role | None:
        """Return the role that is due by `claims`."""
        told = claims.get(self.claim, ())
        values = {told} if isinstance(told, str) else set(told) if isinstance(told, list) else set()
        return next((role for value, role in self.roles.items() if value in values), None)


@dataclass(frozen=True, slots=True)
class Entered:
    """Who came in: the secret of the session, or of a `pending` one that owes a code."""

    secret: str
    pending: bool


class TooManyTries(Exception):
    """No try is heard for `wait`: too many were refused before."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"too many tries: wait {wait.total_seconds():.0f} s")
        self.wait = wait


class Logins:
    """Lets people of the staff in. Whether an address is known cannot be told from answer or time.

    Refused tries are counted in the ledger, of the address that was meant and of where they came from:
    so a restart forgives nothing.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        handle: Callable[[Command, Actor], Any],
        passwords: Passwords,
        factor: SecondFactor,
        roles: RolesByClaim | None = None,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._handle = handle
        self._checking = threading.BoundedSemaphore(_AT_A_TIME)
        self.passwords = passwords
        self.factor = factor
        self._roles = roles

    def enter(self, mail: str, password: str, address: str) -> Entered | None:
        """Open a session where the password is right, None where not. Raises TooManyTries."""
        subjects = _subjects(mail, address)
        with self._turn(subjects):
            with self._ledger.reading() as books:
                account = books.accounts.by_mail(mail)
            usable = account if account is not None and account.open else None
            right = self.passwords.fits(password, usable.password if usable else None)
            if usable is None or not right:
                self._handle(ask.RefuseLogin(subjects), SYSTEM)
                return None
        pending = usable.totp is not None
        forgotten = () if pending else subjects[:1]
        return Entered(self._handle(ask.AdmitAccount(usable.id, forgotten, pending), SYSTEM), pending)

    def confirm(self, account: Account, code: str, address: str) -> str | None:
        """Open the session that a right code is due, None where it is wrong. Raises TooManyTries."""
        subjects = _subjects(account.mail, address)
        with self._turn(subjects):
            step, recovery = self._proof(account, code)
            if step is None and recovery is None:
                self._handle(ask.RefuseLogin(subjects), SYSTEM)
                return None
        admitted = ask.AdmitAccount(account.id, subjects[:1], step=step, recovery=recovery)
        try:
            return str(self._handle(admitted, SYSTEM))
        except ask.Refused:  # used in between
            return None

    def recognise(self, claims: Mapping[str, Any]) -> Entered | None:
        """Open a session for whom a provider vouches: by verified mail, else by a claim with a role."""
        mail = claims.get("email")
        if not isinstance(mail, str) or claims.get("email_verified") is not True:
            return None
        with self._ledger.reading() as books:
            account = books.accounts.by_mail(mail)
        if account is None:
            role = self._roles.role(claims) if self._roles else None
            if role is None:
                return None
            name = str(claims.get("name") or mail)[:100]
            account, _ = self._handle(ask.InviteAccount(mail, name, role), SYSTEM)
        if not account.open:
            return None
        pending = account.totp is not None
        return Entered(self._handle(ask.AdmitAccount(account.id, (), pending), SYSTEM), pending)

    def own_password_is(self, account: Account, password: str) -> bool:
        """Whether this is the account's password, asked again before something grave. Raises TooManyTries."""
        subjects = _subjects(account.mail, "")[:1]
        with self._turn(subjects):
            right = self.passwords.fits(password, account.password)
            if not right:
                self._handle(ask.RefuseLogin(subjects), SYSTEM)
        return right

    def mail_link(self, mail: str, pages: str, address: str) -> None:
        """Mail a member a link to `pages`. Raises TooManyTries, for every wish counts as one.

        They are counted of the mail from wherever they come, for they fill one letter box; and of the
        address with patience, for a whole building may have but one.
        """
        subjects = (f"mail:{_hashed(same_mail(mail))}:link", f"address:{_network(address)}:link")
        with self._turn(subjects):
            self._handle(ask.RefuseLogin(subjects), SYSTEM)
        self._handle(ask.SendMemberLink(mail, pages), SYSTEM)

    @contextmanager
    def _turn(self, subjects: tuple[str, ...]) -> Iterator[None]:
        """Check a try while few others are: what is tried all at once is counted before it is heard."""
        if not self._checking.acquire(timeout=_BUSY.total_seconds()):
            raise TooManyTries(_BUSY)
        try:
            wait = max(self._wait(subject) for subject in subjects)
            if wait:
                raise TooManyTries(wait)
            yield
        finally:
            self._checking.release()

    def _wait(self, subject: str) -> timedelta:
        with self._ledger.reading() as books:
            tries = books.accounts.tries(subject)
        if tries is None:
            return timedelta()
        return tries.wait(self._clock.now(), _free_tries(subject))

    def _proof(self, account: Account, code: str) -> tuple[int | None, str | None]:
        if account.totp is None:
            return None, None
        step = self.factor.step(account.totp, code, self._clock.now().timestamp())
        if step is not None and step > account.totp_step:
            return step, None
        recovery = recovery_hash(code)
        return None, recovery if recovery in account.recovery else None


def recovery_hash(code: str) -> str:
    """Return what the ledger keeps of a recovery code, however it was typed."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()


def _subjects(mail: str, address: str) -> tuple[str, str]:
    """Name what tries are counted of: the account that was meant, known or not, and all, from there.

    Not the account alone: whoever knows its mail could keep its owner out from anywhere.
    """
    return f"mail:{_hashed(same_mail(mail), _network(address))}", f"address:{_network(address)}"


def _hashed(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:24]


def _free_tries(subject: str) -> int:
    """Say how many failures in a row cost nothing."""
    if not subject.startswith("address:"):
        return FREE_TRIES
    return _FREE_LINKS_OF_AN_ADDRESS if subject.endswith(":link") else _FREE_TRIES_OF_AN_ADDRESS


def _network(address: str) -> str:
    """Return an address by which one household is known: of IPv6 a household has a whole /64."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((known, 64), strict=False)) if isinstance(known, IPv6Address) else address
