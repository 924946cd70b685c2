"""From an empty machine to a working door, by the commands that the guide names; and what thieves get."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import sleep

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from firmware_sim.bench.processes import EdgeProcess, GatewayProcess, client, free_port, key
from firmware_sim.bench.surroundings import Surroundings
from firmware_sim.broker import accepts
from firmware_sim.mosquitto import Mosquitto
from firmware_sim.rf.cards import Type2Card
from gateway.adapters.certificate_authority import FileAuthority
from gateway.settings import read_settings
from host.tls import TlsFiles, context, load
from passerelle.__main__ import app
from protocol.codec import encode
from protocol.messages import Command, UnlockDoor
from protocol.signing import sign
from protocol.site_file import read_site
from protocol.topics import NodeTopics
from tests.fakes import SITES
from tests.servers.connection import Connection
from tests.servers.secure import now
from tests.simulator import Simulator
from tests.whole_place import until

pytestmark = pytest.mark.server("mosquitto")

NODE, DOOR, SCEAUX = "ss-entrance", "entrance", "sceaux-smart"
TOPICS = NodeTopics(SCEAUX, NODE)
UID = bytes.fromhex("04a1b2c3d4e5f6")


def passerelle(*words: object) -> str:
    """Run a command as a person does, and return what it printed."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


class Place:
    """A gateway's process, Mosquitto as `broker-config` has it, and the entrance as `node enrol` made it."""

    host = "127.0.0.1"

    def __init__(self, folder: Path, simulator: Simulator, stack: ExitStack) -> None:
        self.port = free_port()
        http_port = free_port()
        settings = {
            "site_files": [str(SITES / "sceaux-smart.toml")],
            "broker_port": self.port,
            "broker_tls": True,
            "http_host": self.host,
            "http_port": http_port,
        }
        self.gateway = GatewayProcess.start(folder / "gateway", settings)
        stack.callback(self.gateway.stop)
        self.settings = folder / "gateway" / "gateway.toml"
        self.etc, self.node = folder / "etc", folder / NODE
        self.configure_broker()
        with (self.etc / "passerelle.acl").open("a") as rules:
            rules.write("\nuser thief\ntopic readwrite passerelle/#\n")
        text = f"user root\nlog_dest stderr\ninclude_dir {self.etc}\n"
        self.broker = Mosquitto.start_configured(
            folder / "broker", text, host=self.host, port=self.port, answers=accepts
        )
        stack.callback(self.broker.stop)
        with self.gateway.first_session() as session:
            self.api = stack.enter_context(client(self.gateway.url, key(session, "test", "admin")))
        self._simulator = simulator
        site = read_site((SITES / "sceaux-smart.toml").read_text(encoding="utf-8"), "it")
        self._surroundings = simulator.open(Surroundings.open(site, NODE))
        self.enrol()
        self.edge = EdgeProcess(self.node, self.node / "edge.toml", self._surroundings.pins.port)
        stack.callback(self.edge.stop)
        ana = {"id": "ana", "name": "Ana", "category": "member", "plan": "staff", "sites": [SCEAUX]}
        members = {"members": [{**ana, "credentials": [{"uid": UID.hex()}]}]}
        self.api.post("/api/v1/imports/members", json=members).raise_for_status()
        until(self._list_held)

    def configure_broker(self) -> str:
        return passerelle("broker-config", "mosquitto", "--settings", self.settings, "--into", self.etc)

    def enrol(self) -> None:
        """Invite and enrol, by the very command that the invitation prints; then say what hangs there."""
        printed = passerelle("node", "invite", NODE, "--settings", self.settings)
        words = printed.strip().splitlines()[-1].split()
        assert words[:3] == ["passerelle", "node", "enrol"]
        readers = [f"--reader={name}={path}" for name, path in self._surroundings.reader_paths.items()]
        passerelle(*words[1:-1], self.node, *readers)
        edge = self.node / "edge.toml"
        simulated = edge.read_text().replace('"lgpio"', '"pigpio"').replace('"kernel"', '"assumed"')
        edge.write_text(simulated)

    def as_thief(self) -> Connection:
        """Speak as someone whom the broker obeys in everything."""
        settings = read_settings(self.settings)
        (ledger,) = {self.api.get(f"/api/v1/node-settings/{NODE}").json()["ledger"]}
        authority = FileAuthority(settings.data_dir / "authority.pem", ledger, 365, now())
        file = settings.data_dir.parent / "thief.pem"
        authority.keep_client(file, "thief", now())
        tls = context()
        load(tls, TlsFiles(authority.public_file, file))
        return Connection(self, tls=tls)

    def command(self, door: str = DOOR, node: str = NODE, lives_s: float = 60) -> bytes:
        """A genuine command of the gateway's, as whoever listens could have recorded it."""
        signer = Ed25519PrivateKey.from_private_bytes((self.settings.parent / "signing.key").read_bytes())
        status = self.api.get("/api/v1/nodes").json()
        start = next(each["start"] for each in status if each["id"] == NODE)
        uptime_s = float(Path("/proc/uptime").read_text().split()[0])
        body = Command(
            id=f"k-{secrets.token_hex(4)}",
            site=SCEAUX,
            node=node,
            start=start,
            not_after_uptime_s=uptime_s + lives_s,
            action=UnlockDoor(door=door),
        )
        return encode(sign(signer, "command", body))

    def tap(self) -> bool:
        released = self._simulator.start(self._surroundings.until_released(DOOR, within_s=3))
        self._simulator.start(self._surroundings.tap("entrance-in", Type2Card(UID))).result(5)
        return released.result(5)

    def released(self) -> bool:
        return self._simulator.call(self._surroundings.released, DOOR)

    def refusals(self) -> list[str]:
        events = self.api.get("/api/v1/events", params={"limit": 1000}).json()["items"]
        return [each["event"]["reason"] for each in events if each["event"]["type"] == "CommandRefused"]

    def start_of_node(self) -> str | None:
        status = self.api.get("/api/v1/nodes").json()
        return next((str(each["start"]) for each in status if each["id"] == NODE and each["online"]), None)

    def _list_held(self) -> bool:
        lists = self.api.get("/api/v1/lists").json()
        return any(
            each["node"] == NODE and each["held_revision"] == each["issued_revision"] for each in lists
        )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with ExitStack() as stack:
        simulator = stack.enter_context(Simulator())
        yield Place(tmp_path_factory.mktemp("place"), simulator, stack)


def test_a_card_opens_the_door_that_was_enrolled(place: Place) -> None:
    assert place.tap()
    until(lambda: not place.released())


def test_a_command_that_was_recorded_opens_nothing_ever_again(place: Place) -> None:
    until(lambda: not place.released())
    recorded = place.command()
    topic = TOPICS.down("command")
    with place.as_thief() as thief:
        thief.publish(topic, recorded)
        until(place.released)
        until(lambda: not place.released())
        known = len(place.refusals())
        for _ in range(5):
            thief.publish(topic, recorded)
        until(lambda: len(place.refusals()) == known + 5)
        fresh = place.command()
        before = place.start_of_node()
        place.edge.kill()
        thief.publish(topic, fresh, retain=True)
        place.edge.restart()
        until(lambda: place.start_of_node() not in {None, before})
        until(lambda: "retained" in place.refusals())
        thief.publish(topic, b"", retain=True)
        thief.publish(topic, recorded)
        thief.publish(topic, fresh)
        thief.publish(topic, place.command(node="ss-garden", door="garden"))
        thief.publish(topic, place.command(door="garden"))
        thief.publish(topic, place.command(lives_s=-1))
        until(lambda: {"replayed", "late", "wrong_node", "unknown_point"} <= set(place.refusals()))
        for _ in range(20):
            assert not place.released()
            sleep(0.05)


def test_a_node_whose_certificate_is_no_good_says_so_and_its_doors_go_on(place: Place) -> None:
    good = (place.node / "node.pem").read_bytes()
    place.edge.stop()
    (place.node / "node.pem").write_text("no PEM at all")
    place.edge.restart()
    until(lambda: "event=no_link" in place.edge.log.read_text())
    assert place.tap()
    assert "enrol again with a new invitation" in place.edge.log.read_text()
    place.edge.stop()
    (place.node / "node.pem").write_bytes(good)
    before = place.api.get("/healthz").json()["events"]
    place.edge.restart()
    until(lambda: place.api.get("/healthz").json()["events"] > before)


def test_the_broker_needs_no_new_configuration_while_nothing_changes(place: Place, tmp_path: Path) -> None:
    words = ("broker-config", "mosquitto", "--settings", place.settings, "--into", tmp_path, "--name")
    assert "server.pem written" in passerelle(*words, "broker.example")
    assert passerelle(*words, "broker.example") == "Nothing has changed.\n"
    assert "server.pem written" in passerelle(*words, "another.example")


def test_a_node_that_is_put_out_is_off_line_within_seconds_of_the_reload(place: Place) -> None:
    assert "1 certificates revoked" in passerelle("node", "revoke", NODE, "--settings", place.settings)
    assert "revoked.pem written" in place.configure_broker()
    place.broker.reload()
    place.edge.kill()
    place.edge.restart()
    until(lambda: "event=no_link" in place.edge.log.read_text())
    assert "revoked" in passerelle("node", "list", "--settings", place.settings)


def test_an_invitation_is_good_for_one_machine(place: Place, tmp_path: Path) -> None:
    answer = place.api.post("/api/v1/nodes/ss-garden/invitation", json={})
    token = answer.raise_for_status().json()["token"]
    words = ["node", "enrol", "--gateway", place.gateway.url, "--token", token, "--into"]
    passerelle(*words, tmp_path / "first")
    second = CliRunner().invoke(app, [*words, str(tmp_path / "second")])
    assert second.exit_code == 2
    assert "was used or has expired: make a new one at the gateway" in second.output
    assert not (tmp_path / "second").exists()


def test_letting_nodes_in_and_putting_them_out_needs_an_administrators_key(place: Place) -> None:
    asked = {"name": "staff", "role": "staff", "days": 1}
    secret = place.api.post("/api/v1/keys", json=asked).json()["secret"]
    with client(place.gateway.url, secret) as api:
        for path in ("invitation", "revocation"):
            assert api.post(f"/api/v1/nodes/ss-garden/{path}", json={}).status_code == 403
        assert api.get("/api/v1/nodes/ss-garden/certificates").status_code == 200
