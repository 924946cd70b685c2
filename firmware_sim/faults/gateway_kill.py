"""kill -9 of the gateway between commit and acknowledgement, before the commit, and at any moment."""

import random
import time
from typing import Final

from firmware_sim.faults.fault import Plan
from firmware_sim.faults.judged import judged
from firmware_sim.faults.place import ENTRANCE, STUDIO, Place, open_place
from firmware_sim.faults.stir import stirred
from firmware_sim.faults.tally import Tally

_POINTS: Final = ("ingest.committed", "ingest.committed", "ingest.written", "projection.written")
_LAST_TIME: Final = 20
_MOMENT_EACH: Final = 4
_LIVES_S: Final = (0.5, 6.0)
_AT_ANY_MOMENT_EACH: Final = 4
_COMES_TO_A_POINT_WITHIN_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.02


def play(plan: Plan) -> Tally:
    """Kill the gateway `plan.rounds` times, while its nodes go on sending."""
    dice = random.Random(plan.seed)
    at_points = 0
    with open_place(plan.folder) as place:
        for node in (ENTRANCE, STUDIO):
            place.start_node(node)
        place.gateway.child.kill()
        with stirred(place, plan.seed):
            for number in range(plan.rounds):
                at_points += _live_and_die(place, dice, number)
                plan.advance()
        place.gateway.restart()
        place.come_to_rest()
        return judged(plan.rounds, place.verdict(), figures={"at_failpoints": at_points})


def _live_and_die(place: Place, dice: random.Random, number: int) -> bool:
    """Start the gateway, to end at a failpoint or, each fourth time, at any moment. Whether the former."""
    at_any_moment = number % _MOMENT_EACH == _MOMENT_EACH - 1
    point = "none" if at_any_moment else _some_point(dice)
    lives_s = dice.uniform(*_LIVES_S) if at_any_moment else _COMES_TO_A_POINT_WITHIN_S
    place.gateway.begin({"PASSERELLE_FAILPOINT": point})
    place.tap(ENTRANCE, number)
    for _ in range(int(lives_s / _LOOK_EVERY_S)):
        if place.gateway.exit_status is not None:
            return True
        time.sleep(_LOOK_EVERY_S)
    place.gateway.child.kill()
    return False


def _some_point(dice: random.Random) -> str:
    """Name a failpoint, and which time it is reached: the first where it is reached seldom."""
    point = dice.choice(_POINTS)
    return f"{point}:{1 if point == 'projection.written' else dice.randint(1, _LAST_TIME)}"
