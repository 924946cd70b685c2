"""A few days of usage at both sites, as nodes would tell of them: also what goes wrong at doors."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final, get_args

from dashboards.passerelle import CODE_REFUSALS
from edge.core.tap import TurnedAway
from gateway.adapters.ledger import SqlLedger
from gateway.domain.journal import Entry, Identity
from gateway.domain.people import Credential, Member
from gateway.projector import Projector
from protocol.access import Denied
from protocol.events import (
    BadgePresented,
    CodeEntered,
    Direction,
    DoorClosed,
    DoorHeldOpen,
    DoorOpened,
    Event,
    NodeStarted,
)
from protocol.site import Site
from tests.fakes import SetClock
from tests.unit.gateway.domain.building import LONG_NIGHT, NEIGHBOUR, SITE, credential, crossed, member, paris

SITES: Final[Mapping[str, Site]] = {site.id: site for site in (SITE, NEIGHBOUR)}
DAYS: Final = [LONG_NIGHT - timedelta(days=1), LONG_NIGHT, LONG_NIGHT + timedelta(days=1)]
"""The 25 hours of the night when summer time ends, with a day on either side."""
PEOPLE: Final = 8
REASONS: Final[tuple[str, ...]] = (*get_args(Denied.__annotations__["reason"]), *get_args(TurnedAway))


@dataclass
class Node:
    """The entrance of a site, numbering what it sees."""

    site: Site
    seq: int = 0

    def saw(self, day: date, second: float, event: Event) -> Entry:
        self.seq += 1
        identity = Identity(self.site.doors[0].node, "f" * 16, self.seq)
        at = paris("06:00", day) + timedelta(seconds=second)
        return Entry(self.site.id, identity, at, "synchronised", event)


def members() -> list[Member]:
    return [member(number, sites=tuple(SITES)) for number in range(PEOPLE)]


def credentials() -> list[Credential]:
    return [credential(number) for number in range(PEOPLE)]


def entries(days: Sequence[date] = tuple(DAYS), seed: int = 1) -> list[Entry]:
    """Return what happened on `days` at both sites."""
    random = Random(seed)
    return [
        entry
        for node in map(Node, SITES.values())
        for day in days
        for entry in [*_troubles(node, day), *_people(node, day, random)]
    ]


def fill(ledger: SqlLedger, new: Sequence[Entry], clock: SetClock) -> None:
    """Put `new` into the ledger, with the visits that it makes of them."""
    projector = Projector(SITES)
    projector.mark(new)
    with ledger.writing() as books:
        books.journal.append(new, [])
        while projector.behind:
            projector.catch_up(books, clock.now())
            projector.done()


def _troubles(node: Node, day: date) -> Iterator[Entry]:
    door = node.site.doors[0].id
    yield node.saw(day, 0, NodeStarted(software="1.0"))
    for number, reason in enumerate(REASONS):
        of_code = reason in CODE_REFUSALS
        refused = _code(door, reason) if of_code else _badge(node, 0, "in", reason)
        yield node.saw(day, 60 + number, refused)
    yield node.saw(day, 100, DoorOpened(door=door, cause="forced", grant=None))
    yield node.saw(day, 130, DoorHeldOpen(door=door))
    yield node.saw(day, 140, DoorClosed(door=door, open_s=40))


def _people(node: Node, day: date, random: Random) -> Iterator[Entry]:
    """Everyone comes; one badge in eight opens no door, one person in four forgets to badge out."""
    for number in range(PEOPLE):
        arrives_s = random.uniform(3600, 6 * 3600)
        yield from _passage(node, day, arrives_s, number, "in", opens=random.random() > 1 / 8)
        if random.random() > 1 / 4:
            leaves_s = arrives_s + random.uniform(600, 6 * 3600)
            yield from _passage(node, day, leaves_s, number, "out", opens=True)


def _passage(
    node: Node, day: date, second: float, number: int, direction: Direction, *, opens: bool
) -> Iterator[Entry]:
    door, counter = node.site.doors[0], node.site.counters[0]
    badge = node.saw(day, second, _badge(node, number, direction, "granted"))
    yield badge
    if opens:
        yield node.saw(day, second + 1, DoorOpened(door=door.id, cause="grant", grant=badge.identity.seq))
        yield node.saw(day, second + 2, crossed(direction, counter.id, counter.space))
        yield node.saw(day, second + 3, DoorClosed(door=door.id, open_s=2))


def _code(door: str, reason: str) -> CodeEntered:
    return CodeEntered(
        point=door, granted=False, reason=reason, why=None, list_revision=1, list_age_s=60, stale=False
    )


def _badge(node: Node, number: int, direction: Direction, reason: str) -> BadgePresented:
    granted = reason == "granted"
    return BadgePresented(
        point=node.site.doors[0].id,
        direction=direction,
        credential=credential(number).ref,
        assurance="uid",
        granted=granted,
        reason=reason,
        why="member" if granted else None,
        list_revision=1,
        list_age_s=60,
        stale=False,
    )
