"""All that access lists are compiled from, in one hand."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from gateway.domain.access import Compiler
from gateway.domain.bookings import Booking
from gateway.domain.claims import Claims
from gateway.domain.people import Credential, Member, Suspension
from gateway.domain.privatisation import Privatisation
from gateway.domain.rights import CompartmentGrant
from protocol.access import AccessList
from protocol.site import Site
from tests.unit.gateway.domain.building import SITE, paris

NOW = paris("10:00")


class World(NamedTuple):
    """What people may claim at a site."""

    members: Sequence[Member]
    credentials: Sequence[Credential]
    bookings: Sequence[Booking] = ()
    grants: Sequence[CompartmentGrant] = ()
    suspensions: Sequence[Suspension] = ()
    days_come: Mapping[str, frozenset[date]] = {}
    ends: Mapping[str, datetime] = {}
    privatisations: Sequence[Privatisation] = ()

    def compile(
        self,
        node: str = "ss-entrance",
        now: datetime = NOW,
        previous: AccessList | None = None,
        site: Site = SITE,
        sealed_to: str | None = None,
    ) -> AccessList:
        revision = previous.revision + 1 if previous else 1
        return Compiler(site, Claims(*self), now).list_of(node, previous, revision, sealed_to)
