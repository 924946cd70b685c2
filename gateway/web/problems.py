"""How the gateway says over HTTP that something was wrong: problem details (RFC 9457)."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from gateway.commands import Fault, Refused
from gateway.ports import LedgerFailed
from gateway.web.pages.rendering import turned_away

_log = logging.getLogger(__name__)

STATUS_OF_REFUSAL: Final = {
    "not_found": 404,
    "invalid": 422,
    "conflict": 409,
    "unavailable": 503,
    "forbidden": 403,
}


_TURNED_AWAY: Final = (401, 403)


class Problem(JSONResponse):
    """One problem. `faults` point at fields of the request's body (RFC 6901)."""

    media_type = "application/problem+json"

    def __init__(
        self,
        status: int,
        detail: str,
        faults: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        errors = [{"pointer": f.pointer, "code": f.code, "detail": f.text, **f.facts} for f in faults]
        body = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "errors": errors,
        }
        super().__init__(body, status, dict(headers or {}))


def install(app: FastAPI, headers: Mapping[str, str]) -> None:
    """Answer every error of `app` with a problem; `headers` go with those that no middleware sees."""

    @app.exception_handler(Refused)
    def refused(_: Request, refusal: Refused) -> Problem:
        return Problem(STATUS_OF_REFUSAL[refusal.kind], str(refusal), refusal.faults)

    @app.exception_handler(LedgerFailed)
    def ledger_failed(_: Request, failure: LedgerFailed) -> Problem:
        return Problem(503, f"the ledger cannot be read or written: {failure}")

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:
        if _is_for_a_person(request) and error.status_code in _TURNED_AWAY:
            return turned_away(request, error.status_code)
        return Problem(error.status_code, error.detail, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> Problem:
        faults = [Fault(_pointer(found), found["type"], found["msg"]) for found in error.errors()]
        told = "; ".join(f"{fault.pointer or 'body'}: {fault.text}" for fault in faults)
        return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, told, faults)

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> Problem:
        path = getattr(
            request.scope.get("route"), "path", "unknown"
        )  # the whole one may hold a login's secret
        _log.error("event=request_failed method=%s path=%s error=%r", request.method, path, error)
        return Problem(500, "the gateway failed to do this; its log says why", headers=headers)


def _is_for_a_person(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def moved(refusal: Refused, start: str, to: str) -> Refused:
    """Return `refusal` for a body in which what a command has at the pointer `start` is found at `to`."""
    faults = (replace(fault, pointer=to + fault.pointer.removeprefix(start)) for fault in refusal.faults)
    return Refused(refusal.kind, *faults)


def _pointer(found: Mapping[str, Any]) -> str:
    """Write the place of an error as a JSON pointer; of what is no JSON at all, the whole is wrong."""
    path = () if found["type"] == "json_invalid" else found["loc"][1:]
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
