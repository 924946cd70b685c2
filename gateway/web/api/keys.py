"""Secrets: API keys for machines, login links for people, and what a new node must know."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field, StringConstraints

from gateway.commands import Fault, MintKey, Refused, RevokeKey
from gateway.domain.authority import Role, Scope
from gateway.ports import Key, KeyKind
from gateway.web.api.shapes import Shape
from gateway.web.auth import CarryOut, allow, telling
from gateway.web.context import TheGateway, TheHouse
from gateway.web.mailing import base_url
from protocol.base import Id, Instant

router = APIRouter(tags=["keys"], dependencies=[Depends(allow("administer"))])

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class KeyIn(Shape):
    """An API key to be, for `days` days. `scopes` are fewer than the role's; null: all of them.

    With `sites` it reads only what takes `site` as a parameter, and changes only what is of these sites.
    """

    name: Name
    role: Role
    scopes: Annotated[frozenset[Scope], Field(min_length=1)] | None = None
    sites: Annotated[frozenset[Id], Field(min_length=1)] | None = None
    days: Annotated[int, Field(ge=1, le=3660)]


class KeyMade(Shape):
    """The secret, told this once: the ledger keeps only its hash."""

    secret: str


class KeyOut(Shape):
    """What is known of a key. `id` is the start of its hash, and opens nothing."""

    id: str
    kind: KeyKind
    name: str
    role: Role
    scopes: frozenset[Scope] | None
    sites: frozenset[str] | None
    expires_at: Instant
    used_at: Instant | None


class LoginLinkIn(Shape):
    """A one-time login link to be, for `minutes` minutes."""

    name: Name
    role: Literal["staff", "viewer"]
    minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)]


class LoginLink(Shape):
    """Where to come in, once."""

    url: str


class NodeSettings(Shape):
    """What a node must know: `credential_key` (hex) makes references, `gateway_key` checks signatures."""

    site: str
    node: str
    ledger: str
    gateway_key: str
    credential_key: str


@router.get("/keys", summary="Keys, links and sessions")
def keys(gateway: TheGateway) -> list[KeyOut]:
    """List who may come in, without the secrets."""
    with gateway.ledger.reading() as books:
        return [_shown(key) for key in books.keys.all()]


@router.post("/keys", status_code=201, summary="Make an API key")
def make_key(wanted: KeyIn, carry_out: CarryOut) -> KeyMade:
    """Make an API key."""
    return KeyMade(secret=carry_out(_minting(wanted)))


@router.delete("/keys/{id}", status_code=204, summary="Revoke an API key")
def revoke_key(id: str, carry_out: CarryOut) -> None:  # noqa: A002  # the path's word
    """Let a key open nothing any more."""
    carry_out(RevokeKey(id))


@router.post("/login-links", status_code=201, summary="Make a login link")
def make_login_link(wanted: LoginLinkIn, request: Request, house: TheHouse, carry_out: CarryOut) -> LoginLink:
    """Make a link that opens a session in the browser where it is opened first."""
    lives = timedelta(minutes=wanted.minutes)
    secret = carry_out(MintKey("link", wanted.name, wanted.role, lives))
    return LoginLink(url=f"{base_url(request, house)}/login/{secret}")


@router.get("/node-settings/{node}", summary="What a node must know")
def node_settings(node: str, house: TheHouse) -> NodeSettings:
    """Return the settings that enrol a node of a site file."""
    for site in house.gateway.sites.values():
        if any(known.id == node for known in site.nodes):
            return NodeSettings(
                site=site.id,
                node=node,
                ledger=house.gateway.ledger.id,
                gateway_key=house.public_key,
                credential_key=house.credential_key.hex(),
            )
    raise Refused("not_found", Fault("", "unknown_node", f"no site file has a node {node!r}"))


def _minting(wanted: KeyIn) -> MintKey:
    return MintKey("api", wanted.name, wanted.role, timedelta(days=wanted.days), wanted.scopes, wanted.sites)


def _shown(key: Key) -> KeyOut:
    return KeyOut(
        id=telling(key),
        kind=key.kind,
        name=key.name,
        role=key.role,
        scopes=key.scopes,
        sites=key.sites,
        expires_at=key.expires_at,
        used_at=key.used_at,
    )
