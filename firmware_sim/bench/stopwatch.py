"""How long a tap takes: from the card in the radio field to the strike's pin going high, two processes."""

import asyncio
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import monotonic_ns

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from edge.adapters.sealing_key import sealing_key
from firmware_sim.bench.processes import start_edge
from firmware_sim.bench.surroundings import Surroundings
from firmware_sim.broker import EmbeddedBroker
from firmware_sim.rf.cards import Type2Card
from firmware_sim.rf.secure import desfire_card
from firmware_sim.rf.type_a import Card
from protocol.access import AccessList, Rights, Window
from protocol.codec import encode
from protocol.events import Assurance
from protocol.identifiers import CARD_APPLICATION, credential_ref
from protocol.sealing import seal, sealing_text
from protocol.signing import public_text, sign
from protocol.site import Site
from protocol.site_file import read_site
from protocol.topics import NodeTopics

_UID = bytes.fromhex("04a1b2c3d4e5f6")
_CREDENTIAL_KEY = bytes(32)
_CARD_KEY = bytes(range(16))
_CARDS: Mapping[Assurance, Card] = {
    "uid": Type2Card(_UID),
    "aes": desfire_card(_UID, CARD_APPLICATION, _CARD_KEY, Random(1)),
}
_NODE, _READER, _DOOR = "ss-entrance", "entrance-in", "entrance"
_AWAY_S = 0.8  # a card must be away this long for the next tap to be a new one
_STARTS_WITHIN_S = 15


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds over `taps` taps."""

    taps: int
    p50: float
    p99: float
    worst: float

    @classmethod
    def of(cls, times_ms: Sequence[float]) -> "Latency":
        """Sum up at least two measurements."""
        p99 = statistics.quantiles(times_ms, n=100)[98]
        return cls(len(times_ms), statistics.median(times_ms), min(p99, max(times_ms)), max(times_ms))


def tap_to_strike(
    site_file: Path,
    folder: Path,
    taps: int,
    on_tap: Callable[[int], None] = lambda _: None,
    assurance: Assurance = "uid",
) -> Latency:
    """Measure `taps` taps of a card at a real edge process; of one that proves its key, if so asked.

    Raises TimeoutError if one opens nothing.
    """
    site = read_site(site_file.read_text(encoding="utf-8"), site_file.name)
    key = Ed25519PrivateKey.generate()
    with EmbeddedBroker.start(folder / "broker") as broker:
        node_key = sealing_key(folder / _NODE).public_key()
        publish_list(_list(site, node_key, assurance), key, broker)
        card = _CARDS[assurance]
        words = {
            "ledger": "ledger-of-the-stopwatch",
            "gateway_key": public_text(key.public_key()),
            "credential_key": _CREDENTIAL_KEY.hex(),
        }
        return asyncio.run(
            _measure(site, site_file, folder, (broker.host, broker.port), words, taps, on_tap, card)
        )


def _list(site: Site, node_key: X25519PublicKey, assurance: Assurance) -> AccessList:
    now = datetime.now(UTC)  # noqa: TID251  # the edge process lives in real time
    until = now + timedelta(hours=1)
    opens = Window(point=_DOOR, start=now - timedelta(hours=1), end=until, why="stopwatch")
    ref = credential_ref(_CREDENTIAL_KEY, _UID)
    keys = {ref: _CARD_KEY} if assurance == "aes" else {}
    return AccessList(
        site=site.id,
        node=_NODE,
        revision=1,
        issued_at=now,
        horizon=until,
        expires_at=until,
        on_stale={_DOOR: "deny"},
        assurance={_DOOR: assurance},
        sets={1: (opens,)},
        credentials={ref: Rights(sets=(1,), member=True, aes=assurance == "aes")},
        sealed_to=sealing_text(node_key),
        card_keys=seal(node_key, keys, site.id, _NODE, 1),
    )


def publish_list(access: AccessList, key: Ed25519PrivateKey, broker: EmbeddedBroker) -> None:
    """Sign a list and leave it where its node will find it."""
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv311)
    client.connect(broker.host, broker.port)
    client.loop_start()
    topic = NodeTopics(access.site, access.node).down("access")
    client.publish(topic, encode(sign(key, "access_list", access)), qos=1, retain=True).wait_for_publish(5)
    client.disconnect()
    client.loop_stop()


async def _measure(
    site: Site,
    site_file: Path,
    folder: Path,
    broker: tuple[str, int],
    words: dict[str, str],
    taps: int,
    on_tap: Callable[[int], None],
    card: Card,
) -> Latency:
    async with Surroundings.open(site, _NODE) as entrance:
        edge = start_edge(entrance, folder / _NODE, site_file, broker, words)
        try:
            async with asyncio.timeout(_STARTS_WITHIN_S):
                while await _one_tap_ms(entrance, card) is None:
                    pass
            times = []
            for number in range(taps):
                taken = await _one_tap_ms(entrance, card)
                if taken is None:
                    raise TimeoutError(f"tap {number} opened nothing: see {edge.log}")
                times.append(taken)
                on_tap(number)
        finally:
            await asyncio.to_thread(edge.stop)
    return Latency.of(times)


async def _one_tap_ms(entrance: Surroundings, card: Card) -> float | None:
    """Tap, open and close the door so that it locks again; None where the strike stayed locked."""
    risen: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    strike = entrance.equipment.lock_pins()[_DOOR]

    def rise(level: int, at_ns: int) -> None:
        if level and not risen.done():
            risen.set_result(at_ns)

    stop = entrance.pins.watch(strike, rise)
    placed_ns = monotonic_ns()
    await entrance.tap(_READER, card)
    try:
        at_ns = await asyncio.wait_for(risen, timeout=1)
    except TimeoutError:
        return None
    finally:
        stop()
    entrance.set_open(_DOOR)
    await asyncio.sleep(0.1)
    entrance.set_closed(_DOOR)
    await asyncio.sleep(_AWAY_S)
    return (at_ns - placed_ns) / 1e6
