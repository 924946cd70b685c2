"""Times as people send them: with an offset, or as the clocks of the site show them."""

from datetime import datetime

from gateway.commands import Fault, Refused
from gateway.domain.bookings import LocalTimeUnclear, local_to_utc
from gateway.service import Gateway
from protocol.base import in_utc
from protocol.site import Site


def site_of(gateway: Gateway, site: str) -> Site:
    """Return the site of this id, whose clocks count. Raises Refused where there is none."""
    try:
        return gateway.sites[site]
    except KeyError:
        known = ", ".join(gateway.sites)
        raise Refused("invalid", Fault("/site", "unknown_site", f"one of {known}")) from None


def moment(sent: datetime, site: Site, pointer: str) -> datetime:
    """Return `sent` in UTC; without an offset it is local to `site`.

    Raises Refused where the clocks of the site show that time twice, or never, and outside 1970 to 2199.
    """
    try:
        return in_utc(local_to_utc(sent, site.zone) if sent.tzinfo is None else sent)
    except LocalTimeUnclear as unclear:
        raise Refused("invalid", Fault(pointer, "local_time_unclear", str(unclear))) from unclear
    except (OverflowError, ValueError) as beyond:
        text = "expected a time from 1970 to 2199"
        raise Refused("invalid", Fault(pointer, "out_of_range", text)) from beyond
