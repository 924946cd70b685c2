"""When a site is open, and to whom: its weekdays without closures, and the hours of a plan."""

from datetime import date

from gateway.domain.civil import at_local, weekday_of
from gateway.domain.interval import Interval
from protocol.closures import closed_for
from protocol.site import Plan, Site


def open_to(site: Site, day: date, plan: Plan) -> Interval | None:
    """Return when `site` is open on `day` to members of `plan`, in UTC; None where not at all."""
    hours = site.opening.get(weekday_of(day))
    if hours is None or closed_for(site, day) is not None:
        return None
    opens, closes = hours.opens, hours.closes
    narrower = site.plan(plan).hours
    if narrower is not None:
        theirs = narrower.get(weekday_of(day))
        if theirs is None:
            return None
        opens, closes = max(opens, theirs.opens), min(closes, theirs.closes)
    interval = Interval(at_local(day, opens, site.zone), at_local(day, closes, site.zone))
    return None if interval.empty else interval
