"""Writes and syncs that the disk of a node, or of the gateway, answers with an error, for a while."""

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from firmware_sim.faults.deciding import lets_in
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.judged import judged
from firmware_sim.faults.place import ENTRANCE, STUDIO, Place, open_place, until
from firmware_sim.faults.stir import stirred
from firmware_sim.faults.tally import Tally
from firmware_sim.verify.observed import read_spool

_CALLS: Final = ("fsync,fdatasync", "pwrite64", "fsync,fdatasync,pwrite64")
_FIRST: Final = (1, 60)
_TIMES: Final = (1, 8)
_GOES_ON_S: Final = (1.0, 4.0)
_COMES_BACK_WITHIN_S: Final = 60.0


def play(plan: Plan) -> Tally:
    """Let the disk fail `plan.rounds` times: at the nodes, and each third time at the gateway."""
    dice = random.Random(plan.seed)
    shut = 0
    with open_place(plan.folder) as place:
        for node in (ENTRANCE, STUDIO):
            place.start_node(node)
        with stirred(place, plan.seed):
            for number in range(plan.rounds):
                node = dice.choice((ENTRANCE, STUDIO))
                if number % 3 == 0:
                    _fail_gateway(place, dice)
                else:
                    place.nodes[node].stop()
                    place.nodes[node].restart(_failing(dice))
                shut += not lets_in(place, node, number)
                time.sleep(dice.uniform(*_GOES_ON_S))
                until(lambda: _badges(place) >= len(place.taps), "taps to be written", _COMES_BACK_WITHIN_S)
                plan.advance()
        place.come_to_rest()
        tally = judged(plan.rounds, place.verdict(), figures={"shut": shut})
        return replace(tally, wrong=tally.wrong + shut)


def _badges(place: Place) -> int:
    """Count the badges that are on disks: a node that is stopped forgets what its disk refuses."""
    spools = (read_spool(spool, place.site.id, node) for node, spool in place.spools.items())
    return sum(seen.content["type"] == "BadgePresented" for spool in spools for seen, _ in spool)


def _failing(dice: random.Random) -> Sequence[str]:
    """Return a tracer under which calls of one kind fail some times, from the n-th on, in each thread."""
    first, calls = dice.randint(*_FIRST), dice.choice(_CALLS)
    span = f"{first}..{first + dice.randint(*_TIMES)}"
    injected = f"inject={calls}:error=EIO:when={span}"
    return ("strace", "-D", "-f", "--seccomp-bpf", "-o", "/dev/null", "-e", f"trace={calls}", "-e", injected)


def _fail_gateway(place: Place, dice: random.Random) -> None:
    """Start the gateway on a failing disk, and again, as a service manager does, where it cannot start so."""
    place.gateway.stop()
    place.gateway.begin({}, _failing(dice))

    def answers() -> bool:
        if place.gateway.exit_status is not None:
            place.gateway.begin({})
        return place.gateway.answers()

    until(answers, "the gateway to answer", _COMES_BACK_WITHIN_S)
