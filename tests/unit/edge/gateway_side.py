"""The gateway's half of a conversation: a key, and lists, patches and commands signed with it."""

from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from edge.card_keys import CardKeys
from edge.trust import Trust
from protocol.access import AccessList, AccessPatch, Rights, Window
from protocol.base import Message
from protocol.codec import encode
from protocol.messages import Action, Command, UnlockDoor
from protocol.signing import Kind, sign
from tests.unit.edge.fakes import NINE

SITE, NODE = "sceaux-smart", "ss-entrance"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
NODE_KEY = X25519PrivateKey.from_private_bytes(bytes(range(32)))
TRUST = Trust(KEY.public_key(), SITE, NODE)
START = "5" * 16
ANA, BEN = "c_" + "a" * 32, "c_" + "b" * 32


def card_keys() -> CardKeys:
    """Return what holds the card keys of the node, none yet."""
    return CardKeys(NODE_KEY)


def listing(
    revision: int = 4,
    *,
    issued_at: datetime = NINE,
    points: tuple[str, ...] = ("entrance",),
    credential: str = ANA,
    site: str = SITE,
    node: str = NODE,
    sets: tuple[int, ...] = (1,),
) -> AccessList:
    """Return a list where Ana may pass `points` from eight to six, with window set 1 in it."""
    windows = tuple(
        Window(point=p, start=NINE - timedelta(hours=1), end=NINE + timedelta(hours=9), why="member")
        for p in points
    )
    return AccessList(
        site=site,
        node=node,
        revision=revision,
        issued_at=issued_at,
        horizon=issued_at + timedelta(hours=48),
        expires_at=issued_at + timedelta(hours=36),
        on_stale={},
        sets={1: windows},
        credentials={credential: Rights(sets=sets, member=True)},
    )


def patch(base: int, revision: int, credentials: dict[str, Rights | None], node: str = NODE) -> AccessPatch:
    return AccessPatch(site=SITE, node=node, base=base, revision=revision, sets={}, credentials=credentials)


def command(
    action: Action | None = None,
    *,
    name: str = "k-1",
    node: str = NODE,
    start: str = START,
    not_after_uptime_s: float = 1005.0,
) -> Command:
    return Command(
        id=name,
        site=SITE,
        node=node,
        start=start,
        not_after_uptime_s=not_after_uptime_s,
        action=action or UnlockDoor(door="entrance"),
    )


def signed(body: Message, kind: Kind | None = None) -> bytes:
    kinds: dict[type[Message], Kind] = {
        AccessList: "access_list",
        AccessPatch: "access_patch",
        Command: "command",
    }
    return encode(sign(KEY, kind or kinds[type(body)], body))


def kept(*messages: Message | None) -> tuple[bytes, ...]:
    """Return what a node has saved of these: a list, and its patches."""
    return tuple(signed(message) for message in messages if message)


def tampered(payload: bytes) -> bytes:
    """Change one thing in a signed message."""
    return payload.replace(b'"entrance"', b'"vault"').replace(b'"k-1"', b'"k-9"')
