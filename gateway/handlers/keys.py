"""Secrets by which people and machines come in."""

import secrets
from datetime import timedelta

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.handlers.desk import Desk, hashed
from gateway.ports import Key


def mint_key(command: ask.MintKey, desk: Desk) -> str:
    """Make a secret. It is told once, here; the ledger keeps its hash."""
    secret = secrets.token_urlsafe(32)
    expires_at = desk.now + command.lives
    desk.books.keys.add(Key(hashed(secret), command.kind, command.name, command.role, expires_at, None))
    return secret


def use_login_link(command: ask.UseLoginLink, desk: Desk) -> str:
    """Change a one-time link into a session's secret."""
    key = desk.books.keys.find(hashed(command.secret))
    if key is None or key.kind != "link" or key.used_at is not None or desk.now >= key.expires_at:
        raise Refused(
            "not_found", Fault("/link", "spent", "this link was used or has expired: ask for a new one")
        )
    desk.books.keys.use(key.hash, desk.now)
    return mint_key(ask.MintKey("session", key.name, key.role, timedelta(hours=12)), desk)


def end_session(command: ask.EndSession, desk: Desk) -> None:
    """Let a session end now. One that has ended already stays so."""
    desk.books.keys.end(hashed(command.secret), desk.now)
