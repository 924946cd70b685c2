"""Parcels: left in a compartment by a carrier, fetched by badge or by code until a deadline."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from gateway.domain.journal import Entry
from gateway.domain.opening import closings
from gateway.domain.rights import CompartmentGrant

ParcelStatus = Literal["waiting", "collected", "returned"]


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel for `member` (None: for someone who is none), kept from `dropped_at` until `deadline`, UTC.

    `code_hash` is the SHA-256 of the code that fetches it; `returned` says that the carrier took it back.
    """

    id: str
    site: str
    compartment: str
    member: str | None
    carrier: str
    code_hash: str | None
    dropped_at: datetime
    deadline: datetime
    collected_at: datetime | None
    returned: bool

    @property
    def status(self) -> ParcelStatus:
        if self.collected_at is not None:
            return "collected"
        return "returned" if self.returned else "waiting"

    @property
    def why(self) -> str:
        """The name of the right that the parcel gives."""
        return f"parcel:{self.id}"

    def opened_by(self, command: str) -> bool:
        """Whether the command of that id was given to fetch this parcel: its id ends in the parcel's."""
        return command.endswith(f"-{self.id}")

    def grant(self) -> CompartmentGrant | None:
        """Return its addressee's right to the compartment while it waits."""
        if self.member is None or self.status != "waiting":
            return None
        return CompartmentGrant(
            self.site, self.compartment, self.member, self.why, self.dropped_at, self.deadline
        )


def fold(parcel: Parcel, entries: Iterable[Entry]) -> Parcel:
    """Return `parcel` as `entries`, in order, leave it: collected at the first closing after a right opening.

    Where an item sensor still sees it at closing, it waits on.
    """
    if parcel.status != "waiting":
        return parcel
    for closing in closings(parcel.site, parcel.compartment, parcel.why, parcel.opened_by, entries):
        if closing.item_present is not True:
            return replace(parcel, collected_at=closing.at)
    return parcel
