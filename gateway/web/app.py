"""The web application: pages for people, an API for machines, one way to refuse."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final, cast

from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.applications import Starlette

from gateway.web import problems
from gateway.web.api import (
    accounts,
    audit,
    bookings,
    calendars,
    cards,
    clock,
    door_modes,
    doors,
    enrolment,
    events,
    explain,
    gatherings,
    guests,
    hand_entries,
    health,
    keys,
    lists,
    lockers,
    members,
    nodes,
    occupancy,
    passes,
    privatisations,
    series,
    sites,
    statements,
    subscriptions,
    suspensions,
    visits,
)
from gateway.web.auth import shows_what_holds
from gateway.web.context import House
from gateway.web.guard import SECURITY_HEADERS, STAY_ON_HTTPS, BodyLimit, SecurityHeaders
from gateway.web.pages import account, live, login, me, openid, panel, statement
from gateway.web.pages import accounts as accounts_page
from gateway.web.pages import audit as audit_page
from gateway.web.pages import calendars as calendar_pages
from gateway.web.pages import doors as doors_page
from gateway.web.pages import explain as explain_page
from gateway.web.pages import keys as keys_page
from gateway.web.pages import members as members_pages
from gateway.web.pages import passes as passes_page
from gateway.web.picture import take
from gateway.web.refusals import Refusals
from gateway.web.stream import Hub

_STATIC: Final = Path(__file__).with_name("static")
_RESOURCES: Final = (
    sites,
    occupancy,
    nodes,
    enrolment,
    members,
    suspensions,
    guests,
    passes,
    cards,
    bookings,
    calendars,
    subscriptions,
    series,
    privatisations,
    lockers,
    doors,
    door_modes,
    gatherings,
    explain,
    visits,
    hand_entries,
    events,
    statements,
    lists,
    keys,
    accounts,
    audit,
    clock,
)
_PAGES: Final = (
    live,
    doors_page,
    calendar_pages,
    openid,
    login,
    statement,
    account,
    accounts_page,
    keys_page,
    explain_page,
    audit_page,
    me,
    members_pages,
    passes_page,
    panel,
)


def create_app(house: House) -> FastAPI:
    """Build the application that serves `house`. Its lifespan follows the gateway's live notices."""
    gateway = house.gateway
    hub = Hub(
        gateway.live,
        lambda: take(gateway.ledger, gateway.sites, gateway.clock.now()),
        {"occupancy": occupancy.render, **live.PAGE_VIEWS},
    )

    refusals = Refusals(gateway, panel.show_hint)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with hub.running():
            yield
        refusals.close()

    app = FastAPI(
        title="Passerelle",
        version=version("passerelle"),
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # these pages would load scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.house = house
    app.state.hub = hub
    app.state.refusals = refusals
    over_https = (house.public_url or "").startswith("https:")
    headers = {**SECURITY_HEADERS, **STAY_ON_HTTPS} if over_https else SECURITY_HEADERS
    problems.install(app, headers)
    app.add_middleware(BodyLimit, known=lambda request: shows_what_holds(request, house))
    app.add_middleware(SecurityHeaders, headers=headers)
    app.include_router(health.router)
    app.include_router(_api())
    app.include_router(subscriptions.addresses)
    for module in _PAGES:
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    return app


def end_streams(app: Starlette) -> None:
    """End what would never end by itself, so that a server can stop. To be called on the event loop."""
    cast("Hub", app.state.hub).close()
    cast("Refusals", app.state.refusals).close()


def _api() -> APIRouter:
    api = APIRouter(prefix="/api/v1")
    for module in _RESOURCES:
        api.include_router(module.router)
    return api
