"""Loans of equipment: asked for at the desk, taken from and brought back to the item's own compartment."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from gateway.domain.journal import Entry
from gateway.domain.opening import closings
from gateway.domain.rights import CompartmentGrant

LoanStatus = Literal["ready", "out", "returned", "cancelled"]

_UNTIL_RETURNED = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Loan:
    """An item promised to a member from `asked_at`, to be back by `due_at`. Times are UTC.

    `taken_at` and `returned_at` are when the compartment was closed without the item, and with it again.
    """

    id: str
    site: str
    item: str
    compartment: str
    member: str
    asked_at: datetime
    due_at: datetime
    taken_at: datetime | None
    returned_at: datetime | None
    cancelled: bool

    @property
    def status(self) -> LoanStatus:
        if self.cancelled:
            return "cancelled"
        if self.returned_at is not None:
            return "returned"
        return "ready" if self.taken_at is None else "out"

    @property
    def why(self) -> str:
        """The name of the right that the loan gives."""
        return f"loan:{self.id}"

    def grant(self) -> CompartmentGrant | None:
        """Return the right to the compartment: to fetch until it is due, to bring back however late."""
        if self.status not in {"ready", "out"}:
            return None
        end = self.due_at if self.status == "ready" else _UNTIL_RETURNED
        return CompartmentGrant(self.site, self.compartment, self.member, self.why, self.asked_at, end)


def fold(loan: Loan, entries: Iterable[Entry]) -> Loan:
    """Return `loan` as `entries`, in order, leave it.

    The borrower opens by badge; the item sensor tells at closing whether the item is out or back, and where
    there is none, each closing is taken for what comes next.
    """
    for closing in closings(loan.site, loan.compartment, loan.why, lambda _: False, entries):
        if loan.status == "ready" and closing.item_present is not True:
            loan = replace(loan, taken_at=closing.at)
        elif loan.status == "out" and closing.item_present is not False:
            loan = replace(loan, returned_at=closing.at)
    return loan
