"""The month's statement, for people: to read, to print, to hold against the month before."""

from datetime import date, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from gateway.domain.billing import RentLine, Statement
from gateway.domain.civil import day_of, first_day
from gateway.domain.tariff import NoTariffInForce, in_force
from gateway.web.auth import AnyVisitor, Visitor
from gateway.web.context import House, TheGateway, TheHouse
from gateway.web.i18n import Words, words_for
from gateway.web.monthly import TOWN, Month, month_of
from gateway.web.pages.rendering import page

router = APIRouter(prefix="/statements", include_in_schema=False)


@router.get("")
def this_month(gateway: TheGateway) -> Response:
    """Go to the month that it is in town."""
    return RedirectResponse(f"/statements/{day_of(gateway.clock.now(), TOWN):%Y-%m}", 303)


@router.get("/{month}")
def statement(request: Request, month: Month, house: TheHouse, visitor: AnyVisitor) -> HTMLResponse:
    """Show the month, or how to get in."""
    if visitor is None:
        return page(request, "message.html", None, 401, kind="closed", more="closed_first")
    if not visitor.may("see-usage"):
        return page(request, "message.html", visitor, 403, kind="forbidden", more=None)
    return _month(request, month, house, visitor)


def _month(request: Request, month: str, house: House, visitor: Visitor) -> HTMLResponse:
    first = first_day(month)
    try:
        found: Statement | None = month_of(house, month)
        tariff = in_force(house.tariffs, month)
    except NoTariffInForce:
        found, tariff = None, None
    words = words_for(request)
    return page(
        request,
        "statement.html",
        visitor,
        statement=found,
        tariff=tariff,
        month_name=words.month(first.month),
        year=first.year,
        before=f"{first - timedelta(days=1):%Y-%m}",
        after=_following(first, house),
        site_names={site.id: site.name for site in house.gateway.sites.values()},
        bracket=lambda line: _bracket(line, words),
    )


def _following(first: date, house: House) -> str | None:
    following = (first + timedelta(days=31)).replace(day=1)
    begun = following <= day_of(house.gateway.clock.now(), TOWN)
    return f"{following:%Y-%m}" if begun else None


def _bracket(line: RentLine, words: Words) -> str:
    if line.first == line.last:
        return words(f"statement_bracket_{'only' if line.first == 1 else 'single'}", first=line.first)
    key = "statement_bracket_first" if line.first == 1 else "statement_bracket_users"
    return words(key, first=words.number(line.first), last=words.number(line.last))
