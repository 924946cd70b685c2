"""Who is asking: an API key in the Authorization header, or a session in a cookie."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from gateway.commands import Command
from gateway.domain.authority import ANYONE, Actor, Scope
from gateway.ports import Key, Ledger
from gateway.web.context import TheGateway

SESSION_COOKIE: Final = "passerelle_session"

_TELLING: Final = 12  # so much of a hash tells one key from the others, and opens nothing
_NOTE_USE_EVERY: Final = timedelta(minutes=1)
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who was let in, as what, until when."""

    name: str
    actor: Actor
    expires_at: datetime

    def may(self, scope: Scope) -> bool:
        return self.actor.may(scope)


def visitor(request: Request, gateway: TheGateway) -> Visitor | None:
    """Say who is asking; None where nothing was shown. Raises 401 for a key that does not hold."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    now = gateway.clock.now()
    if scheme.lower() == "bearer":
        key = _holds(gateway.ledger, secret.strip(), "api", now)
        if key is None:
            gateway.registrar.refuse(ANYONE, route_of(request))
            raise HTTPException(401, "this key is unknown or has expired", {"WWW-Authenticate": "Bearer"})
    else:
        key = _holds(gateway.ledger, request.cookies.get(SESSION_COOKIE, ""), "session", now)
        if key is not None:
            _refuse_foreign_form(request)
    if key is None:
        return None
    return Visitor(key.name, Actor.of(f"{key.kind}:{key.hash[:_TELLING]}", key.role), key.expires_at)


AnyVisitor = Annotated[Visitor | None, Depends(visitor)]


def allow(scope: Scope) -> Callable[[Request, TheGateway, AnyVisitor], Visitor]:
    """Make the dependency that lets pass who has `scope`: 401 without a key, 403 for anybody else."""

    def check(request: Request, gateway: TheGateway, asking: AnyVisitor) -> Visitor:
        if asking is None:
            raise HTTPException(
                401, "show an API key, or open a login link in this browser", {"WWW-Authenticate": "Bearer"}
            )
        if not asking.may(scope):
            gateway.registrar.refuse(asking.actor, route_of(request))
            raise HTTPException(403, f"this needs the scope {scope}, which you do not have")
        return asking

    return check


def route_of(request: Request) -> str:
    """Return what was asked for, without what stands in its place: a path may hold an id, or a secret."""
    path = getattr(request.scope.get("route"), "path", "unknown")
    return f"{request.method} {path}"


def _carry_out(gateway: TheGateway, asking: AnyVisitor) -> Callable[[Command], Any]:
    return partial(gateway.handle, by=ANYONE if asking is None else asking.actor)


CarryOut = Annotated[Callable[[Command], Any], Depends(_carry_out)]
"""How a route has a command carried out: in the name of whoever asks. Raises Refused."""


def _holds(ledger: Ledger, secret: str, kind: str, now: datetime) -> Key | None:
    if not secret:
        return None
    secret_hash = hashlib.sha256(secret.encode()).hexdigest()
    with ledger.reading() as books:
        key = books.keys.find(secret_hash)
    if key is None or not hmac.compare_digest(key.hash, secret_hash):
        return None
    if key.kind != kind or now >= key.expires_at:
        return None
    if key.used_at is None or now - key.used_at >= _NOTE_USE_EVERY:
        with ledger.writing() as books:
            books.keys.use(key.hash, now)
    return key


def _refuse_foreign_form(request: Request) -> None:
    """Refuse a change that another site's page may have sent with this browser's cookie.

    A script says so itself by a header that no foreign page can add; of a form the browser tells
    whence it comes (Fetch Metadata, `Sec-Fetch-Site`).
    """
    own_script = request.headers.get("x-requested-with") == "passerelle"
    own_form = request.headers.get("sec-fetch-site") == "same-origin"
    if request.method not in _SAFE_METHODS and not (own_script or own_form):
        raise HTTPException(403, "changes by session need the header X-Requested-With: passerelle")
