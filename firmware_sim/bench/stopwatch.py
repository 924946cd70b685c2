"""How long a tap takes: from the card in the radio field to the strike's pin going high, two processes."""

import asyncio
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic_ns

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from firmware_sim.bench.processes import start_edge
from firmware_sim.bench.surroundings import Surroundings
from firmware_sim.broker import EmbeddedBroker
from firmware_sim.rf.cards import Type2Card
from protocol.access import AccessList, Rights, Window
from protocol.codec import encode
from protocol.identifiers import credential_ref
from protocol.signing import public_text, sign
from protocol.site import Site
from protocol.site_file import read_site
from protocol.topics import NodeTopics

_UID = bytes.fromhex("04a1b2c3d4e5f6")
_CREDENTIAL_KEY = bytes(32)
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


def tap_to_strike(
    site_file: Path, folder: Path, taps: int, on_tap: Callable[[int], None] = lambda _: None
) -> Latency:
    """Measure `taps` taps of a uid card at a real edge process. Raises TimeoutError if one opens nothing."""
    site = read_site(site_file.read_text(encoding="utf-8"), site_file.name)
    key = Ed25519PrivateKey.generate()
    with EmbeddedBroker.start(folder / "broker") as broker:
        _publish_list(site, key, broker)
        words = {
            "ledger": "ledger-of-the-stopwatch",
            "gateway_key": public_text(key.public_key()),
            "credential_key": _CREDENTIAL_KEY.hex(),
        }
        return asyncio.run(_measure(site, site_file, folder, (broker.host, broker.port), words, taps, on_tap))


def _publish_list(site: Site, key: Ed25519PrivateKey, broker: EmbeddedBroker) -> None:
    now = datetime.now(UTC)  # noqa: TID251  # the edge process lives in real time
    until = now + timedelta(hours=1)
    opens = Window(point=_DOOR, start=now - timedelta(hours=1), end=until, why="stopwatch")
    access = AccessList(
        site=site.id,
        node=_NODE,
        revision=1,
        issued_at=now,
        horizon=until,
        expires_at=until,
        on_stale={_DOOR: "deny"},
        sets={1: (opens,)},
        credentials={credential_ref(_CREDENTIAL_KEY, _UID): Rights(sets=(1,), member=True)},
    )
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv311)
    client.connect(broker.host, broker.port)
    client.loop_start()
    topic = NodeTopics(site.id, _NODE).down("access")
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
) -> Latency:
    async with Surroundings.open(site, _NODE) as entrance:
        edge = start_edge(entrance, folder / _NODE, site_file, broker, words)
        try:
            async with asyncio.timeout(_STARTS_WITHIN_S):
                while await _one_tap_ms(entrance) is None:
                    pass
            times = []
            for number in range(taps):
                taken = await _one_tap_ms(entrance)
                if taken is None:
                    raise TimeoutError(f"tap {number} opened nothing: see {edge.log}")
                times.append(taken)
                on_tap(number)
        finally:
            await asyncio.to_thread(edge.stop)
    return Latency(taps, statistics.median(times), statistics.quantiles(times, n=100)[98], max(times))


async def _one_tap_ms(entrance: Surroundings) -> float | None:
    """Tap, open and close the door so that it locks again; None where the strike stayed locked."""
    risen: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    strike = entrance.equipment.lock_pins()[_DOOR]

    def rise(level: int, at_ns: int) -> None:
        if level and not risen.done():
            risen.set_result(at_ns)

    stop = entrance.pins.watch(strike, rise)
    placed_ns = monotonic_ns()
    await entrance.tap(_READER, Type2Card(_UID))
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
