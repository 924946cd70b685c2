"""How long what names somebody is kept, by which rule; and what remains of a badge without its holder.

A civil month (of the site) goes as a whole, as soon as its first day is too old: else the link between a
person and the pseudonym of a month would outlive the limit, by as long as that month's last days are named.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.domain.civil import day_of

NAMED_DAYS: Final = 90
"""The most days that a door event may name somebody: three months, by the CNIL's practice for access control
("L'accès aux locaux et le contrôle des horaires", after its former norm NS-42)."""

AUDIT_MONTHS: Final = (6, 12)
"""How long who did what may be kept: six months to a year (CNIL, délibération 2021-122 on logging)."""

STATEMENT_YEARS: Final = (6, 10)
"""How long what was billed is kept: six years for the tax office (LPF L102 B), ten for the books (Code de
commerce L123-22)."""

BACKUP_DAYS: Final = 90
"""The most days that a backup may be kept: what it names is as old as it was, and older."""

_LOCKERS: Final = ("loan", "parcel")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long is kept what names somebody."""

    named_days: int = NAMED_DAYS
    audit_months: int = AUDIT_MONTHS[1]
    statement_years: int = STATEMENT_YEARS[1]
    backup_days: int = 30


def nameless_before(now: datetime, named_days: int, zone: ZoneInfo) -> date:
    """Return the civil day of `zone` before which nobody may be named at `now`: the first of a month."""
    return following_month(day_of(now - timedelta(days=named_days), zone))


def following_month(day: date) -> date:
    """Return the first day of the month after that of `day`."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def unbilled_before(now: datetime, statement_years: int) -> date:
    """Return the first of the oldest month that the books still need at `now`."""
    return date(now.year - statement_years, now.month, 1)


def of_locker(why: str | None) -> bool:
    """Whether a badge opened a compartment: its loan or parcel must still be found by it."""
    return why is not None and why.partition(":")[0] in _LOCKERS


def bare(why: str | None) -> str | None:
    """Return by what right a badge was granted, without saying whose: an office may have one tenant."""
    return why if why is None or of_locker(why) else why.partition(":")[0]
