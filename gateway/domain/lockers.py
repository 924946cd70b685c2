"""What loans and parcels together open."""

from collections.abc import Iterable
from datetime import datetime
from itertools import chain

from gateway.domain.loans import Loan
from gateway.domain.parcels import Parcel
from gateway.domain.rights import CompartmentGrant


def compartment_grants(
    loans: Iterable[Loan], parcels: Iterable[Parcel], now: datetime
) -> list[CompartmentGrant]:
    """List the rights to compartments that have not ended at `now`, loans first."""
    grants = (held.grant() for held in chain[Loan | Parcel](loans, parcels))
    return [grant for grant in grants if grant is not None and now < grant.end]
