"""Between everyone and the broker stands someone hostile, who doubles, reorders and says old things again."""

import random
import time
from collections import Counter
from contextlib import ExitStack
from typing import Any, Final

from firmware_sim.bench.backstage import Backstage
from firmware_sim.broker import EmbeddedBroker
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.judged import judged
from firmware_sim.faults.mischief import Mischief
from firmware_sim.faults.place import DOORS, ENTRANCE, SITE, STUDIO, Place, open_place
from firmware_sim.faults.stir import stirred
from firmware_sim.faults.tally import Tally
from firmware_sim.middle import Middle

_NODES: Final = (ENTRANCE, STUDIO)
_PAUSE_S: Final = 0.5
_UNAVAILABLE: Final = 503


def play(plan: Plan) -> Tally:
    """Play `plan.rounds` rounds: people tap, cards are given and revoked, doors are opened from afar."""
    with ExitStack() as stack:
        broker = EmbeddedBroker.start(plan.folder / "broker")
        stack.callback(broker.stop)
        stage = stack.enter_context(Backstage())
        tricks = [Mischief(random.Random(f"{plan.seed} {number}")) for number in range(len(_NODES) + 1)]
        gateway, *links = (stage.open(Middle.open((broker.host, broker.port), each.pump)) for each in tricks)
        place = stack.enter_context(open_place(plan.folder, broker=broker, gateway_via=gateway.address))
        for node, link in zip(_NODES, links, strict=True):
            place.start_node(node, link.address)
        revoked = [_round(place, plan, number) for number in range(plan.rounds)]
        place.until_lists_are_held()
        place.come_to_rest()
        played = Counter[str]()
        for each in tricks:
            played.update(each.played)
        return _judge(place, revoked, played)


def _round(place: Place, plan: Plan, number: int) -> str:
    """Give a card and revoke it again, with all else that may happen meanwhile; the card's reference."""
    who, uid = place.add_member()
    with stirred(place, plan.seed + number):
        for node in _NODES:
            place.be_answered(node)
            answer = place.http.post(f"/api/v1/doors/{SITE}/{DOORS[node]}/open")
            if answer.status_code != _UNAVAILABLE:  # an old word can make a node look offline for a while
                answer.raise_for_status()
        time.sleep(_PAUSE_S)
        issued = place.issued()
        reference = place.revoke(uid)
        place.until_lists_are_held(after=issued)
        time.sleep(_PAUSE_S)
        for node in _NODES:
            place.be_answered(node, (who, uid))
    plan.advance()
    return reference


def _judge(place: Place, revoked: list[str], played: Counter[str]) -> Tally:
    events = [event for node in _NODES for event in place.events_of(node)]
    kinds = Counter(event["type"] for event in events)
    figures = {
        **{f"tricks_{name}": float(count) for name, count in sorted(played.items())},
        "lists_refused": float(kinds["AccessListRefused"]),
        "commands_refused": float(kinds["CommandRefused"]),
        "commands_executed": float(kinds["CommandExecuted"]),
    }
    tally = judged(len(revoked), place.verdict(), figures=figures)
    executed = Counter(event["command"] for event in events if event["type"] == "CommandExecuted")
    tally = tally.with_wrong(executed.total() - len(executed), "a command carried out again")
    return tally.with_wrong(sum(map(_is_granted_to(revoked), events)), "a revoked card let in")


def _is_granted_to(revoked: list[str]) -> Any:
    return lambda event: (
        event["type"] == "BadgePresented" and event["granted"] and event["credential"] in revoked
    )
