"""What stands around every request: a limit to bodies, and headers that tell browsers to be strict."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

STAY_ON_HTTPS: Final[Mapping[str, str]] = {"Strict-Transport-Security": "max-age=31536000"}
"""Goes with them where pages come over HTTPS: browsers then ask for nothing else for a year (RFC 6797)."""

_MIB: Final = 1024 * 1024
_LARGEST: Final = _MIB
_LARGEST_OF_STRANGERS: Final = 64 * 1024
_LARGEST_IMPORT: Final = 16 * _MIB
_IMPORTS: Final = ("/api/v1/imports/", "/calendars/")


class SecurityHeaders:
    """Adds `headers` to every answer, and forbids keeping any that does not say otherwise."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_guarded if scope["type"] == "http" else send)


class BodyLimit:
    """Refuses bodies over 1 MiB, imports over 16 MiB, whether or not they announce their length.

    Who shows nothing that holds (`known` says so) has 64 KiB: bodies are read before anybody else asks.
    """

    def __init__(self, app: ASGIApp, known: Callable[[Request], bool]) -> None:
        self._app = app
        self._known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = int(Headers(scope=scope).get("content-length", "0"))
        limit, taken = _LARGEST_OF_STRANGERS, 0
        if announced > limit or "chunked" in Headers(scope=scope).get("transfer-encoding", ""):
            limit = await self._limit_of(scope)

        async def receive_limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if max(taken, announced) > limit:
                raise HTTPException(413, f"a body here has at most {limit} bytes")
            return message

        await self._app(scope, receive_limited, send)

    async def _limit_of(self, scope: Scope) -> int:
        if not await asyncio.to_thread(self._known, Request(scope)):
            return _LARGEST_OF_STRANGERS
        return _LARGEST_IMPORT if scope["path"].startswith(_IMPORTS) else _LARGEST
