"""Doors that swing and people who pass beams without end, faster than anybody lives."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from firmware_sim.bench.surroundings import Surroundings
from firmware_sim.faults.place import DOORS, Place
from protocol.events import Direction

_SWING_S: Final = (0.04, 0.07)  # a contact that changes faster bounces
_BEAM_S: Final = (0.008, 0.016)
_DIRECTIONS: Final[tuple[Direction, ...]] = ("in", "out")


@contextmanager
def stirred(place: Place, seed: int) -> Iterator[None]:
    """Keep doors swinging and beams broken at every node while the block runs: about 50 events a second."""
    dice = random.Random(seed)
    going = [place.backstage.start(_swing(place.around[node], DOORS[node], dice)) for node in place.nodes]
    going += [
        place.backstage.start(_pass(place.around[node], counter.id, dice))
        for node in place.nodes
        for counter in place.around[node].equipment.counters
    ]
    try:
        yield
    finally:
        for each in going:
            each.cancel()


async def _swing(around: Surroundings, door: str, dice: random.Random) -> None:
    try:
        while True:
            around.set_open(door)
            await asyncio.sleep(dice.uniform(*_SWING_S))
            around.set_closed(door)
            await asyncio.sleep(dice.uniform(*_SWING_S))
    finally:
        around.set_closed(door)


async def _pass(around: Surroundings, counter: str, dice: random.Random) -> None:
    while True:
        await around.cross(counter, dice.choice(_DIRECTIONS), step_s=dice.uniform(*_BEAM_S))
