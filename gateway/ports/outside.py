"""Whom the gateway tells: members, and the history of usage."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from gateway.domain.accounts import Account
from gateway.domain.bookings import Booking
from gateway.domain.history import Point
from gateway.domain.parcels import Parcel
from gateway.domain.people import Member
from protocol.site import Site


class Notifier(Protocol):
    """Telling a member, or someone of the staff, something."""

    def come_in(self, member: Member, url: str, until: datetime) -> None:
        """Tell a member the one-time link to their own page."""
        ...

    def choose_password(self, account: Account, url: str, until: datetime) -> None:
        """Tell someone of the staff the one-time link by which they choose a password."""
        ...

    def parcel_arrived(self, member: Member, parcel: Parcel, code: str) -> None: ...
    def space_came_free(self, member: Member, booking: Booking, site: Site) -> None:
        """Tell who waited for a space of `site` that `booking` is confirmed."""
        ...

    def forget(self, member: Member) -> None:
        """Drop what `member` was to be told and was not told yet."""
        ...


class NotWritten(Exception):
    """History did not take the points. They are in the ledger, and can be written later."""


class History(Protocol):
    """Usage for dashboards and queries, written from the ledger and rebuildable from it."""

    def write(self, points: Sequence[Point]) -> None:
        """Write all of `points`, each in the place of one with the same key. Raises NotWritten."""
        ...
