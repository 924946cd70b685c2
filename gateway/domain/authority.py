"""Who acts, and what they may do: scopes, and the roles that bundle them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self

Role = Literal["admin", "staff", "member", "billing", "viewer", "panel"]

Scope = Literal["see-place", "see-usage", "run-place", "administer", "see-own", "ask-at-door"]
"""See who and what is where now; see who was where; act on doors, people and lockers; let others in;
see what is kept of oneself, and change one's own way in; hand on a visitor's code from the panel at a door.
"""

SCOPES_OF: Final[Mapping[Role, frozenset[Scope]]] = {
    "admin": frozenset({"see-place", "see-usage", "run-place", "administer", "see-own"}),
    "staff": frozenset({"see-place", "see-usage", "run-place", "see-own"}),
    "member": frozenset({"see-own"}),
    "billing": frozenset({"see-usage", "see-own"}),
    "viewer": frozenset({"see-place"}),
    "panel": frozenset({"ask-at-door"}),
}


MEMBER: Final = "member:"
"""What stands before a member's id in an actor's, so that no member can have an account's."""


def panel_at(site: str, door: str) -> str:
    """Return the actor that the panel at a door is: a session at one door opens no other."""
    return f"panel:{site}/{door}"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a program that asks for something. `id` is no name: it may stand in logs.

    `sites` limit a program to what concerns them alone; None: no such limit.
    """

    id: str
    scopes: frozenset[Scope]
    sites: frozenset[str] | None = None

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
