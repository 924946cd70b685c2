"""All that access lists are compiled from, in one hand."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from gateway.domain.access import CompartmentGrant, compile_list
from gateway.domain.bookings import Booking
from gateway.domain.people import Credential, Member
from protocol.access import AccessList
from protocol.site import Site
from tests.unit.gateway.domain.building import SITE, paris

NOW = paris("10:00")


class World(NamedTuple):
    """Members, credentials, bookings and locker grants."""

    members: list[Member]
    credentials: list[Credential]
    bookings: Sequence[Booking] = ()
    grants: Sequence[CompartmentGrant] = ()

    def compile(
        self,
        node: str = "ss-entrance",
        now: datetime = NOW,
        previous: AccessList | None = None,
        site: Site = SITE,
        sealed_to: str | None = None,
    ) -> AccessList:
        revision = previous.revision + 1 if previous else 1
        return compile_list(
            site,
            node,
            self.members,
            self.credentials,
            self.bookings,
            self.grants,
            now,
            previous,
            revision,
            sealed_to,
        )
