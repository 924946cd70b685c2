"""Passes of visitors, and the hash under which their codes are known."""

from datetime import datetime
from typing import Protocol

from gateway.domain.visitor_passes import VisitorPass


class Passes(Protocol):
    """Passes of visitors, as long as they are kept."""

    def put(self, visitor_pass: VisitorPass) -> None:
        """Keep `visitor_pass`, in the place of the one with its id."""
        ...

    def all(self) -> list[VisitorPass]:
        """Return every pass, the one that begins last first."""
        ...

    def get(self, visitor_pass: str) -> VisitorPass | None: ...
    def by_code(self, code: str) -> VisitorPass | None: ...
    def of(self, host: str) -> list[VisitorPass]: ...
    def forget_of(self, host: str) -> None: ...
    def forget_ended(self, before: datetime) -> int: ...
