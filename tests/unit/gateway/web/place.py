"""A whole gateway without a broker: a real ledger, worked by hand, and nodes that say what they are told."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher

from gateway.adapters.card_vault import FileVault
from gateway.adapters.feeds.web import WebFeed
from gateway.adapters.ledger import SqlLedger
from gateway.adapters.passwords import Argon2Passwords, TotpFactor
from gateway.adapters.signer import FileSigner
from gateway.commands import AddMembers, BookSpace, MintKey, NewMember
from gateway.domain.authority import SYSTEM, Role
from gateway.domain.bookings import Booking
from gateway.domain.people import Card, Category, Member, Plan
from gateway.domain.tariff import Tariff, read_tariff
from gateway.live import Notice
from gateway.logins import Logins
from gateway.polling import Polling
from gateway.ports import CardVault, IdentityProvider
from gateway.service import Gateway
from protocol.codec import encode
from protocol.events import (
    BadgePresented,
    Crossed,
    Direction,
    DoorClosed,
    DoorOpened,
    Event,
    EventBatch,
    PresenceChanged,
    Record,
)
from protocol.messages import NodeStatus, SpoolHealth
from protocol.site import Site
from protocol.topics import NodeTopics
from tests.fakes import SITES, RememberingDownlink, RememberingNotifier, SetClock, enrolment, site

SCEAUX = "sceaux-smart"
VOISIN = "le-petit-voisin"
EPOCH = "e" * 16
BOOT = "b" * 16
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Costs nothing: tests try many passwords."""

CARD_KEY = b"k" * 32
OWN_FORM = {"Sec-Fetch-Site": "same-origin"}
"""What a browser says with a form of the page it came from."""
_SWITCHED_ON_AT = datetime(2026, 1, 1, tzinfo=UTC)


def card(number: int) -> str:
    return f"c_{number:032x}"


def tariff() -> Tariff:
    file = SITES.parent / "tariffs" / "sceaux-2026.toml"
    return read_tariff(file.read_text(encoding="utf-8"), file.name)


@dataclass
class Place:
    """What the web serves (gateway, keys, tariffs), and the street side of it."""

    gateway: Gateway
    ledger: SqlLedger
    public_key: str
    clock: SetClock
    downlink: RememberingDownlink
    notifier: RememberingNotifier
    card_vault: CardVault
    logins: Logins
    polling: Polling
    openid: IdentityProvider | None = None
    public_url: str | None = None
    mails: bool = False
    credential_key: bytes = CARD_KEY
    tariffs: tuple[Tariff, ...] = field(default_factory=lambda: (tariff(),))
    said: Counter[str] = field(default_factory=Counter)

    def key(self, role: Role = "admin") -> dict[str, str]:
        """Mint an API key, as the header that shows it."""
        secret = self.gateway.handle(MintKey("api", f"{role} in a test", role, timedelta(days=1)), SYSTEM)
        return {"Authorization": f"Bearer {secret}"}

    def session(self, role: Role = "staff") -> str:
        return str(
            self.gateway.handle(MintKey("session", f"{role} in a test", role, timedelta(hours=12)), SYSTEM)
        )

    def join(
        self,
        number: int,
        *,
        plan: Plan = "nomad",
        category: Category = "member",
        sites: tuple[str, ...] = (SCEAUX,),
    ) -> Member:
        """Take up person `number`, who holds card `number`."""
        since = self.clock.now() - timedelta(days=300)
        member = Member(f"m-{number}", f"Camille {number}", category, plan, sites, None, since, None)
        self.gateway.handle(AddMembers((NewMember(member, (Card(card(number)),)),)), SYSTEM)
        return member

    def book(self, space: str, start: datetime, hours: float, title: str | None = None) -> Booking:
        booking: Booking = self.gateway.handle(
            BookSpace(SCEAUX, space, "m-1", start, start + timedelta(hours=hours), title), SYSTEM
        )
        return booking

    def report(
        self, node: str, *events: Event, at: datetime | None = None, site: str = SCEAUX, lost: int = 0
    ) -> int:
        """Let `node` tell `events`, having `lost` so many before; returns the seq of the first."""
        moment = at or self.clock.now()
        first = self.said[node] + lost + 1
        self.said[node] += lost + len(events)
        records = tuple(
            Record(
                seq=first + n,
                at=moment,
                boot=BOOT,
                uptime_s=_uptime_s(moment),
                clock="synchronised",
                event=event,
            )
            for n, event in enumerate(events)
        )
        batch = EventBatch(
            v=1,
            site=site,
            node=node,
            epoch=EPOCH,
            held_from=first if lost else 1,
            start="5" * 16,
            boot=BOOT,
            sent_at=self.clock.now(),
            sent_uptime_s=_uptime_s(self.clock.now()),
            records=records,
        )
        self.gateway.receive(NodeTopics(site, node).up("events"), encode(batch))
        self.gateway.take_in()
        self.gateway.take_in()  # at leisure, as the worker does a moment later
        return first

    def come(self, number: int, door: str = "entrance", at: datetime | None = None) -> None:
        """Let person `number` badge in, open the door and cross the beams."""
        node = _node_of_door(door)
        seq = self.said[node] + 1
        self.report(
            node,
            badge(number, door),
            DoorOpened(door=door, cause="grant", grant=seq),
            Crossed(counter=f"{door}-beams", space=_space_of_door(door), direction="in"),
            DoorClosed(door=door, open_s=3.0),
            at=at,
        )

    def leave(self, number: int, door: str = "entrance", at: datetime | None = None) -> None:
        """Let person `number` badge out and cross the beams."""
        out = Crossed(counter=f"{door}-beams", space=_space_of_door(door), direction="out")
        self.report(_node_of_door(door), badge(number, door, "out"), out, at=at)

    def sense(self, node: str, space: str, *, occupied: bool, at: datetime | None = None) -> None:
        self.report(node, PresenceChanged(space=space, occupied=occupied), at=at)

    def beat(
        self,
        *nodes: str,
        site: str = SCEAUX,
        revision: int | None = None,
        start: str = "5" * 16,
        spool: SpoolHealth = "working",
    ) -> None:
        """Let `nodes` (none: all of the site) say that they are there, with the list they were issued."""
        with self.gateway.ledger.reading() as books:
            issued = {node: issue.revision for node, issue in books.nodes.issues().items()}
        for node in nodes or [node.id for node in self.gateway.sites[site].nodes]:
            status = NodeStatus(
                v=1,
                site=site,
                node=node,
                online=True,
                start=start,
                boot=BOOT,
                uptime_s=100.0,
                at=self.clock.now(),
                software="test",
                list_revision=issued.get(node, 0) if revision is None else revision,
                pending=0,
                spool=spool,
            )
            self.gateway.receive(NodeTopics(site, node).up("status"), encode(status))
        self.gateway.take_in()
        self.gateway.take_in()


def badge(
    number: int, point: str, direction: Direction = "in", *, refused_for: str | None = None
) -> BadgePresented:
    return BadgePresented(
        point=point,
        direction=direction,
        credential=card(number),
        assurance="uid",
        granted=refused_for is None,
        reason=refused_for or "granted",
        why=None if refused_for else "member",
        list_revision=1,
        list_age_s=60,
        stale=False,
    )


def open_place(folder: Path, *changed: Site) -> Place:
    """Wire a gateway for both sites over a new ledger in `folder`. Close its ledger when done.

    `changed` sites stand in for those of the same id.
    """
    ledger = SqlLedger(f"sqlite:///{folder / 'ledger.sqlite'}")
    clock, downlink, notifier = SetClock(), RememberingDownlink(), RememberingNotifier()
    signer, vault = FileSigner(folder / "signing.key"), FileVault(folder / "card-master.key")
    sites = {name: site(name) for name in (SCEAUX, VOISIN)} | {each.id: each for each in changed}
    members = enrolment(folder, ledger, clock, sites)
    gateway = Gateway(ledger, clock, downlink, signer, vault, notifier, sites, members)
    factor = TotpFactor(folder / "factor.key")
    logins = Logins(ledger, clock, gateway.handle, Argon2Passwords(QUICK), factor)
    polling = Polling(
        ledger,
        clock,
        WebFeed({"127.0.0.1"}),
        sites,
        lambda command: gateway.handle(command, SYSTEM),
        lambda site: gateway.live.tell(Notice(site)),
        timedelta(minutes=5),
    )
    return Place(gateway, ledger, signer.public_text, clock, downlink, notifier, vault, logins, polling)


def _uptime_s(moment: datetime) -> float:
    return (moment - _SWITCHED_ON_AT).total_seconds()


def _node_of_door(door: str) -> str:
    return next(known.node for known in site().doors if known.id == door)


def _space_of_door(door: str) -> str:
    return next(known.space for known in site().doors if known.id == door)
