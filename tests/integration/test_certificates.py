"""What a node may show a broker, and what becomes of it: real brokers, and the uplink of a real node."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.adapters.certificate import FileCertificate
from edge.adapters.clock import KernelClock
from edge.adapters.uplink import Broker, LastWill, MqttUplink
from edge.ports import LinkUp, PortFact, Received
from edge.renewal import Renewal
from edge.trust import Trust
from gateway.adapters.certificate_authority import FileAuthority
from host.tls import TlsFiles
from protocol.codec import encode
from protocol.signing import public_from_text
from protocol.topics import NodeTopics
from tests.servers.secure import SCEAUX, SecurePlace, now, secure_place

NODE = "ss-entrance"
TOPICS = NodeTopics(SCEAUX, NODE)
WAIT_S = 10.0

pytestmark = pytest.mark.filterwarnings(  # paho leaves a socket to the garbage where TLS fails on it
    r"ignore:Exception ignored in. <ssl\.SSLSocket:pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(params=["nats", "mosquitto"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SecurePlace]:
    with secure_place(tmp_path, request.param) as place:
        place.enrol(NODE)
        yield place


class Line:
    """The uplink of a node on the files of its folder, and all that it posted."""

    def __init__(self, place: SecurePlace, *, plain: bool = False) -> None:
        folder = place.folder / NODE
        certificate = FileCertificate(folder / "node.pem", folder / "ca.pem", NODE)
        tls = None if plain else TlsFiles(folder / "ca.pem", folder / "node.pem")
        self.certificate = certificate
        self.posted: list[PortFact] = []
        self.uplink = MqttUplink(
            Broker(place.host, place.port, tls=tls),
            NODE,
            LastWill(TOPICS.up("status"), b"gone"),
            (TOPICS.all_down,),
            check=None if plain else lambda: certificate.check(now()),
        )

    @property
    def linked(self) -> bool:
        return LinkUp() in self.posted


def told(line: Line, story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def play() -> None:
        line.uplink.start(line.posted.append)
        try:
            await story()
        finally:
            await line.uplink.close()

    asyncio.run(play())


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not holds():  # noqa: ASYNC110 - what is awaited happens in paho's thread
            await asyncio.sleep(0.02)


def why_no_link(place: SecurePlace, caplog: pytest.LogCaptureFixture, *, plain: bool = False) -> str:
    """Let a node try; return the line of its log that a person can act on."""
    line = Line(place, plain=plain)

    async def story() -> None:
        await until(lambda: "event=no_link" in caplog.text)
        await asyncio.sleep(1.5)  # it tries again meanwhile
        assert not line.linked

    with caplog.at_level(logging.ERROR, "edge.adapters.uplink"):
        told(line, story)
    said = [record.getMessage() for record in caplog.records if "event=no_link" in record.getMessage()]
    assert len(set(said)) == len(said), "one reason is told once"
    return said[0]


def test_a_node_with_its_own_certificate_is_let_in(place: SecurePlace) -> None:
    line = Line(place)

    async def story() -> None:
        await until(lambda: line.linked)

    told(line, story)


def test_an_expired_certificate_is_refused_and_the_log_says_to_enrol_again(
    place: SecurePlace, caplog: pytest.LogCaptureFixture
) -> None:
    short = FileAuthority(place.settings.data_dir / "authority.pem", place.house.ledger.id, 1, now())
    place.forge(NODE, place.folder / NODE / "node.pem", short, now() - timedelta(days=1, seconds=1))
    said = why_no_link(place, caplog)
    assert "the certificate ended at" in said
    assert "enrol this node again with a new invitation" in said
    with place.show(place.folder / NODE / "node.pem") as thief:
        assert not thief.admitted


def test_a_revoked_certificate_is_refused_and_the_log_says_to_enrol_again(
    place: SecurePlace, caplog: pytest.LogCaptureFixture
) -> None:
    place.revoke(NODE)
    asyncio.run(until(lambda: _reloaded(place)))
    assert "enrol again with a new invitation" in why_no_link(place, caplog)


def test_a_self_signed_certificate_is_refused(place: SecurePlace, caplog: pytest.LogCaptureFixture) -> None:
    own = FileAuthority(place.folder / "own.pem", place.house.ledger.id, 365, now())
    place.forge(NODE, place.folder / NODE / "node.pem", own, now())
    assert "not signed by the place's authority" in why_no_link(place, caplog)
    with place.show(place.folder / NODE / "node.pem") as thief:
        assert not thief.admitted


def test_the_certificate_of_another_node_is_not_shown(
    place: SecurePlace, caplog: pytest.LogCaptureFixture
) -> None:
    place.forge("ss-garden", place.folder / NODE / "node.pem", place.authority, now())
    said = why_no_link(place, caplog)
    assert f"the certificate is of 'ss-garden' at '{place.house.ledger.id}', expected 'ss-entrance'" in said


def test_a_broker_of_another_place_is_not_spoken_to(
    place: SecurePlace, caplog: pytest.LogCaptureFixture
) -> None:
    other = FileAuthority(place.folder / "own.pem", place.house.ledger.id, 365, now())
    (place.folder / NODE / "ca.pem").write_text(other.certificate)
    place.forge(NODE, place.folder / NODE / "node.pem", other, now())
    assert "the broker is of another place, or not the one we were enrolled with" in why_no_link(
        place, caplog
    )


def test_plain_text_on_the_port_of_tls_is_refused(
    place: SecurePlace, caplog: pytest.LogCaptureFixture
) -> None:
    assert "if that port speaks TLS, enrol this node" in why_no_link(place, caplog, plain=True)


def test_nobody_comes_in_without_a_certificate(place: SecurePlace) -> None:
    with place.show(None) as nobody:
        assert not nobody.admitted


@pytest.mark.parametrize("content", ["", "no PEM at all"])
def test_a_damaged_certificate_stops_no_node_and_is_told(
    place: SecurePlace, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    (place.folder / NODE / "node.pem").write_text(content)
    assert "node.pem is no certificate in PEM" in why_no_link(place, caplog)


def test_who_is_put_out_is_cut_off_while_connected(place: SecurePlace) -> None:
    place.enrol("ss-garden")
    with place.as_gateway() as gateway, place.connect(NODE) as door, place.connect("ss-garden") as other:
        gateway.subscribe("passerelle/sceaux-smart/+/up/#")
        door.subscribe(TOPICS.all_down)
        other.subscribe(NodeTopics(SCEAUX, "ss-garden").all_down)
        place.revoke(NODE)
        asyncio.run(until(lambda: _reloaded(place)))
        gateway.publish(TOPICS.down("command"), b"unlock")
        door.say(TOPICS.up("events"), b"a badge")
        assert (door.messages(), gateway.messages()) == ([], [])
        gateway.publish(NodeTopics(SCEAUX, "ss-garden").down("command"), b"unlock")
        assert other.next_message().payload == b"unlock"
    with place.connect(NODE) as again:
        assert not again.admitted


def _reloaded(place: SecurePlace) -> bool:
    return "Reloaded: accounts" in place.log() or "Reloading config" in place.log()


def test_a_certificate_is_renewed_over_the_wire_and_used_at_once(place: SecurePlace) -> None:
    file, line, house = place.folder / NODE / "node.pem", Line(place), place.house
    trust = Trust(public_from_text(house.public_key), SCEAUX, NODE)
    renewal = Renewal(trust, line.certificate, line.uplink, KernelClock())
    before = file.read_bytes()

    def issued() -> list[Received]:
        came = [fact for fact in line.posted if isinstance(fact, Received)]
        return [fact for fact in came if fact.topic == TOPICS.down("certificate")]

    async def story() -> None:
        await until(lambda: line.linked)
        line.uplink.publish(TOPICS.up("renewal"), encode(line.certificate.ask(SCEAUX, NODE)))
        await until(issued)
        renewal.take(issued()[0].payload)
        await until(lambda: line.posted.count(LinkUp()) == 2)

    house.start()
    try:
        told(line, story)
    finally:
        house.stop()
    assert file.read_bytes() != before
