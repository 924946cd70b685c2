"""The whole place on real programs: a gateway process, the entrance's edge process, and its surroundings."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import sleep
from typing import TypeVar

import httpx2

from firmware_sim.bench.processes import (
    EdgeProcess,
    GatewayProcess,
    client,
    free_port,
    key,
    start_edge,
)
from firmware_sim.bench.surroundings import Surroundings
from firmware_sim.rf.cards import Type2Card
from protocol.site_file import read_site
from tests.servers.fixtures import Broker
from tests.simulator import Simulator

ROOT = Path(__file__).parents[1]
SITE_FILE = ROOT / "deploy" / "sites" / "sceaux-smart.toml"
NODE, DOOR = "ss-entrance", "entrance"
UID = bytes.fromhex("04a1b2c3d4e5f6")

T = TypeVar("T")


class WholePlace:
    """Ana's card opens the entrance. Everything here is the real thing, but for the radio and the wires."""

    def __init__(
        self,
        simulator: Simulator,
        gateway: GatewayProcess,
        api: httpx2.Client,
        entrance: Surroundings,
        edge: EdgeProcess,
    ) -> None:
        self.gateway = gateway
        self.api = api
        self.edge = edge
        self._simulator = simulator
        self._entrance = entrance

    def tap(self, reader: str = "entrance-in", uid: bytes = UID) -> bool:
        """Hold a card to a reader; whether the strike's pin went high within three seconds."""
        released = self._simulator.start(self._entrance.until_released(DOOR, within_s=3))
        assert self._simulator.start(self._entrance.tap(reader, Type2Card(uid))).result(5)
        return released.result(5)

    def type_code(self, keypad: str, code: str) -> bool:
        """Type a code at a keypad; whether the strike's pin went high within two seconds of its last key."""
        self._simulator.start(self._entrance.keypads[keypad].type(f"*{code}#")).result(10)
        return self._simulator.start(self._entrance.until_released(DOOR, within_s=2)).result(5)

    def open_door(self) -> None:
        """Pull the door open."""
        self._simulator.call(self._entrance.set_open, DOOR)

    def walk_through(self) -> None:
        """Open the door and close it again, as one person does."""
        self.open_door()
        sleep(0.3)
        self._simulator.call(self._entrance.set_closed, DOOR)
        sleep(0.3)

    def raise_fire_alarm(self, *, alarm: bool) -> None:
        """Let the alarm panel raise an alarm, or end it."""
        self._simulator.call(lambda: self._entrance.set_fire(alarm=alarm))

    def strike_is_released(self) -> bool:
        return self._simulator.call(self._entrance.released, DOOR)

    def list_revision(self) -> int:
        """The revision of the list that the entrance was issued and holds; 0 while it holds another."""
        (entrance,) = [each for each in self.api.get("/api/v1/lists").json() if each["node"] == NODE]
        return (
            int(entrance["issued_revision"])
            if entrance["held_revision"] == entrance["issued_revision"]
            else 0
        )

    def present(self) -> int:
        (site,) = self.api.get("/api/v1/occupancy").json()["sites"]
        return int(site["present"])


def until(ask: Callable[[], T], within_s: float = 10.0) -> T:
    """Ask until the answer is true, and return it."""
    for _ in range(int(within_s / 0.02)):
        if answer := ask():
            return answer
        sleep(0.02)
    raise AssertionError(f"it did not come within {within_s} s")


@contextmanager
def whole_place(
    folder: Path, broker: Broker, site_file: Path = SITE_FILE, /, **more: object
) -> Iterator[WholePlace]:
    """Start all of it, with Ana taken up and the entrance holding its list. `more` are settings."""
    with ExitStack() as stack:
        settings = {**_settings(folder, broker), "site_files": [str(site_file)], **more}
        gateway = GatewayProcess.start(folder / "gateway", settings)
        stack.callback(gateway.stop)
        with gateway.first_session() as session:
            api = stack.enter_context(client(gateway.url, key(session, "test", "admin")))
        ana = {"id": "ana", "name": "Ana", "category": "member", "plan": "staff", "sites": ["sceaux-smart"]}
        members = {"members": [{**ana, "credentials": [{"uid": UID.hex()}]}]}
        assert api.post("/api/v1/imports/members", json=members).json() == {"added": 1}
        simulator = stack.enter_context(Simulator())
        site = read_site(site_file.read_text(encoding="utf-8"), site_file.name)
        entrance = simulator.open(Surroundings.open(site, NODE))
        words = api.get(f"/api/v1/node-settings/{NODE}").json()
        edge = start_edge(entrance, folder / NODE, site_file, (broker.host, broker.port), words)
        stack.callback(edge.stop)
        place = WholePlace(simulator, gateway, api, entrance, edge)
        until(place.list_revision)
        yield place


def _settings(folder: Path, broker: Broker) -> dict[str, object]:
    tariff = (ROOT / "deploy" / "tariffs" / "sceaux-2026.toml").read_text(encoding="utf-8")
    lenient = folder / "tariff.toml"  # a stay of seconds is use of the place here
    lenient.write_text(tariff.replace("min_minutes = 15", "min_minutes = 0"), encoding="utf-8")
    return {
        "tariff_files": [str(lenient)],
        "broker_host": broker.host,
        "broker_port": broker.port,
        "http_host": "127.0.0.1",
        "http_port": free_port(),
    }
