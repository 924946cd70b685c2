"""Every node against every topic of every other, with real brokers that ask for certificates: no crossing."""

from collections.abc import Iterator
from time import sleep
from typing import Final, TypeVar, get_args

import pytest

from protocol.topics import Down, NodeTopics, Up, gateway_status
from tests.servers.connection import Connection
from tests.servers.secure import SCEAUX, VOISIN, SecurePlace, secure_place

FILTERS: Final = (
    "#", "+/#", "passerelle/#", "passerelle/+/+/down/#", "passerelle/+/+/up/#", "passerelle/+/+/+/+",
    "/#", "$SYS/#", "$MQTT/#", "$MQTT/sub/#", "$JS/#", "$share/thieves/passerelle/#", "$queue/passerelle/#",
)  # fmt: skip
"""What a thief subscribes to, besides each other node's very topics."""

STATUSES: Final = frozenset({(gateway_status(SCEAUX), b"status"), (gateway_status(VOISIN), b"status")})
"""Of no secret, and the same for all: that the gateway lives."""

Said = set[tuple[str, bytes]]
K = TypeVar("K")


@pytest.fixture(scope="module", params=["nats", "mosquitto"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecurePlace]:
    with secure_place(tmp_path_factory.mktemp(request.param), request.param) as place:
        for topics in place.nodes:
            place.enrol(topics.node)
        yield place


@pytest.fixture
def gateways(place: SecurePlace) -> Iterator[dict[str, Connection]]:
    """The gateway's connections to both sites, listening; what it keeps for newcomers is published."""
    with place.as_gateway(SCEAUX) as sceaux, place.as_gateway(VOISIN) as voisin:
        gateways = {SCEAUX: sceaux, VOISIN: voisin}
        for site, gateway in gateways.items():
            gateway.subscribe(f"passerelle/{site}/+/up/#")
            gateway.publish(gateway_status(site), b"status", retain=True)
        for topics in place.nodes:
            gateways[topics.site].publish(topics.down("access"), own(topics), retain=True)
        yield gateways


def test_each_node_hears_what_is_sent_to_it_and_nothing_else(
    place: SecurePlace, gateways: dict[str, Connection]
) -> None:
    thieves = {topics: place.connect(topics.node) for topics in place.nodes}
    for topics, thief in thieves.items():
        thief.subscribe(*FILTERS, *(t for other in place.nodes for t in (*downs(other), *ups(other))))
        thief.subscribe(f"passerelle/{topics.site}/{topics.node}/down/#", gateway_status(topics.site))
    for topics, thief in thieves.items():
        gateways[topics.site].publish_all((topic, own(topics)) for topic in downs(topics))
        thief.publish_all((topic, own(topics)) for topic in ups(topics))
    heard = {topics: everything(thief) for topics, thief in settled(thieves).items()}
    assert {topics: said - STATUSES for topics, said in heard.items()} == {
        topics: {(topic, own(topics)) for topic in downs(topics)} for topics in thieves
    }


def test_no_node_speaks_as_another_nor_as_the_gateway(
    place: SecurePlace, gateways: dict[str, Connection]
) -> None:
    targets = [t for other in place.nodes for t in (*ups(other), *downs(other))]
    targets += [gateway_status(SCEAUX), gateway_status(VOISIN), "passerelle/sceaux-smart/gateway/up/events"]
    for topics, following in zip(place.nodes, [*place.nodes[1:], place.nodes[0]], strict=True):
        thief = place.connect(topics.node, will=(following.up("status"), b"will"))
        for retain in (False, True):
            thief.publish_all(((topic, own(topics)) for topic in targets), retain=retain)
        thief.break_off()
    arrived = [everything(gateway) for gateway in settled(gateways).values()]
    assert set().union(*arrived) == {(t, own(topics)) for topics in place.nodes for t in ups(topics)}
    for topics in place.nodes:
        with place.connect(topics.node) as listening:
            listening.subscribe(f"passerelle/{topics.site}/{topics.node}/down/#")
            assert everything(listening, wait_s=0.1) == {(topics.down("access"), own(topics))}


def own(topics: NodeTopics) -> bytes:
    """What names its node."""
    return topics.node.encode()


def ups(topics: NodeTopics) -> list[str]:
    return [topics.up(kind) for kind in get_args(Up)]


def downs(topics: NodeTopics) -> list[str]:
    return [topics.down(kind) for kind in get_args(Down)]


def settled(connections: dict[K, Connection]) -> dict[K, Connection]:
    """Wait until what is under way has arrived."""
    sleep(1)
    return connections


def everything(connection: Connection, wait_s: float = 0.0) -> Said:
    """All that has come, but for the broker's own talk of itself."""
    came = connection.messages(wait_s)
    return {(m.topic, bytes(m.payload)) for m in came if not m.topic.startswith("$SYS/")}
