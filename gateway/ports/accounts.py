"""Accounts of the staff, and what proves that somebody is who they say."""

from datetime import datetime
from typing import Protocol

from gateway.domain.accounts import Account, Tries


class Accounts(Protocol):
    """Everybody of the staff, and the tries that were refused."""

    def put(self, account: Account) -> None:
        """Keep `account`, in the place of the one with its id."""
        ...

    def all(self) -> list[Account]: ...
    def get(self, account: str) -> Account | None: ...
    def by_mail(self, mail: str) -> Account | None: ...
    def tries(self, subject: str) -> Tries | None: ...
    def put_tries(self, tries: Tries) -> None: ...
    def forget_tries(self, subject: str) -> None: ...
    def forget_tries_before(self, moment: datetime) -> int: ...


class Passwords(Protocol):
    """Slow hashes of passwords, so that stolen ones are of little use."""

    def hash(self, password: str) -> str: ...
    def fits(self, password: str, hashed: str | None) -> bool:
        """Whether it is the password of that hash; of None it takes as long, and is not."""
        ...


class SecondFactor(Protocol):
    """Time-based codes (RFC 6238), their secrets sealed under a key that is not in the ledger."""

    def new(self) -> bytes:
        """Return a sealed secret."""
        ...

    def address(self, sealed: bytes, mail: str) -> str:
        """Return the `otpauth:` address that an authenticator reads."""
        ...

    def secret(self, sealed: bytes) -> str:
        """Return the secret as a person may type it (base 32)."""
        ...

    def opened(self, text: str) -> bytes | None:
        """Return the sealed secret that stands in `text` (base 64); None where it was not sealed here."""
        ...

    def step(self, sealed: bytes, code: str, at: float) -> int | None:
        """Return the time step that `code` fits at `at` (seconds since 1970); None where it fits none."""
        ...
