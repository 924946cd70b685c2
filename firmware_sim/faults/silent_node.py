"""A node is killed, frozen or cut off, or the gateway is: whoever looks at the place is told in time."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from firmware_sim.bench.backstage import Backstage
from firmware_sim.broker import EmbeddedBroker
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.judged import judged
from firmware_sim.faults.links import ProxiedLink
from firmware_sim.faults.place import ENTRANCE, STUDIO, Broker, Place, now, open_place, until
from firmware_sim.faults.tally import Tally
from firmware_sim.mosquitto import Mosquitto

_KEEP_ALIVE_S: Final = 20
_SILENT_AFTER: Final = 1.5
_ON_ITS_WAY: Final = timedelta(seconds=1)  # what a node said last may come so late to the gateway
_LOOK_EVERY_S: Final = 0.05
_RETURNS_WITHIN_S: Final = 90


def play(plan: Plan, kind: type[Broker], keep_alive_s: int = _KEEP_ALIVE_S) -> Tally:
    """Silence the entrance `plan.rounds` times: by kill, by SIGSTOP, by its link, by the gateway's."""
    with ExitStack() as stack:
        broker = kind.start(plan.folder / "broker")
        stack.callback(broker.stop)
        stage = stack.enter_context(Backstage())
        nodes, gateway, others = (ProxiedLink.open(stage, (broker.host, broker.port)) for _ in range(3))
        place = stack.enter_context(
            open_place(plan.folder, broker=broker, gateway_via=gateway.address)
        )  # fmt: skip
        place.start_node(ENTRANCE, nodes.address, keep_alive_s=keep_alive_s)
        place.start_node(STUDIO, others.address, keep_alive_s=keep_alive_s)
        watch = _Watch(place, timedelta(seconds=_SILENT_AFTER * keep_alive_s))
        silences = (
            _Silence("killed", place.nodes[ENTRANCE].kill, place.nodes[ENTRANCE].restart),
            _Silence("frozen", _signalled(place, signal.SIGSTOP), _signalled(place, signal.SIGCONT)),
            _Silence("cut", partial(nodes.cut, "silence"), nodes.mend),
            _Silence("gateway_cut", partial(gateway.cut, "silence"), gateway.mend, everyone=True),
        )
        for number in range(plan.rounds):
            watch.see(silences[number % len(silences)], random.Random(f"{plan.seed} {number}"))
            plan.advance()
        place.come_to_rest()
        tally = judged(plan.rounds, place.verdict(), figures=watch.worst_s)
        return tally.with_wrong(watch.wrong, "a node shown otherwise than it was")


def _signalled(place: Place, number: signal.Signals) -> Callable[[], None]:
    return lambda: os.kill(place.nodes[ENTRANCE].pid, number)


@dataclass(frozen=True, slots=True)
class _Silence:
    """A way to silence a node, and to let it speak again; `everyone` is silent with it to the gateway."""

    name: str
    begin: Callable[[], object]
    end: Callable[[], object]
    everyone: bool = False


@dataclass(slots=True)
class _Watch:
    """Looks at what the gateway shows, by the gateway's own clock. `wrong` counts false pictures."""

    place: Place
    silent_after: timedelta
    wrong: int = 0
    worst_s: dict[str, float] = field(default_factory=dict)

    def see(self, silence: _Silence, dice: random.Random) -> None:
        """Silence, see it shown in time and the others untouched, let it speak, and see it come back."""
        time.sleep(dice.uniform(0, self.silent_after.total_seconds() / 3))  # anywhere between two heartbeats
        began_at = now()
        silence.begin()
        try:
            shown_at = self._until_shown(began_at, others_live=not silence.everyone)
        finally:
            silence.end()
        ended_at = now()
        until(lambda: self._online() == (True, True), f"{silence.name} to end", _RETURNS_WITHIN_S)
        self._measured(f"{silence.name}_shown_s", (shown_at - began_at).total_seconds())
        self._measured(f"{silence.name}_back_s", (now() - ended_at).total_seconds())

    def _until_shown(self, began_at: datetime, *, others_live: bool) -> datetime:
        """Look until the entrance is shown as silent: each picture taken too late counts once, as wrong."""
        too_late = began_at + self.silent_after + _ON_ITS_WAY
        while True:
            as_of, entrance, studio = self._picture()
            self.wrong += others_live and not studio
            if not entrance:
                return as_of
            if as_of > too_late:
                self.wrong += 1
                return as_of
            time.sleep(_LOOK_EVERY_S)

    def _online(self) -> tuple[bool, bool]:
        _, entrance, studio = self._picture()
        return entrance, studio

    def _picture(self) -> tuple[datetime, bool, bool]:
        picture: dict[str, Any] = self.place.http.get("/api/v1/occupancy").json()
        site = next(site for site in picture["sites"] if site["site"] == self.place.site.id)
        online = {node["node"]: node["online"] for node in site["nodes"]}
        return datetime.fromisoformat(picture["as_of"]), online[ENTRANCE], online[STUDIO]

    def _measured(self, name: str, seconds: float) -> None:
        self.worst_s[name] = round(max(self.worst_s.get(name, 0.0), seconds), 2)


play_nats = partial(play, kind=EmbeddedBroker)
play_mosquitto = partial(play, kind=Mosquitto)
