"""Coming in by an OpenID Connect provider, where one is set up."""

import hmac
import logging
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from gateway.ports import Departure, ProviderFailed
from gateway.web.auth import begin_session, over_https
from gateway.web.context import House, TheHouse
from gateway.web.mailing import base_url
from gateway.web.pages.rendering import page

router = APIRouter(prefix="/login/oidc", include_in_schema=False)

_log = logging.getLogger(__name__)
_COOKIE: Final = "passerelle_oidc"
_PATH: Final = "/login/oidc"
_LIVES_S: Final = 600


@router.get("")
def depart(request: Request, house: TheHouse) -> Response:
    """Send someone to the provider; their browser keeps what they must come back with."""
    if house.openid is None:
        return RedirectResponse("/login", 303)
    try:
        leaving = house.openid.depart(_back(request, house))
    except ProviderFailed as failure:
        return _failed(request, str(failure))
    response = RedirectResponse(leaving.url, 303)
    kept = f"{leaving.state}.{leaving.nonce}.{leaving.verifier}"
    secure = over_https(request, house)
    response.set_cookie(
        _COOKIE, kept, max_age=_LIVES_S, path=_PATH, httponly=True, samesite="lax", secure=secure
    )
    return response


@router.get("/back")
def arrive(request: Request, house: TheHouse, state: str = "", code: str = "") -> Response:
    """Let in who comes back from the provider, and has an account or is due one."""
    kept = request.cookies.get(_COOKIE, "").split(".")
    if house.openid is None or len(kept) != 3 or not hmac.compare_digest(kept[0], state):  # noqa: PLR2004
        return _failed(request, "came back with another state than it left with")
    try:
        claims = house.openid.arrive(Departure("", *kept), code, _back(request, house))
    except ProviderFailed as failure:
        return _failed(request, str(failure))
    entered = house.logins.recognise(claims)
    if entered is None:
        return page(request, "message.html", None, 403, kind="oidc_unknown", more=None)
    response = RedirectResponse("/login/code" if entered.pending else "/", 303)
    begin_session(request, house, response, entered.secret)
    response.delete_cookie(_COOKIE, path=_PATH)
    return response


def _back(request: Request, house: House) -> str:
    return f"{base_url(request, house)}{_PATH}/back"


def _failed(request: Request, why: str) -> Response:
    _log.warning("event=openid_failed why=%s", why)
    return page(request, "message.html", None, 400, kind="oidc_failed", more=None)
