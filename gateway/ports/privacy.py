"""Who stands in for people whom nobody may know any more, and until which day there are only such."""

from datetime import date
from typing import Protocol

from gateway.domain.people import Pseudonym


class Pseudonyms(Protocol):
    """Pseudonyms by month; while a month is being worked through, whose each is."""

    def nameless_before(self, site: str) -> date:
        """Return the day of `site` before which its records name nobody."""
        ...

    def move_on(self, site: str, before: date) -> None: ...
    def of_month(self, month: str) -> list[Pseudonym]: ...
    def of(self, member: str, month: str) -> Pseudonym | None:
        """Return the pseudonym of `member` in `month`, where that is still known."""
        ...

    def whose(self, month: str) -> dict[str, str]:
        """Return the members by the ids of their pseudonyms, as far as that is still known."""
        ...

    def add(self, pseudonym: Pseudonym, member: str | None) -> None: ...
    def unlink(self, *, before_month: str | None = None, member: str | None = None) -> int:
        """Destroy the knowledge of whose pseudonyms these are: of months before one, or of a member."""
        ...

    def forget(self, before_month: str) -> int: ...
