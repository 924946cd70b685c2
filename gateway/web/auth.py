"""Who is asking: an API key in the Authorization header, or a session in a cookie."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from starlette.exceptions import HTTPException

from gateway.commands import Command
from gateway.domain.authority import ANYONE, SCOPES_OF, Actor, Role, Scope
from gateway.ports import Key, Ledger
from gateway.web.context import House, TheGateway, TheHouse

SESSION_COOKIE: Final = "passerelle_session"
SECURE_COOKIE: Final = f"__Host-{SESSION_COOKIE}"
"""Its name where pages come over HTTPS: browsers let no other host or plain page set it (RFC 6265bis)."""

_TELLING: Final = 12  # so much of a hash tells one key from the others, and opens nothing
_NOTE_USE_EVERY: Final = timedelta(minutes=1)
_IDLE: Final[Mapping[Role, timedelta]] = {
    "admin": timedelta(hours=4),
    "staff": timedelta(hours=4),
    "billing": timedelta(hours=4),
    "member": timedelta(days=2),
}
"""A session that nobody used for so long has ended; a wall screen's is for looking at."""

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who was let in, as what, until when, by the key of which hash."""

    name: str
    actor: Actor
    role: Role
    expires_at: datetime
    key: str

    def may(self, scope: Scope) -> bool:
        """Whether pages may show what takes this scope: none of them keeps to the sites of a limited key."""
        return self.actor.sites is None and self.actor.may(scope)


def visitor(request: Request, house: TheHouse) -> Visitor | None:
    """Say who is asking; None where nothing was shown. Raises 401 for a key that does not hold."""
    gateway = house.gateway
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    now = gateway.clock.now()
    if scheme.lower() == "bearer":
        key = _holds(gateway.ledger, secret.strip(), "api", now)
        if key is None:
            gateway.registrar.refuse(ANYONE, route_of(request))
            raise HTTPException(401, "this key is unknown or has expired", {"WWW-Authenticate": "Bearer"})
    else:
        key = _holds(gateway.ledger, session_secret(request, house), "session", now)
        if key is not None:
            refuse_foreign_form(request)
    if key is None:
        return None
    scopes = SCOPES_OF[key.role] if key.scopes is None else SCOPES_OF[key.role] & key.scopes
    actor = Actor(key.account or f"{key.kind}:{telling(key)}", scopes, key.sites)
    return Visitor(key.name, actor, key.role, key.expires_at, key.hash)


def shows_what_holds(request: Request, house: House) -> bool:
    """Whether a request comes with a key or a session that holds; what it may do is asked later."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    ledger, now = house.gateway.ledger, house.gateway.clock.now()
    if scheme.lower() == "bearer":
        return _holds(ledger, secret.strip(), "api", now) is not None
    return _holds(ledger, session_secret(request, house), "session", now) is not None


AnyVisitor = Annotated[Visitor | None, Depends(visitor)]


@dataclass(frozen=True)
class allow:  # noqa: N801  # it reads as what it does: Depends(allow("run-place"))
    """The dependency that lets pass who has `scope`: 401 without a key, 403 for anybody else."""

    scope: Scope

    def __call__(self, request: Request, gateway: TheGateway, asking: AnyVisitor) -> Visitor:
        if asking is None:
            told = "show an API key, or sign in in this browser"
            raise HTTPException(401, told, {"WWW-Authenticate": "Bearer"})
        if not asking.actor.may(self.scope):
            gateway.registrar.refuse(asking.actor, route_of(request))
            raise HTTPException(403, f"this needs the scope {self.scope}, which you do not have")
        if asking.actor.sites is not None and not _keeps_to(asking.actor.sites, request):
            gateway.registrar.refuse(asking.actor, route_of(request))
            raise HTTPException(
                403, "this key is limited to sites: name one of them in `site`, where that can be"
            )
        return asking


def _keeps_to(sites: frozenset[str], request: Request) -> bool:
    """Whether a request stays within `sites`, as far as can be told before it is carried out.

    What changes something does so by a command, of which the registrar knows whom it concerns. What is read
    must be read of one site: by a route that says that it takes `site`, else naming it would change nothing.
    """
    dependant = getattr(request.scope.get("route"), "dependant", None)
    if dependant is None or not request.url.path.startswith("/api/"):  # pages show more than they are asked
        return False
    if request.method not in _SAFE_METHODS:
        return any(each.call is _carry_out for each in dependant.dependencies)
    asked = [request.path_params["site"]] if "site" in request.path_params else []
    if any(parameter.alias == "site" for parameter in dependant.query_params):
        asked += request.query_params.getlist("site")
    return bool(asked) and sites.issuperset(asked)


def route_of(request: Request) -> str:
    """Return what was asked for, without what stands in its place: a path may hold an id, or a secret."""
    path = getattr(request.scope.get("route"), "path", "unknown")
    return f"{request.method} {path}"


def _carry_out(gateway: TheGateway, asking: AnyVisitor) -> Callable[[Command], Any]:
    return partial(gateway.handle, by=ANYONE if asking is None else asking.actor)


CarryOut = Annotated[Callable[[Command], Any], Depends(_carry_out)]
"""How a route has a command carried out: in the name of whoever asks. Raises Refused."""


def telling(key: Key) -> str:
    """Return so much of a key's hash as tells it from the others."""
    return key.hash[:_TELLING]


def session_secret(request: Request, house: House) -> str:
    """Return what the browser shows as its session; empty where it shows nothing."""
    return request.cookies.get(_cookie(request, house), "")


def begin_session(request: Request, house: House, response: Response, secret: str) -> None:
    """Have the browser keep a session, out of the reach of scripts and of other sites."""
    response.set_cookie(
        _cookie(request, house), secret, httponly=True, samesite="lax", secure=over_https(request, house)
    )


def forget_session(request: Request, house: House, response: Response) -> None:
    """Have the browser forget its session."""
    response.delete_cookie(
        _cookie(request, house), httponly=True, samesite="lax", secure=over_https(request, house)
    )


def pending_key(request: Request, house: House) -> Key | None:
    """Return the session of a browser that still owes its second factor."""
    gateway = house.gateway
    return _holds(gateway.ledger, session_secret(request, house), "pending", gateway.clock.now())


def refuse_foreign_form(request: Request) -> None:
    """Refuse a change that another site's page may have sent with this browser's cookie.

    A script says so itself by a header that no foreign page can add; of a form the browser tells
    whence it comes: by `Sec-Fetch-Site` (Fetch Metadata) or, on plain HTTP, by `Origin` alone.
    """
    own_script = request.headers.get("x-requested-with") == "passerelle"
    if request.method not in _SAFE_METHODS and not (own_script or _own_form(request)):
        raise HTTPException(403, "changes by session need the header X-Requested-With: passerelle")


def refuse_form_from_elsewhere(request: Request) -> None:
    """Refuse a form that a browser says it was shown by another site: whoever sent it may not know of it.

    A program that says nothing of the kind is no browser, and has no cookie that somebody else could use.
    """
    told = "sec-fetch-site" in request.headers or "origin" in request.headers
    if request.method not in _SAFE_METHODS and told and not _own_form(request):
        raise HTTPException(403, "this form was sent from another site")


def _own_form(request: Request) -> bool:
    fetched = request.headers.get("sec-fetch-site")
    if fetched is not None:
        return fetched == "same-origin"
    return urlsplit(request.headers.get("origin", "")).netloc == request.headers.get("host")


def over_https(request: Request, house: House) -> bool:
    """Whether browsers find the pages over HTTPS."""
    return request.url.scheme == "https" or (house.public_url or "").startswith("https:")


def _cookie(request: Request, house: House) -> str:
    return SECURE_COOKIE if over_https(request, house) else SESSION_COOKIE


def _holds(ledger: Ledger, secret: str, kind: str, now: datetime) -> Key | None:
    if not secret:
        return None
    secret_hash = hashlib.sha256(secret.encode()).hexdigest()
    with ledger.reading() as books:
        key = books.keys.find(secret_hash)
    if key is None or not hmac.compare_digest(key.hash, secret_hash):
        return None
    if key.kind != kind or now >= key.expires_at or _idle(key, now):
        return None
    if key.used_at is None or now - key.used_at >= _NOTE_USE_EVERY:
        with ledger.writing() as books:
            books.keys.use(key.hash, now)
    return key


def _idle(key: Key, now: datetime) -> bool:
    limit = _IDLE.get(key.role) if key.kind == "session" else None
    return limit is not None and key.used_at is not None and now - key.used_at >= limit
