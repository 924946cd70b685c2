"""Who looks at whom: reading about a named person is noted in the audit, before anything is shown."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends

from gateway.domain.authority import ANYONE
from gateway.web.auth import AnyVisitor
from gateway.web.context import TheGateway


def _look(gateway: TheGateway, asking: AnyVisitor) -> Callable[[str], None]:
    by = ANYONE if asking is None else asking.actor
    return lambda subject: gateway.registrar.look(by, subject)


LookAt = Annotated[Callable[[str], None], Depends(_look)]
"""How a route says whom it shows: `look_at("member:m-12")`, or `look_at("visits")` where it shows many."""


def looking_at(subject: str) -> Callable[[LookAt], None]:
    """Make the dependency of a route that shows `subject`, always the same."""

    def note(look_at: LookAt) -> None:
        look_at(subject)

    return note
