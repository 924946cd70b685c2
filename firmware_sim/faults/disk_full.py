"""Full disks: of a node and of the gateway, while people come and go; each is freed again."""

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from firmware_sim.faults.deciding import lets_in
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.judged import judged
from firmware_sim.faults.mounts import own_mounts, small_disk
from firmware_sim.faults.place import ENTRANCE, STUDIO, Place, open_place
from firmware_sim.faults.stir import stirred
from firmware_sim.faults.tally import Tally
from firmware_sim.verify.observed import read_spool

_NODE_KIB: Final = 2048
_GATEWAY_KIB: Final = 16384
_PIECE: Final = 512
_FILLS_UP_S: Final = 0.5
_FULL_S: Final = (2.0, 6.0)
_FREE_S: Final = 3.0


def play(plan: Plan) -> Tally:
    """Fill the disk of the entrance, of the gateway, or of both, `plan.rounds` times."""
    dice = random.Random(plan.seed)
    disks = {"node": plan.folder / ENTRANCE, "gateway": plan.folder / "gateway"}
    shut = stood_still = 0
    with own_mounts(), ExitStack() as mounted:
        mounted.enter_context(small_disk(disks["node"], _NODE_KIB))
        mounted.enter_context(small_disk(disks["gateway"], _GATEWAY_KIB))
        with open_place(plan.folder) as place:
            for node in (ENTRANCE, STUDIO):
                place.start_node(node)
            with stirred(place, plan.seed):
                for number in range(plan.rounds):
                    full = dice.choice((("node",), ("gateway",), ("node", "gateway")))
                    with ExitStack() as filled:
                        for name in full:
                            filled.enter_context(_filled(disks[name]))
                        time.sleep(_FILLS_UP_S)
                        before = _kept(place, full)
                        shut += not lets_in(place, ENTRANCE, 2 * number)
                        time.sleep(dice.uniform(*_FULL_S))
                        shut += not lets_in(place, STUDIO, 2 * number + 1)
                        stood_still += _kept(place, full) == before
                    time.sleep(_FREE_S)
                    plan.advance()
            place.come_to_rest()
            tally = judged(plan.rounds, place.verdict(), figures={"shut": shut, "stood_still": stood_still})
            return replace(tally, wrong=tally.wrong + shut)


def _kept(place: Place, where: Sequence[str]) -> list[int]:
    """Count the events that the full disks have: where none is added, they really were full."""
    counts = {"node": lambda: len(list(read_spool(place.spools[ENTRANCE], place.site.id, ENTRANCE)))}
    return [counts.get(name, place.in_ledger)() for name in where]


@contextmanager
def _filled(disk: Path) -> Iterator[None]:
    """Leave no byte free on a disk while the block runs."""
    filler = disk / "filler"
    try:
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(_PIECE))
        yield
    finally:
        filler.unlink()
