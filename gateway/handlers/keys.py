"""Secrets by which people and machines come in."""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.domain.authority import SCOPES_OF, Role
from gateway.handlers.desk import Desk, hashed
from gateway.ports import Key, KeyKind

_SESSION_LIVES: Final[dict[Role, timedelta]] = {
    "member": timedelta(days=7),
    "viewer": timedelta(days=180),
    "panel": timedelta(days=180),
}
_WORKING_DAY: Final = timedelta(hours=12)
_SHORTEST_START: Final = 12


def mint_key(command: ask.MintKey, desk: Desk) -> str:
    """Make a secret. It is told once, here; the ledger keeps its hash."""
    beyond = (command.scopes or frozenset()) - SCOPES_OF[command.role]
    if beyond:
        text = f"the role {command.role} does not have {', '.join(sorted(beyond))}"
        raise Refused("invalid", Fault("/scopes", "beyond_role", text))
    for site in sorted(command.sites or ()):
        desk.site(site)
    if command.sites is not None and (command.kind != "api" or not command.sites):
        raise Refused("invalid", Fault("/sites", "no_site", "name a site at least, and of an API key only"))
    ends = desk.now + command.lives
    key = Key("", command.kind, command.name, command.role, ends, None, None, command.scopes, command.sites)
    return new_secret(desk, key)


def revoke_key(command: ask.RevokeKey, desk: Desk) -> None:
    """End an API key now."""
    keys = (key for key in desk.books.keys.all() if key.kind == "api")
    key = _beginning_with(command.start, keys, desk)
    desk.books.keys.end(key.hash, desk.now)


def use_login_link(command: ask.UseLoginLink, desk: Desk) -> str:
    """Change a one-time link into a session's secret."""
    key = spend(command.secret, "link", desk)
    return new_session(desk, key.name, key.role, key.account)


def end_session(command: ask.EndSession, desk: Desk) -> None:
    """Let a session end now. One that has ended already stays so."""
    desk.books.keys.end(hashed(command.secret), desk.now)


def end_own_session(command: ask.EndOwnSession, desk: Desk) -> None:
    """Let another of one's own sessions end now."""
    key = _beginning_with(command.start, desk.books.keys.of(desk.by.id), desk)
    desk.books.keys.end(key.hash, desk.now)


def spend(secret: str, kind: KeyKind, desk: Desk) -> Key:
    """Use a link of that kind up. Raises Refused where it was used, has expired or never was."""
    key = desk.books.keys.find(hashed(secret))
    if key is None or key.kind != kind or key.used_at is not None or desk.now >= key.expires_at:
        raise Refused(
            "not_found", Fault("/link", "spent", "this link was used or has expired: ask for a new one")
        )
    desk.books.keys.use(key.hash, desk.now)
    return key


def new_session(
    desk: Desk, name: str, role: Role, account: str | None = None, kind: KeyKind = "session"
) -> str:
    """Open a session, for as long as a role may have one."""
    lives = _SESSION_LIVES.get(role, _WORKING_DAY) if kind == "session" else timedelta(minutes=5)
    return new_secret(desk, Key("", kind, name, role, desk.now + lives, None, account))


def new_secret(desk: Desk, key: Key) -> str:
    """Keep `key` under the hash of a new secret, and return the secret."""
    secret = secrets.token_urlsafe(32)
    desk.books.keys.add(replace(key, hash=hashed(secret)))
    return secret


def _beginning_with(start: str, keys: Iterable[Key], desk: Desk) -> Key:
    found = [key for key in keys if key.hash.startswith(start) and desk.now < key.expires_at]
    if len(start) < _SHORTEST_START or len(found) != 1:
        raise Refused("not_found", Fault("/key", "unknown_key", "no key or session in use begins like this"))
    return found[0]
