"""All that the access lists of a site are compiled from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from gateway.domain.bookings import Booking
from gateway.domain.door_modes import DoorMode
from gateway.domain.people import Credential, Member, Suspension
from gateway.domain.privatisation import Privatisation
from gateway.domain.rights import CompartmentGrant
from gateway.domain.visitor_passes import VisitorPass


@dataclass(frozen=True, slots=True)
class Claims:
    """What people may claim at the doors and lockers of a site, from which its lists are compiled.

    `ends` tells of bookings that ended before their time when that was.
    `days_come` are the civil days of the running months on which members came, where their plan counts them.
    `full` are the spaces that have no room left.
    """

    members: Sequence[Member]
    credentials: Sequence[Credential]
    bookings: Sequence[Booking] = ()
    grants: Sequence[CompartmentGrant] = ()
    suspensions: Sequence[Suspension] = ()
    days_come: Mapping[str, frozenset[date]] = field(default_factory=dict)
    ends: Mapping[str, datetime] = field(default_factory=dict)
    privatisations: Sequence[Privatisation] = ()
    modes: Sequence[DoorMode] = ()
    full: frozenset[str] = frozenset()
    passes: Sequence[VisitorPass] = ()
