"""kill -9 of the broker, every few seconds, while nodes have fifty events a second to tell."""

import time
from functools import partial
from typing import Final

from firmware_sim.broker import EmbeddedBroker
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.judged import judged
from firmware_sim.faults.place import ENTRANCE, STUDIO, Broker, open_place
from firmware_sim.faults.stir import stirred
from firmware_sim.faults.tally import Tally
from firmware_sim.mosquitto import Mosquitto

_EVERY_S: Final = 5.0


def play(plan: Plan, kind: type[Broker], every_s: float = _EVERY_S) -> Tally:
    """Kill a broker of this `kind` `plan.rounds` times, every so many seconds."""
    with open_place(plan.folder, kind) as place:
        for node in (ENTRANCE, STUDIO):
            place.start_node(node)
        before, began_s = place.on_disk(), time.perf_counter()
        with stirred(place, plan.seed):
            for number in range(plan.rounds):
                place.tap(ENTRANCE, number)
                time.sleep(every_s)
                place.broker.kill()
                place.broker.restart()
                plan.advance()
        made, took_s = place.on_disk() - before, time.perf_counter() - began_s
        place.come_to_rest()
        return judged(plan.rounds, place.verdict(), figures={"events_per_s": round(made / took_s, 1)})


play_nats = partial(play, kind=EmbeddedBroker)
play_mosquitto = partial(play, kind=Mosquitto)
