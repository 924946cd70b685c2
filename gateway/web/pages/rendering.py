"""Turning templates into pages."""

from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway.web.auth import Visitor
from gateway.web.i18n import LANGUAGE_COOKIE, LANGUAGES, words_for

_WEB: Final = Path(__file__).parents[1]
_A_YEAR_S: Final = 365 * 24 * 3600

templates: Final = Environment(
    loader=FileSystemLoader(_WEB / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(
    request: Request, template: str, visitor: Visitor | None, status: int = 200, **values: Any
) -> HTMLResponse:
    """Render `template` as a whole page, in the reader's language, which a cookie then remembers."""
    words = words_for(request)
    links = {
        "live": visitor is not None and visitor.may("see-place"),
        "own": visitor is not None and visitor.role == "member",
        "account": visitor is not None and visitor.may("see-own") and visitor.role != "member",
        "doors": visitor is not None and visitor.may("run-place"),
        "passes": visitor is not None and visitor.may("run-place"),
        "administer": visitor is not None and visitor.may("administer"),
        "members": visitor is not None and visitor.may("run-place"),
        "calendars": visitor is not None and visitor.may("run-place"),
        "statement": visitor is not None and visitor.may("see-usage"),
        "explain": visitor is not None and visitor.may("run-place"),
        "audit": visitor is not None and visitor.may("administer"),
    }
    body = templates.get_template(template).render(
        t=words, visitor=visitor, links=links, path=request.url.path, **values
    )
    response = HTMLResponse(body, status)
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, words.language, max_age=_A_YEAR_S, samesite="lax")
    return response


def turned_away(request: Request, status: int) -> Response:
    """Lead to the login who has shown nothing (401); tell anybody else that a page is not for them."""
    if status == HTTPStatus.UNAUTHORIZED:
        return RedirectResponse("/login", HTTPStatus.SEE_OTHER)
    return page(request, "message.html", None, status, kind="forbidden", more=None)
