"""A real site file, and short ways to write down what happened there."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from gateway.domain.bookings import Booking
from gateway.domain.by_hand import CheckedByHand, TakenBack, Way
from gateway.domain.journal import Content, Entry, Identity
from gateway.domain.people import Category, Credential, Member, Plan
from protocol.events import (
    BadgePresented,
    CommandExecuted,
    CompartmentClosed,
    CompartmentOpened,
    Crossed,
    Direction,
    DoorClosed,
    DoorOpened,
    PresenceChanged,
)
from protocol.site_file import read_site

_SITES = Path(__file__).parents[4] / "deploy" / "sites"

PARIS = ZoneInfo("Europe/Paris")
SITE = read_site((_SITES / "sceaux-smart.toml").read_text("utf-8"), "sceaux-smart.toml")
NEIGHBOUR = read_site((_SITES / "le-petit-voisin.toml").read_text("utf-8"), "le-petit-voisin.toml")

TUESDAY = date(2026, 11, 24)
SUNDAY = date(2026, 11, 22)
SHORT_NIGHT = date(2026, 3, 29)
LONG_NIGHT = date(2026, 10, 25)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
NODE = "ss-entrance"
EPOCH = "0" * 16


def paris(clock: str, day: date = TUESDAY, *, fold: Literal[0, 1] = 0) -> datetime:
    """Return the UTC moment of a Paris wall-clock time such as "09:30"."""
    return datetime.combine(day, time.fromisoformat(clock).replace(fold=fold), PARIS).astimezone(UTC)


def ref(number: int) -> str:
    return f"c_{number:032x}"


def entry(
    at: datetime, event: Content, seq: int = 1, *, node: str = NODE, epoch: str = EPOCH, site: str = SITE.id
) -> Entry:
    return Entry(site, Identity(node, epoch, seq), at, "synchronised", event)


def badge(
    who: int, direction: Direction = "in", *, point: str = "entrance", why: str | None = "member"
) -> BadgePresented:
    """Present the badge of person `who`; granted where there is a `why`."""
    return BadgePresented(
        point=point,
        direction=direction,
        credential=ref(who),
        assurance="uid",
        granted=why is not None,
        reason="granted" if why else "no_right_here",
        why=why,
        list_revision=1,
        list_age_s=60,
        stale=False,
    )


def by_hand(who: int, what: Way) -> CheckedByHand:
    """Say of person `who`, under whatever identity."""
    return CheckedByHand(member=f"m-{who}", what=what, by="u-1", said_at=paris("23:59"))


def taken_back(seq: int) -> TakenBack:
    return TakenBack(entry=f"{NODE}/{EPOCH}/{seq}", by="u-1", said_at=paris("23:59"))


def opened(grant: int | None, door: str = "entrance") -> DoorOpened:
    return DoorOpened(door=door, cause="forced" if grant is None else "grant", grant=grant)


def closed(door: str = "entrance") -> DoorClosed:
    return DoorClosed(door=door, open_s=3.0)


def crossed(direction: Direction, counter: str = "entrance-beams", space: str = "floor") -> Crossed:
    return Crossed(counter=counter, space=space, direction=direction)


def presence(space: str, *, occupied: bool) -> PresenceChanged:
    return PresenceChanged(space=space, occupied=occupied)


def locker_opened(compartment: str, grant: int | None) -> CompartmentOpened:
    return CompartmentOpened(
        compartment=compartment, cause="command" if grant is None else "grant", grant=grant
    )


def locker_closed(compartment: str, *, item_present: bool | None) -> CompartmentClosed:
    return CompartmentClosed(compartment=compartment, item_present=item_present)


def executed(command: str, point: str) -> CommandExecuted:
    return CommandExecuted(command=command, point=point)


def member(
    number: int,
    plan: Plan = "nomad",
    *,
    category: Category | None = None,
    sites: tuple[str, ...] = (SITE.id,),
    office: str | None = None,
    since: datetime = LONG_AGO,
    until: datetime | None = None,
) -> Member:
    usual: dict[Plan, Category] = {"guest": "guest", "staff": "staff"}
    of_plan = category or usual.get(plan, "member")
    return Member(f"m-{number}", f"Person {number}", of_plan, plan, sites, office, since, until)


def credential(number: int, *, since: datetime = LONG_AGO, revoked_at: datetime | None = None) -> Credential:
    return Credential(ref(number), f"m-{number}", since, revoked_at)


def booking(
    number: int,
    start: datetime,
    hours: float = 1,
    *,
    space: str = "meeting-1",
    who: int = 1,
    status: Literal["confirmed", "cancelled"] = "confirmed",
    site: str = SITE.id,
) -> Booking:
    end = start + timedelta(hours=hours)
    return Booking(f"b-{number}", site, space, f"m-{who}", start, end, status, None)
