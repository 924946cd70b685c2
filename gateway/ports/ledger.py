"""The ledger as a whole: the only way to the records, one transaction at a time."""

from contextlib import AbstractContextManager
from typing import Protocol

from gateway.ports.accounts import Accounts
from gateway.ports.audit import Audit
from gateway.ports.calendars import Calendars
from gateway.ports.door_modes import DoorModes
from gateway.ports.enrolment import Enrolments
from gateway.ports.journal import Journal
from gateway.ports.keys import Keys
from gateway.ports.nodes import Nodes
from gateway.ports.privacy import Pseudonyms
from gateway.ports.projections import Projections
from gateway.ports.records import Bookings, Lockers, People
from gateway.ports.subscriptions import Subscriptions
from gateway.ports.visitors import Passes


class Books(Protocol):
    """Everything the ledger holds, within one transaction."""

    @property
    def journal(self) -> Journal: ...
    @property
    def people(self) -> People: ...
    @property
    def bookings(self) -> Bookings: ...
    @property
    def calendars(self) -> Calendars: ...
    @property
    def subscriptions(self) -> Subscriptions: ...
    @property
    def door_modes(self) -> DoorModes: ...
    @property
    def lockers(self) -> Lockers: ...
    @property
    def projections(self) -> Projections: ...
    @property
    def nodes(self) -> Nodes: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def pseudonyms(self) -> Pseudonyms: ...
    @property
    def passes(self) -> Passes: ...

    def note(self, key: str) -> str | None:
        """Read a remembered word, such as how far a cursor has come."""
        ...

    def remember(self, key: str, value: str) -> None: ...


class LedgerFailed(Exception):
    """The ledger could not be read or written, whatever was asked of it: its disk is full, locked, broken."""


class Ledger(Protocol):
    """The truth. Its `id` is fixed when it is born: nodes ignore the acknowledgements of another.

    Both ways to it raise LedgerFailed where the ledger itself fails; nothing has changed then.
    """

    id: str

    def writing(self) -> AbstractContextManager[Books]:
        """One transaction, on the disk when it ends; undone where the body raises."""
        ...

    def reading(self) -> AbstractContextManager[Books]: ...
    def compact(self) -> None:
        """Leave nothing on the disk of what was deleted or overwritten. Raises LedgerFailed."""
        ...
