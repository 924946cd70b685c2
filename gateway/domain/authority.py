"""Who acts, and what they may do: scopes, and the roles that bundle them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self

Role = Literal["admin", "staff", "member", "billing", "viewer"]

Scope = Literal["see-place", "see-usage", "run-place", "administer", "see-own"]
"""See who and what is where now; see who was where; act on doors, people and lockers; let others in;
see what is kept of oneself, and change one's own way in.
"""

SCOPES_OF: Final[Mapping[Role, frozenset[Scope]]] = {
    "admin": frozenset({"see-place", "see-usage", "run-place", "administer", "see-own"}),
    "staff": frozenset({"see-place", "see-usage", "run-place", "see-own"}),
    "member": frozenset({"see-own"}),
    "billing": frozenset({"see-usage", "see-own"}),
    "viewer": frozenset({"see-place"}),
}


MEMBER: Final = "member:"
"""What stands before a member's id in an actor's, so that no member can have an account's."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a program that asks for something. `id` is no name: it may stand in logs."""

    id: str
    scopes: frozenset[Scope]

    @classmethod
    def of(cls, actor: str, role: Role) -> Self:
        """Return the actor who may do all that `role` may."""
        return cls(actor, SCOPES_OF[role])

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes


SYSTEM: Final = Actor.of("system", "admin")
"""The gateway itself, and whoever runs it at its machine."""

ANYONE: Final = Actor("anyone", frozenset())
"""Someone who has shown nothing yet."""
