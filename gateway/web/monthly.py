"""The month as the town sees it, worked out from the visits in the ledger."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import StringConstraints

from gateway.domain.billing import Statement, statement
from gateway.domain.civil import first_day
from gateway.domain.people import Member, Pseudonym
from gateway.domain.tariff import in_force
from gateway.web.context import House

TOWN: Final = ZoneInfo("Europe/Paris")
"""Whose civil months are billed."""

Month = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
"""A civil month, such as "2026-11"."""


def month_of(house: House, month: str) -> Statement:
    """Draw up the statement of `month` over all sites. Raises NoTariffInForce."""
    tariff = in_force(house.tariffs, month)
    first = first_day(month)
    following = (first + timedelta(days=31)).replace(day=1)
    with house.gateway.ledger.reading() as books:
        whose = books.pseudonyms.whose(month)  # while names are being taken out, nobody counts twice
        visits = [
            replace(visit, member=whose.get(visit.member, visit.member))
            for visit in books.projections.visits(first, following)
        ]
        people: list[Member | Pseudonym] = [*books.people.members(), *books.pseudonyms.of_month(month)]
    return statement(month, visits, people, tariff, TOWN, house.gateway.clock.now())
