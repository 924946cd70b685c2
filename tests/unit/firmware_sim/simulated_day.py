"""A day at the real sites, lived by a small population before simulated nodes whose lists let everyone in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.core.wiring import equipment
from edge.identity import Identity
from edge.trust import Trust
from firmware_sim.calendar.agenda import moment, plan_day
from firmware_sim.calendar.building import Building
from firmware_sim.calendar.lives import Lives
from firmware_sim.calendar.node import SimulatedNode
from firmware_sim.calendar.timeline import Timeline
from firmware_sim.people import Person, population
from firmware_sim.truth import Truth
from protocol.access import AccessList, Rights, Window
from protocol.codec import encode
from protocol.events import Record
from protocol.identifiers import credential_ref
from protocol.signing import sign
from protocol.site import Site
from protocol.site_file import read_site

DEPLOY = Path(__file__).parents[3] / "deploy"
SITES = tuple(
    read_site((DEPLOY / "sites" / f"{name}.toml").read_text("utf-8"), name)
    for name in ("sceaux-smart", "le-petit-voisin")
)
TARIFF = DEPLOY / "tariffs" / "sceaux-2026.toml"
TUESDAY = date(2026, 11, 24)
EPOCH = "ab" * 8
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def ref(person: Person) -> str:
    return credential_ref(b"a key of the tests", person.uid)


def simulated_node(
    site: Site, node: str, timeline: Timeline, recorded: Callable[[Record], None]
) -> SimulatedNode:
    trust = Trust(KEY.public_key(), site.id, node)
    return SimulatedNode(
        equipment(site, node), Identity(trust, "ledger-1", "cd" * 8, "0"), timeline, "ef" * 8, recorded
    )


def open_list(
    node: SimulatedNode, people: tuple[Person, ...], now: datetime, *, revision: int = 1
) -> AccessList:
    """Let all `people` pass everything at this node for a year."""
    later = now + timedelta(days=365)
    points = node.equipment.lock_pins()
    return AccessList(
        site=node.identity.trust.site,
        node=node.identity.trust.node,
        revision=revision,
        issued_at=now,
        horizon=later,
        expires_at=later,
        on_stale={},
        sets={1: tuple(Window(point=point, start=now, end=later, why="member") for point in points)},
        credentials={ref(person): Rights(sets=(1,), member=True) for person in people},
    )


def signed(access: AccessList) -> bytes:
    return encode(sign(KEY, "access_list", access))


@dataclass(frozen=True)
class LivedDay:
    """What is left of a day: the truth file, and how many records each node made."""

    truth: Path
    ends_at: datetime


def live_a_day(folder: Path, *, seed: int = 1, nomads: int = 300, day: date = TUESDAY) -> LivedDay:
    """Let a few dozen people live `day` at both sites."""
    people = population(SITES, seed, nomads=nomads)
    timeline = Timeline(moment(SITES[0], day, 0))
    path = folder / "truth.jsonl"
    with Truth(path) as truth:
        for person in people:
            truth.holder(person.id, ref(person), person.category, timeline.now)
        for site in SITES:
            nodes = [_recording_node(site, node.id, timeline, truth, people) for node in site.nodes]
            building = Building(site, nodes, timeline, Random(seed))
            agenda = plan_day(site, day, [p for p in people if p.home == site.id], Random(seed))
            Lives(agenda, building, ref, truth).begin()
        timeline.run(moment(SITES[0], day, 24 * 60))
    return LivedDay(path, timeline.now)


def _recording_node(
    site: Site, node: str, timeline: Timeline, truth: Truth, people: tuple[Person, ...]
) -> SimulatedNode:
    def recorded(record: Record) -> None:
        truth.event(site.id, node, EPOCH, record.seq, record.at, record.event.model_dump(mode="json"))

    made = simulated_node(site, node, timeline, recorded)
    made.take_list(signed(open_list(made, people, timeline.now)))
    return made
