"""The Mosquitto configuration that is shipped, loaded by a real Mosquitto the way Debian's package does."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.adapters.uplink import Broker, LastWill, MqttUplink
from edge.ports import PortFact, Received
from firmware_sim.bench.processes import free_port
from firmware_sim.mosquitto import Mosquitto
from gateway.bootstrap import build
from gateway.settings import Settings
from protocol.topics import NodeTopics
from tests.fakes import SITES
from tests.servers.connection import Connection

SHIPPED = Path(__file__).parents[2] / "deploy" / "mosquitto"
NODE = "ss-entrance"
USERS = ("gateway", "door-1", "door-2", NODE)
EVENTS_OF_DOOR_1 = "passerelle/sceaux-smart/door-1/up/events"
GATEWAY_STATUS = "passerelle/sceaux-smart/gateway/status"


pytestmark = pytest.mark.server("mosquitto")


@pytest.fixture
def site_broker(tmp_path: Path) -> Iterator[Mosquitto]:
    etc = tmp_path / "etc"
    (etc / "conf.d").mkdir(parents=True)
    port = free_port()
    shipped = (SHIPPED / "passerelle.conf").read_text(encoding="utf-8")
    (etc / "conf.d" / "passerelle.conf").write_text(
        shipped.replace("listener 1883", f"listener {port} 127.0.0.1").replace("/etc/mosquitto", str(etc)),
        encoding="utf-8",
    )
    (etc / "passerelle.acl").write_text((SHIPPED / "passerelle.acl").read_text(encoding="utf-8"))
    passwords = etc / "passerelle.passwd"
    passwords.write_text("".join(f"{user}:secret of {user}\n" for user in USERS))
    subprocess.run(["mosquitto_passwd", "-U", passwords], check=True)
    debian = (
        f"user root\npersistence true\npersistence_location {tmp_path}/\n"
        f"log_dest stderr\ninclude_dir {etc / 'conf.d'}\n"
    )
    broker = Mosquitto.start_configured(tmp_path, debian, host="127.0.0.1", port=port)
    yield broker
    broker.stop()


def connect(broker: Mosquitto, user: str) -> Connection:
    return Connection(broker, user, f"secret of {user}")


def test_nobody_enters_without_a_password(site_broker: Mosquitto) -> None:
    with Connection(site_broker) as anonymous, Connection(site_broker, "door-1", "guessed") as guessing:
        assert (anonymous.admitted, guessing.admitted) == (False, False)


def test_the_gateway_hears_what_a_node_says(site_broker: Mosquitto) -> None:
    with connect(site_broker, "gateway") as gateway, connect(site_broker, "door-1") as door:
        gateway.subscribe("passerelle/+/+/up/#")
        door.publish(EVENTS_OF_DOOR_1, b"a badge")

        assert gateway.next_message().payload == b"a badge"


def test_a_node_hears_the_commands_of_no_other_node(site_broker: Mosquitto) -> None:
    with connect(site_broker, "gateway") as gateway, connect(site_broker, "door-1") as door:
        door.subscribe("passerelle/#")
        gateway.publish("passerelle/sceaux-smart/door-2/down/command", b"unlock two")
        gateway.publish("passerelle/sceaux-smart/door-1/down/command", b"unlock one")

        assert door.next_message().payload == b"unlock one"


def test_a_node_cannot_speak_as_another(site_broker: Mosquitto) -> None:
    with connect(site_broker, "gateway") as gateway, connect(site_broker, "door-2") as door:
        gateway.subscribe("passerelle/+/+/up/#")
        door.publish(EVENTS_OF_DOOR_1, b"forged")
        door.publish("passerelle/sceaux-smart/door-2/up/events", b"its own")

        assert gateway.next_message().payload == b"its own"


def test_a_node_cannot_speak_as_the_gateway(site_broker: Mosquitto) -> None:
    with connect(site_broker, "gateway") as gateway, connect(site_broker, "door-1") as door:
        door.subscribe(GATEWAY_STATUS)
        door.publish(GATEWAY_STATUS, b"forged")
        gateway.publish(GATEWAY_STATUS, b"genuine")

        assert door.next_message().payload == b"genuine"


def test_a_part_of_an_access_list_is_admitted_and_what_is_larger_than_any_message_is_not(
    site_broker: Mosquitto,
) -> None:
    topic = "passerelle/sceaux-smart/door-1/down/access"
    with connect(site_broker, "door-1") as door:
        door.subscribe(topic)
        with connect(site_broker, "gateway") as gateway:
            gateway.publish(topic, b"x" * 300_000)
            gateway.publish(topic, b"x" * 192 * 1024)

        assert len(door.next_message().payload) == 192 * 1024


def test_a_broker_that_ends_leaves_no_state_behind(site_broker: Mosquitto, tmp_path: Path) -> None:
    with connect(site_broker, "door-1") as door:
        door.publish(EVENTS_OF_DOOR_1, b"a badge", retain=True)

    site_broker.stop()

    assert not (tmp_path / "mosquitto.db").exists()


def test_the_broker_holds_no_small_message_back() -> None:
    lines = (SHIPPED / "passerelle.conf").read_text(encoding="utf-8").splitlines()

    assert "set_tcp_nodelay true" in lines


def test_the_real_gateway_and_a_node_log_in_and_meet(site_broker: Mosquitto, tmp_path: Path) -> None:
    password = tmp_path / "broker-password"
    password.write_text("secret of gateway\n")
    settings = Settings(
        data_dir=tmp_path / "gateway",
        site_files=(SITES / "sceaux-smart.toml",),
        broker_host=site_broker.host,
        broker_port=site_broker.port,
        broker_user="gateway",
        broker_password_file=password,
    )
    house = build(settings)
    house.start()
    try:
        revision = asyncio.run(_hold_first_list(site_broker))
    finally:
        house.stop()
    assert revision == 1


async def _hold_first_list(site_broker: Mosquitto) -> int:
    topics = NodeTopics("sceaux-smart", NODE)
    login = Broker(site_broker.host, site_broker.port, NODE, f"secret of {NODE}")
    uplink = MqttUplink(login, NODE, LastWill(topics.up("status"), b"gone"), (topics.all_down,))
    loop = asyncio.get_running_loop()
    facts: asyncio.Queue[PortFact] = asyncio.Queue()

    def post(fact: PortFact) -> None:
        loop.call_soon_threadsafe(facts.put_nowait, fact)

    uplink.start(post)
    try:
        async with asyncio.timeout(10):
            while True:
                fact = await facts.get()
                if isinstance(fact, Received) and fact.topic == topics.down("access"):
                    return int(json.loads(fact.payload)["body"]["revision"])
    finally:
        await uplink.close()
