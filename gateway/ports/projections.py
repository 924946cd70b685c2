"""What is worked out from the journal, and can be worked out again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple, Protocol

from gateway.domain.clones import Clone
from gateway.domain.occupancy import SpaceState
from gateway.domain.visits import Visit


class Part(NamedTuple):
    """What is worked out at once or not at all.

    `subject` is the civil day of visits, bookings and clones, "today" for spaces, the id of a loan or parcel.
    """

    site: str
    projection: Literal["visits", "bookings", "clones", "spaces", "loan", "parcel"]
    subject: str


@dataclass(frozen=True, slots=True)
class Standstill:
    """A part that could not be worked out since then, and why: it tells what it told before."""

    part: Part
    since: datetime
    reason: str


class Projections(Protocol):
    """What is worked out from the journal, and can be worked out again."""

    def replace_visits(self, site: str, day: date, visits: Iterable[Visit]) -> bool:
        """Put `visits` in the place of that day's. False where nothing changed."""
        ...

    def visits(self, start: date, end: date, site: str | None = None) -> list[Visit]:
        """Visits of the civil days in [start, end)."""
        ...

    def visits_of(self, member: str) -> list[Visit]: ...
    def rename_visitors(
        self, names: Mapping[str, str], start: date, end: date, site: str | None = None
    ) -> int:
        """Put other ids on the visits of the civil days in [start, end), by the old ones; return how many."""
        ...

    def forget_visits(self, before: date) -> int: ...
    def days(self, site: str, *, unended: bool = False) -> list[date]:
        """Return the civil days that have visits, or those that have visits without an end."""
        ...

    def days_come(self, members: Sequence[str], start: date, end: date) -> dict[str, frozenset[date]]:
        """Return the civil days in [start, end) on which each of `members` came, at any site."""
        ...

    def replace_clones(self, site: str, day: date, clones: Iterable[Clone]) -> bool:
        """Put `clones` in the place of that day's. False where nothing changed."""
        ...

    def clones(self, site: str, since: datetime) -> list[Clone]: ...
    def replace_spaces(self, site: str, states: Mapping[str, SpaceState]) -> bool: ...
    def spaces(self, site: str) -> dict[str, SpaceState]: ...
    def stand_still(self, standstill: Standstill) -> None: ...
    def go_on(self, part: Part) -> None: ...
    def standstills(self) -> list[Standstill]:
        """Return the parts that stand still, the longest first."""
        ...
