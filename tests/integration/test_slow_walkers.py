"""A real node gives who walks slowly more time, and its lock never gets more than the timer relay allows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from signal import SIGKILL
from time import monotonic_ns

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_sim.bench.processes import EdgeProcess, start_edge
from firmware_sim.bench.stopwatch import publish_list
from firmware_sim.bench.surroundings import Surroundings
from firmware_sim.broker import EmbeddedBroker
from firmware_sim.rf.cards import Type2Card
from protocol.access import AccessList, Rights, Window
from protocol.identifiers import credential_ref
from protocol.signing import public_text
from protocol.site_file import read_site

_SITES = Path(__file__).parents[2] / "deploy" / "sites"
_NODE, _DOOR, _READER = "ss-entrance", "entrance", "entrance-in"
_UID = bytes.fromhex("04a1b2c3d4e5f6")
_OWN_S, _SLOW_S = 1.0, 3.5
_NS = 1e9


def _site_file(folder: Path) -> Path:
    """Sceaux Smart, but the street door's own time is a second."""
    text = (_SITES / "sceaux-smart.toml").read_text(encoding="utf-8")
    door = f'id = "{_DOOR}"\n'
    file = folder / "sceaux-smart.toml"
    file.write_text(text.replace(door, f"{door}relock_after_s = {_OWN_S}\n", 1), encoding="utf-8")
    return file


def _list(site: str) -> AccessList:
    now = datetime.now(UTC)  # noqa: TID251  # the edge process lives in real time
    until = now + timedelta(hours=1)
    opens = Window(point=_DOOR, start=now - timedelta(hours=1), end=until, why="member")
    ref = credential_ref(bytes(32), _UID)
    return AccessList(
        site=site,
        node=_NODE,
        revision=1,
        issued_at=now,
        horizon=until,
        expires_at=until,
        on_stale={_DOOR: "deny"},
        sets={1: (opens,)},
        credentials={ref: Rights(sets=(1,), member=True, relock_after_s=_SLOW_S)},
    )


@asynccontextmanager
async def _let_in(folder: Path) -> AsyncIterator[tuple[Surroundings, EdgeProcess]]:
    """A node whose door was just released for who walks slowly."""
    file = _site_file(folder)
    site = read_site(file.read_text(encoding="utf-8"), file.name)
    key = Ed25519PrivateKey.generate()
    words = {
        "ledger": "ledger-of-a-test",
        "gateway_key": public_text(key.public_key()),
        "credential_key": bytes(32).hex(),
    }
    with EmbeddedBroker.start(folder / "broker") as broker:
        publish_list(_list(site.id), key, broker)
        async with Surroundings.open(site, _NODE) as around:
            edge = start_edge(around, folder / _NODE, file, (broker.host, broker.port), words)
            try:
                async with asyncio.timeout(20):
                    while not await around.present(_READER, Type2Card(_UID)):
                        pass
                yield around, edge
            finally:
                await asyncio.to_thread(edge.stop)


async def _locked_for_good(around: Surroundings) -> None:
    """Wait until the lock has had no current for longer than the gap between two pulses."""
    async with asyncio.timeout(20):
        while True:
            if not around.released(_DOOR):
                count = len(around.relays[_DOOR].pulses)
                await asyncio.sleep(0.5)
                if len(around.relays[_DOOR].pulses) == count and not around.released(_DOOR):
                    return
            await asyncio.sleep(0.05)


@pytest.mark.timeout(120)
def test_who_walks_slowly_has_the_door_for_as_long_as_their_card_says(tmp_path: Path) -> None:
    async def story() -> Surroundings:
        async with _let_in(tmp_path) as (around, _):
            await _locked_for_good(around)
            return around

    pulses = asyncio.run(story()).relays[_DOOR].pulses
    lasted_s = (pulses[-1].ended_ns - pulses[0].began_ns) / _NS
    gaps_s = [(b.began_ns - a.ended_ns) / _NS for a, b in pairwise(pulses)]
    assert _SLOW_S <= lasted_s <= _SLOW_S + 0.5
    assert max(gaps_s) < 0.3
    assert max((each.ended_ns - each.began_ns) / _NS for each in pulses) <= _OWN_S + 0.5


@pytest.mark.timeout(120)
def test_a_node_killed_while_someone_walks_slowly_leaves_a_lock_that_locks_in_the_doors_own_time(
    tmp_path: Path,
) -> None:
    async def story() -> tuple[Surroundings, int]:
        async with _let_in(tmp_path) as (around, edge):
            await asyncio.sleep(_OWN_S + 0.3)
            assert around.released(_DOOR)
            killed_ns = monotonic_ns()
            await asyncio.to_thread(edge.end, SIGKILL)
            await _locked_for_good(around)
            return around, killed_ns

    around, killed_ns = asyncio.run(story())
    assert (around.relays[_DOOR].pulses[-1].ended_ns - killed_ns) / _NS <= _OWN_S + 0.5
