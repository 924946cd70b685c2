"""The link to the broker is cut, in every manner, and comes back: the nodes' link, the gateway's, or both."""

import random
import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Final

from firmware_sim.bench.backstage import Backstage
from firmware_sim.broker import EmbeddedBroker
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.judged import judged
from firmware_sim.faults.links import Link, ProxiedLink, Seclusion
from firmware_sim.faults.place import ENTRANCE, STUDIO, Broker, Place, open_place
from firmware_sim.faults.stir import stirred
from firmware_sim.faults.tally import Tally

_CUT_S: Final = (1.0, 8.0)
_LONG_CUT_S: Final = 45.0  # longer than node, broker and gateway take to give a connection up
_LONG_CUT_EVERY: Final = 8
_TAP_EVERY_S: Final = 0.7
_MENDED_S: Final = (0.5, 4.0)
_KEEP_ALIVE_S: Final = 4


def play(plan: Plan, cut_s: tuple[float, float] = _CUT_S) -> Tally:
    """Cut links through proxies `plan.rounds` times: silently, one way only, by RST, or almost."""
    with ExitStack() as stack:
        broker = EmbeddedBroker.start(plan.folder / "broker")
        stack.callback(broker.stop)
        stage = stack.enter_context(Backstage())
        links = {name: ProxiedLink.open(stage, (broker.host, broker.port)) for name in ("nodes", "gateway")}
        return _play(plan, broker, links, cut_s)


def play_apart(plan: Plan, cut_s: tuple[float, float] = _CUT_S) -> Tally:
    """Cut links `plan.rounds` times by dropping every packet to and from the broker, in its own namespace."""
    with Seclusion.open() as seclusion:
        broker = seclusion.run(lambda: EmbeddedBroker.start(plan.folder / "broker", "0.0.0.0"))  # noqa: S104
        try:
            links = {name: seclusion.link(broker.port) for name in ("nodes", "gateway")}
            return _play(plan, broker, links, cut_s)
        finally:
            broker.stop()


def _play(plan: Plan, broker: Broker, links: Mapping[str, Link], cut_s: tuple[float, float]) -> Tally:
    dice = random.Random(plan.seed)
    with open_place(plan.folder, broker=broker, gateway_via=links["gateway"].address) as place:
        for node in (ENTRANCE, STUDIO):
            place.start_node(node, links["nodes"].address, keep_alive_s=_KEEP_ALIVE_S)
        held_back = 0
        with stirred(place, plan.seed):
            for number in range(plan.rounds):
                lasts_s = _LONG_CUT_S if (number + 1) % _LONG_CUT_EVERY == 0 else dice.uniform(*cut_s)
                cut = dice.choice([("nodes",), ("gateway",), ("nodes", "gateway")])
                held_back = max(held_back, _cut_and_mend(place, [links[name] for name in cut], lasts_s, dice))
                plan.advance()
        place.come_to_rest()
        figures = {"taps": len(place.taps), "held_back": held_back, "refused": place.decided(granted=False)}
        tally = judged(plan.rounds, place.verdict(), figures=figures)
        return tally.with_wrong(place.decided(granted=False), "members refused, cut off or not")


def _cut_and_mend(place: Place, links: list[Link], lasts_s: float, dice: random.Random) -> int:
    """Let people tap while some links are cut; how many events waited at its end."""
    for link in links:
        link.cut(dice.choice(link.manners))
    ends_at = time.perf_counter() + lasts_s
    while time.perf_counter() < ends_at:
        place.be_answered(dice.choice((ENTRANCE, STUDIO)))
        time.sleep(_TAP_EVERY_S)
    held_back = place.on_disk() - place.in_ledger()
    for link in links:
        link.mend()
    time.sleep(dice.uniform(*_MENDED_S))
    return held_back
