"""How long it takes to compile, seal and sign access lists for two sites that a whole town uses."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from firmware_sim.bench.stopwatch import Latency
from firmware_sim.people import Person, population
from gateway.adapters.card_vault import FileVault
from gateway.adapters.clock import SteppedClock
from gateway.adapters.ledger import SqlLedger
from gateway.adapters.signer import FileSigner
from gateway.domain.bookings import Booking, nodes_on_the_way
from gateway.domain.people import Credential, Member
from gateway.issuer import Issuer
from gateway.ports import Books
from gateway.ports.wire import Answer
from gateway.sealer import Sealer
from protocol.codec import encode
from protocol.identifiers import credential_ref
from protocol.sealing import sealing_text
from protocol.signing import Signed
from protocol.site import Site

_NODES: Final = 20
_BOOKINGS: Final = 400
_MORNING: Final = datetime(2026, 11, 27, 7, tzinfo=UTC)
_LONG_AGO: Final = _MORNING - timedelta(days=100)
_HALF_AN_HOUR: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class ListFigures:
    """`full`: the lists of all nodes; `patch`: the patches of one new booking, for every node on its way."""

    full: Latency
    patch: Latency
    patches_each: float
    largest_patch_bytes: int


def list_figures(
    sites: Sequence[Site], folder: Path, times: int, on_done: Callable[[int], None] = lambda _: None
) -> ListFigures:
    """Measure `times` full issues of 20 nodes, and as many bookings of a room, for 1,083 nomads and staff."""
    grown = [_with_more_nodes(sites[0], _NODES - sum(len(site.nodes) for site in sites)), *sites[1:]]
    town = _Town.found(grown, folder)
    full, patch = [], []
    for number in range(times):
        full.append(town.issue_all_ms())
        patch.append(town.book_ms(number))
        on_done(number)
    return ListFigures(
        Latency.of(full), Latency.of(patch), len(town.post.patches) / times, max(town.post.patches)
    )


@dataclass(slots=True)
class _Town:
    sites: Sequence[Site]
    ledger: SqlLedger
    clock: SteppedClock
    issuer: Issuer
    post: "_Post"
    members: Sequence[str]

    @classmethod
    def found(cls, sites: Sequence[Site], folder: Path) -> "_Town":
        ledger, clock, post = SqlLedger(f"sqlite:///{folder / 'ledger'}"), SteppedClock(_MORNING), _Post()
        vault = FileVault(folder / "master.key")
        people = population(sites, seed=1)
        with ledger.writing() as books:
            books.people.add(map(_member, people))
            books.people.give(_card(person, vault) for person in people)
            for booking in _bookings(sites, people):
                books.bookings.put(booking)
            for site in sites:
                _enrol(books, site)
        signer = FileSigner(folder / "signing.key")
        issuer = Issuer(ledger, clock, post, signer, Sealer(vault), {site.id: site for site in sites})
        return cls(sites, ledger, clock, issuer, post, [person.id for person in people])

    def issue_all_ms(self) -> float:
        """Let the lists run out, and issue them all."""
        self.clock.move(self.clock.now() + timedelta(hours=max(s.access.reissue_h for s in self.sites)))
        return self._issue_ms()

    def book_ms(self, number: int) -> float:
        """Book a room, and issue what the doors on its way need."""
        site = self.sites[0]
        room = next(space.id for space in site.spaces if space.kind == "meeting")
        with self.ledger.writing() as books:
            begins_at = self.clock.now() + number * _HALF_AN_HOUR
            books.bookings.put(_booking(f"new-{number}", site, room, self.members[number], begins_at))
        self.issuer.touch(nodes_on_the_way(site, room))
        return self._issue_ms()

    def _issue_ms(self) -> float:
        began_s = time.perf_counter()
        self.issuer.reissue()
        return 1000 * (time.perf_counter() - began_s)


class _Post:
    """Takes signed lists and patches as the wire would, and notes how long each patch is."""

    def __init__(self) -> None:
        self.patches: list[int] = []

    def send_list(self, _site: str, _node: str, signed: Signed) -> None:
        encode(signed)

    def send_patch(self, _site: str, _node: str, signed: Signed) -> None:
        self.patches.append(len(encode(signed)))

    def acknowledge(self, _answer: Answer) -> None: ...
    def send_command(self, _site: str, _node: str, _signed: Signed) -> None: ...
    def send_certificate(self, _site: str, _node: str, _signed: Signed) -> None: ...


def _with_more_nodes(site: Site, more: int) -> Site:
    """Hang copies of the site's doors at `more` nodes of their own."""
    nodes = [site.nodes[0].model_copy(update={"id": f"more-{number}"}) for number in range(more)]
    doors = [
        site.doors[number % len(site.doors)].model_copy(update={"id": f"{node.id}-door", "node": node.id})
        for number, node in enumerate(nodes)
    ]
    return site.model_copy(update={"nodes": (*site.nodes, *nodes), "doors": (*site.doors, *doors)})


def _enrol(books: Books, site: Site) -> None:
    for node in site.nodes:
        books.nodes.seal_to(node.id, sealing_text(X25519PrivateKey.generate().public_key()), _LONG_AGO)


def _member(person: Person) -> Member:
    return Member(
        person.id, person.name, person.category, person.plan, person.sites, person.office, _LONG_AGO, None
    )


def _card(person: Person, vault: FileVault) -> Credential:
    ref = credential_ref(bytes(32), person.uid)
    key = vault.lock(ref, vault.key_of(person.uid)) if person.keyed else None
    return Credential(ref, person.id, _LONG_AGO, None, key)


def _bookings(sites: Sequence[Site], people: Sequence[Person]) -> Iterator[Booking]:
    """Fill the rooms, half an hour after half an hour."""
    rooms = [(site, space.id) for site in sites for space in site.spaces if space.bookable]
    for number in range(_BOOKINGS):
        site, room = rooms[number % len(rooms)]
        begins_at = _MORNING + number // len(rooms) * _HALF_AN_HOUR
        yield _booking(f"b-{number}", site, room, people[number].id, begins_at)


def _booking(name: str, site: Site, room: str, member: str, begins_at: datetime) -> Booking:
    return Booking(name, site.id, room, member, begins_at, begins_at + _HALF_AN_HOUR, "confirmed", None)
