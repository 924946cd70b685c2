"""A small place to break: broker, gateway and nodes are real processes, people hold cards to real readers."""

import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final, Protocol, Self

import httpx2

from firmware_sim.bench.backstage import Backstage
from firmware_sim.bench.processes import EdgeProcess, GatewayProcess, free_port, key, start_edge
from firmware_sim.bench.surroundings import Surroundings
from firmware_sim.broker import EmbeddedBroker
from firmware_sim.demo.house import PatientTransport
from firmware_sim.demo.places import read_places
from firmware_sim.gateway_api import GatewayApi
from firmware_sim.rf.cards import Type2Card
from firmware_sim.truth import Truth
from firmware_sim.verify import Verdict, verify
from firmware_sim.verify.observed import read_spool
from protocol.identifiers import credential_ref
from protocol.site import Site

SITE: Final = "le-petit-voisin"
ENTRANCE: Final = "pv-entrance"
STUDIO: Final = "pv-studio"
READERS: Final[Mapping[str, str]] = {ENTRANCE: "entrance-in", STUDIO: "studio-reader"}
DOORS: Final[Mapping[str, str]] = {ENTRANCE: "entrance", STUDIO: "studio-door"}

_CREW: Final = 48  # so many cards that none comes again while its last tap may still be told
_LOOK_EVERY_S: Final = 0.05
_REST_WITHIN_S: Final = 60
_REST_ATTEMPTS: Final = 3
_REPLACED_WITHIN_LOOKS: Final = 100
_LISTS_WITHIN_S: Final = 30
_TRIES: Final = 40  # a node that starts answers nobody yet


class PlaceStuck(Exception):
    """Something that a fault waited for did not come; the text says what."""


class Broker(Protocol):
    """A broker that can be killed and started again on its port."""

    host: str
    port: int

    @classmethod
    def start(cls, directory: Path, host: str = ..., port: int = ...) -> Self: ...

    @property
    def pid(self) -> int: ...

    def restart(self) -> None: ...

    def stop(self) -> None: ...

    def kill(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Tapped:
    """A person's card was answered: in the field from `began_at`, the answer was over at `read_at`."""

    person: str
    began_at: datetime
    read_at: datetime


@dataclass(slots=True)
class Place:
    """What runs, and what people did. Its methods may be called from any thread."""

    site: Site
    folder: Path
    broker: Broker
    gateway: GatewayProcess
    http: httpx2.Client
    tariff: Path
    truth: Truth
    backstage: Backstage
    around: Mapping[str, Surroundings]
    credential_key: bytes
    nodes: dict[str, EdgeProcess] = field(default_factory=dict)
    taps: list[Tapped] = field(default_factory=list)
    latecomers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def api(self) -> GatewayApi:
        """The gateway's API, asked again while the gateway starts."""
        return GatewayApi(self.http)

    @property
    def spools(self) -> dict[str, Path]:
        """The file in which each node that ever ran keeps its events."""
        return {node: self.folder / node / "spool.sqlite" for node in self.nodes}

    def start_node(
        self, node: str, broker: tuple[str, int] | None = None, under: Sequence[str] = (), **more: Any
    ) -> EdgeProcess:
        """Start a node on `more` settings, and wait until it holds its access list. Raises PlaceStuck."""
        words = {name: str(word) for name, word in self.api.node_settings(node).items()}
        reached = broker or (self.broker.host, self.broker.port)
        site_file = read_places().file_of(SITE)
        edge = start_edge(self.around[node], self.folder / node, site_file, reached, words, more, under)
        self.nodes[node] = edge
        until(lambda: self.holds_list(node), "a node to hold its access list", _LISTS_WITHIN_S)
        return edge

    def stop_nodes(self) -> None:
        """Ask every node to end."""
        for edge in self.nodes.values():
            edge.stop()

    def restart_nodes(self) -> None:
        """Start every node again that has ended, and wait until each holds its list. Raises PlaceStuck."""
        for edge in self.nodes.values():
            if edge.exit_status is not None:
                edge.restart()
        self.until_lists_are_held()

    def add_member(
        self, since: datetime | None = None, until: datetime | None = None, **more: str
    ) -> tuple[str, bytes]:
        """Take someone up, which changes the list of every node; who it is, and the UID of the card.

        `more` says of the member what is not as usual.
        """
        number, since = next(self.latecomers), since or self.api.now()
        person, uid = f"late-{number}", b"\x04" + (_CREW + number).to_bytes(6, "big")
        self.truth.holder(person, credential_ref(self.credential_key, uid), "member", since)
        ends = {"until": until.isoformat()} if until else {}
        self.api.import_members([{**_member(person, since, uid), **ends, **more}])
        return person, uid

    def revoke(self, uid: bytes) -> str:
        """Take a card out of every door, and return its reference."""
        reference = credential_ref(self.credential_key, uid)
        self.http.delete(f"/api/v1/credentials/{reference}").raise_for_status()
        return reference

    def issued(self) -> dict[str, int]:
        """Tell the revision of each node's last list."""
        return {node: list_.issued for node, list_ in self.api.lists().items() if node in self.nodes}

    def until_lists_are_held(self, after: Mapping[str, int] | None = None) -> None:
        """Wait until every node holds the list that it was last issued, a later one than `after` says.

        Raises PlaceStuck.
        """
        what = "every node to hold its access list"
        if after is not None:
            until(
                lambda: all(self.issued()[node] > old for node, old in after.items()), what, _LISTS_WITHIN_S
            )
        until(lambda: all(map(self.holds_list, self.nodes)), what, _LISTS_WITHIN_S)

    def tap(self, node: str, number: int) -> Tapped | None:
        """Hold the card of crew member `number` to the node's reader. None where it gave no answer."""
        return self._tap(node, *_crew(number % _CREW))

    def be_answered(self, node: str, who: tuple[str, bytes] | None = None) -> Tapped:
        """Hold a card to the node's reader until it answers; one of the crew's in turn where nobody is named.

        Raises PlaceStuck where it does not answer, however often it is tried.
        """
        person, uid = who or _crew(len(self.taps) % _CREW)
        for _ in range(_TRIES):
            if tapped := self._tap(node, person, uid):
                return tapped
        raise PlaceStuck(f"{node} answered none of {_TRIES} taps")

    def _tap(self, node: str, person: str, uid: bytes) -> Tapped | None:
        """Count a tap by its answer: a busy reader may give up a card, and nobody is lost by that."""
        began_at = now()
        if self.backstage.run(self.around[node].present(READERS[node], Type2Card(uid))) is None:
            return None
        tapped = Tapped(person, began_at, now())
        reference = credential_ref(self.credential_key, uid)
        self.truth.tap(self.site.id, node, READERS[node], reference, person, tapped.began_at)
        self.taps.append(tapped)
        return tapped

    def swing(self, node: str) -> None:
        """Open the node's door, and close it soon."""
        self.backstage.post(lambda: self.around[node].set_open(DOORS[node]))
        time.sleep(_LOOK_EVERY_S)
        self.backstage.post(lambda: self.around[node].set_closed(DOORS[node]))

    def come_to_rest(self) -> None:
        """Stop the nodes once the ledger has what they hold, or does not get it: the verdict tells."""
        for _ in range(_REST_ATTEMPTS):
            arrived = _within(_REST_WITHIN_S, lambda: self.in_ledger() >= self.on_disk())
            self.stop_nodes()
            if self.in_ledger() >= self.on_disk() or not arrived:
                _within(_REST_WITHIN_S, lambda: self.health()["projected"])
                return
            for edge in self.nodes.values():
                edge.restart()

    def on_disk(self) -> int:
        """Count the events that the nodes have committed; a spool being replaced is tried again."""
        for _ in range(_REPLACED_WITHIN_LOOKS):
            with suppress(sqlite3.OperationalError):
                spools = self.spools.items()
                return sum(1 for node, spool in spools for _ in read_spool(spool, self.site.id, node))
            time.sleep(_LOOK_EVERY_S)
        raise PlaceStuck("a node's spool cannot be opened")

    def decided(self, *, granted: bool) -> int:
        """Count the taps that nodes granted, or refused."""
        events = (event for node in self.nodes for event in self.events_of(node))
        return sum(event["type"] == "BadgePresented" and event["granted"] == granted for event in events)

    def events_of(self, node: str) -> list[dict[str, Any]]:
        """Read what a node has committed."""
        return [seen.content for seen, _ in read_spool(self.spools[node], self.site.id, node)]

    def in_ledger(self) -> int:
        """Count the events that the gateway has."""
        return int(self.health()["events"])

    def health(self) -> Mapping[str, Any]:
        """Ask how the gateway is."""
        answer: dict[str, Any] = self.http.get("/healthz").json()
        return answer

    def verdict(self, clocks_on_trial: Collection[str] = ()) -> Verdict:
        """Hold ledger and statement against what happened, whatever the clocks of some nodes say."""
        self.truth.flush()
        return verify(
            [self.site],
            self.truth.path,
            self.api,
            [self.tariff],
            spools=self.spools,
            clocks_on_trial=clocks_on_trial,
        )

    def holds_list(self, node: str) -> bool:
        """Whether a node has said that it holds the list that it was last issued."""
        revisions = self.api.lists()[node]
        return revisions.issued == revisions.held > 0


@contextmanager
def open_place(
    folder: Path,
    kind: type[Broker] = EmbeddedBroker,
    around: tuple[str, ...] = (ENTRANCE, STUDIO),
    *,
    broker: Broker | None = None,
    gateway_via: tuple[str, int] | None = None,
    gateway_under: Sequence[str] = (),
) -> Iterator[Place]:
    """Start broker and gateway, take the crew up, and put surroundings around the nodes `around`.

    A `broker` that runs already is used as it is; `gateway_via` is where the gateway finds it.
    """
    places = read_places()
    site = next(site for site in places.sites if site.id == SITE)
    with ExitStack() as stack:
        if broker is None:
            broker = kind.start(folder / "broker")
            stack.callback(broker.stop)
        broker_host, broker_port = gateway_via or (broker.host, broker.port)
        tariff = _lenient_tariff(places.tariff_files[0], folder)
        settings = {
            "site_files": [str(places.file_of(SITE))],
            "tariff_files": [str(tariff)],
            "broker_host": broker_host,
            "broker_port": broker_port,
            "http_host": "127.0.0.1",
            "http_port": free_port(),
        }
        gateway = GatewayProcess.start(folder / "gateway", settings, gateway_under)
        stack.callback(gateway.stop)
        with gateway.first_session() as session:
            headers = {"Authorization": f"Bearer {key(session, 'fault', 'admin', days=7)}"}
        http = stack.enter_context(
            httpx2.Client(base_url=gateway.url, headers=headers, timeout=60, transport=PatientTransport())
        )
        api, truth = GatewayApi(http), stack.enter_context(Truth(folder / "truth.jsonl"))
        credential_key = bytes.fromhex(api.node_settings(ENTRANCE)["credential_key"])
        _take_up_crew(api, truth, credential_key)
        backstage = stack.enter_context(Backstage())
        fields = {node: backstage.open(Surroundings.open(site, node)) for node in around}
        place = Place(
            site, folder, broker, gateway, http, tariff, truth, backstage, fields, credential_key
        )  # fmt: skip
        stack.callback(place.stop_nodes)
        yield place


def until(come: Callable[[], object], what: str, within_s: float) -> None:
    """Wait until `come` is true. Raises PlaceStuck."""
    if not _within(within_s, come):
        raise PlaceStuck(f"waited {within_s:.0f} s in vain for {what}")


def now() -> datetime:
    """Tell the time in which faults are made, and people tap."""
    return datetime.now(UTC)  # noqa: TID251 - the simulator's own clock


def _within(seconds: float, come: Callable[[], object]) -> bool:
    for _ in range(int(seconds / _LOOK_EVERY_S)):
        if come():
            return True
        time.sleep(_LOOK_EVERY_S)
    return False


def _crew(number: int) -> tuple[str, bytes]:
    return f"crew-{number:02}", b"\x04" + number.to_bytes(6, "big")


def _take_up_crew(api: GatewayApi, truth: Truth, credential_key: bytes) -> None:
    since = api.now()
    members = []
    for number in range(_CREW):
        person, uid = _crew(number)
        truth.holder(person, credential_ref(credential_key, uid), "member", since)
        members.append(_member(person, since, uid))
    api.import_members(members)


def _member(person: str, since: datetime, uid: bytes) -> dict[str, Any]:
    word = {"id": person, "name": person, "category": "member", "plan": "staff", "sites": [SITE]}
    return {**word, "since": since.isoformat(), "credentials": [{"uid": uid.hex()}]}


def _lenient_tariff(tariff: Path, folder: Path) -> Path:
    """Write a tariff by which a stay of seconds is use of the place."""
    text = tariff.read_text(encoding="utf-8").replace("min_minutes = 15", "min_minutes = 0")
    lenient = folder / "tariff.toml"
    lenient.write_text(text, encoding="utf-8")
    return lenient
