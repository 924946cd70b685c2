"""Where people may prove who they are, when that is not here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Departure:
    """Someone sent to the provider at `url`; the rest is what only they can come back with."""

    url: str
    state: str
    nonce: str
    verifier: str


class ProviderFailed(Exception):
    """The provider gave no answer, or none that holds; the text says why, for the log."""


class IdentityProvider(Protocol):
    """An OpenID Connect provider (OpenID Connect Core 1.0)."""

    @property
    def name(self) -> str:
        """How people call it."""
        ...

    def depart(self, back: str) -> Departure:
        """Prepare a login that comes back to the address `back`. Raises ProviderFailed."""
        ...

    def arrive(self, departure: Departure, code: str, back: str) -> Mapping[str, Any]:
        """Change a code into the claims about who came back. Raises ProviderFailed."""
        ...
