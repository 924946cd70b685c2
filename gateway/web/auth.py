"""Who is asking: an API key in the Authorization header, or a session in a cookie."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from gateway.ports import Key, Ledger, Role
from gateway.web.context import TheGateway

SESSION_COOKIE: Final = "passerelle_session"
SEE_PLACE: Final[tuple[Role, ...]] = ("admin", "staff", "viewer")
SEE_USAGE: Final[tuple[Role, ...]] = ("admin", "staff", "billing")
RUN_PLACE: Final[tuple[Role, ...]] = ("admin", "staff")
ADMINISTER: Final[tuple[Role, ...]] = ("admin",)

_NOTE_USE_EVERY: Final = timedelta(minutes=1)
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who was let in, as what, until when."""

    name: str
    role: Role
    expires_at: datetime

    def may(self, roles: tuple[Role, ...]) -> bool:
        return self.role in roles


def visitor(request: Request, gateway: TheGateway) -> Visitor | None:
    """Say who is asking; None where nothing was shown. Raises 401 for a key that does not hold."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    now = gateway.clock.now()
    if scheme.lower() == "bearer":
        key = _holds(gateway.ledger, secret.strip(), "api", now)
        if key is None:
            raise HTTPException(401, "this key is unknown or has expired", {"WWW-Authenticate": "Bearer"})
    else:
        key = _holds(gateway.ledger, request.cookies.get(SESSION_COOKIE, ""), "session", now)
        if key is not None:
            _refuse_foreign_form(request)
    return None if key is None else Visitor(key.name, key.role, key.expires_at)


AnyVisitor = Annotated[Visitor | None, Depends(visitor)]


def allow(roles: tuple[Role, ...]) -> Callable[[AnyVisitor], Visitor]:
    """Make the dependency that lets only `roles` pass: 401 without a key, 403 with another role."""

    def check(asking: AnyVisitor) -> Visitor:
        if asking is None:
            raise HTTPException(
                401, "show an API key, or open a login link in this browser", {"WWW-Authenticate": "Bearer"}
            )
        if not asking.may(roles):
            raise HTTPException(403, f"the role {asking.role} may not do this, only {', '.join(roles)}")
        return asking

    return check


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
