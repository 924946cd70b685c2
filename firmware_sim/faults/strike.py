"""Nodes that end in every way and start again: no lock gets current unasked, nor for longer than it may."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from signal import SIGINT, SIGKILL, SIGTERM
from time import monotonic_ns
from typing import Final

from firmware_sim.bench.lone_node import LoneNode, lone_node
from firmware_sim.demo.places import read_places
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.place import DOORS, ENTRANCE, SITE, STUDIO
from firmware_sim.faults.tally import Tally

_NODES: Final = (ENTRANCE, STUDIO)
_LIVES_S: Final = (0.0, 1.5)
_ENDED_AS_IT_STARTS_P: Final = 0.3
_UP_WITHIN_S: Final = 60
_PRESSED_P: Final = 0.2
_DEAD_FOR_LONG_P: Final = 0.5
_INTO_ITS_PULSE_S: Final = (0.0, 0.3)
_LONGEST_OVER_S: Final = 0.5
_SAFE_WITHIN_S: Final = 1.0
_NS: Final = 1e9
_ENDS_AT_ANY_MOMENT: Final = (SIGKILL, SIGTERM)
_ENDS: Final = (*_ENDS_AT_ANY_MOMENT, SIGINT)  # Python may overlook this one while it still imports
_PRESSES: Final = 150
_ANSWER_TO_A_PRESS_NS: Final = 5 * 10**9


def play(plan: Plan) -> Tally:
    """End nodes `plan.rounds` times, by SIGKILL, SIGTERM or SIGINT, and start them again."""
    places = read_places()
    site = next(site for site in places.sites if site.id == SITE)
    with ExitStack() as stack:
        nodes = _NODES[: plan.rounds]
        alone = [stack.enter_context(lone_node(plan.folder, site, places.file_of(SITE), n)) for n in nodes]
        lives = [
            _Life(node, DOORS[name], random.Random(f"{plan.seed} {name}"))
            for name, node in zip(nodes, alone, strict=True)
        ]
        shares = [len(range(number, plan.rounds, len(lives))) for number in range(len(lives))]
        with ThreadPoolExecutor(len(lives)) as together:
            list(together.map(lambda life, share: life.end_again(share, plan.advance), lives, shares))
    unexplained = [line for life in lives for line in life.unexplained()]
    too_long = [line for life in lives for line in life.too_long()]
    late = [line for life in lives for line in life.late]
    return Tally(
        tried=plan.rounds,
        wrong=len(unexplained) + len(too_long) + len(late),
        figures={
            "unexplained_pulses": len(unexplained),
            "longest_pulse_over_s": round(max(0.0, *(life.longest_over_s() for life in lives)), 2),
            "ended_in_a_pulse": sum(life.in_a_pulse for life in lives),
        },
        details=(*unexplained, *too_long, *late),
    )


class _Life:
    """One node that ends and starts over and over; now and then someone presses its exit button."""

    def __init__(self, node: LoneNode, door: str, dice: random.Random) -> None:
        self.in_a_pulse = 0
        self.late: list[str] = []
        self._node = node
        self._door = door
        self._dice = dice
        self._asked_ns: list[tuple[int, int]] = []

    def end_again(self, times: int, advance: Callable[[], None]) -> None:
        """End the node `times` times, and start it anew each time."""
        for _ in range(times):
            asked = self._dice.random() < _PRESSED_P
            if self._dice.random() >= _ENDED_AS_IT_STARTS_P:
                self._until_up()
            if asked:
                self._ask()
            else:
                time.sleep(self._dice.uniform(*_LIVES_S))
            self._end(in_a_pulse=asked and self._node.is_released(self._door))
            self._node.edge.restart()
            advance()

    def unexplained(self) -> list[str]:
        """Tell of each pulse of any lock that nobody asked for; who asks is given one pulse, of that door."""
        asked = list(self._asked_ns)
        found = []
        for lock, relay in self._node.around.relays.items():
            for pulse in relay.pulses:
                cause = next((span for span in asked if span[0] <= pulse.began_ns <= span[1]), None)
                if lock == self._door and cause is not None:
                    asked.remove(cause)
                else:
                    found.append(f"{lock}: current at {pulse.began_ns / _NS:.3f} s, and nobody had asked")
        return found

    def too_long(self) -> list[str]:
        """Tell of each pulse that was more than half a second longer than its setting."""
        return [
            f"{lock}: {over_s:.2f} s too long" for lock, over_s in self._over_s() if over_s > _LONGEST_OVER_S
        ]

    def longest_over_s(self) -> float:
        """Return by how much the longest pulse was longer than its setting."""
        return max((over_s for _, over_s in self._over_s()), default=0.0)

    def _over_s(self) -> list[tuple[str, float]]:
        settings_s = self._node.around.pulses_s
        return [
            (lock, (pulse.ended_ns - pulse.began_ns) / _NS - settings_s[lock])
            for lock, relay in self._node.around.relays.items()
            for pulse in relay.pulses
        ]

    def _until_up(self) -> None:
        if not self._node.until_at_its_pins(_UP_WITHIN_S):
            self.late.append(f"{self._door}: the node does not come to its pins")

    def _ask(self) -> None:
        """Press the exit button until the strike has current, and wait a moment."""
        for _ in range(_PRESSES):
            now_ns = monotonic_ns()
            self._asked_ns.append((now_ns, now_ns + _ANSWER_TO_A_PRESS_NS))
            if self._node.press_exit(self._door):
                break
        else:
            self.late.append(f"{self._door}: the exit button opens nothing")
        time.sleep(self._dice.uniform(*_INTO_ITS_PULSE_S))

    def _end(self, *, in_a_pulse: bool) -> None:
        how = self._dice.choice(_ENDS if in_a_pulse else _ENDS_AT_ANY_MOMENT)
        began_ns = monotonic_ns()
        self._node.edge.end(how)
        self.in_a_pulse += in_a_pulse
        if in_a_pulse and how is not SIGKILL:
            locked_s = (self._node.around.relays[self._door].pulses[-1].ended_ns - began_ns) / _NS
            if locked_s > _SAFE_WITHIN_S:
                self.late.append(f"{self._door}: locked {locked_s:.2f} s after {how.name}")
        elif in_a_pulse and self._dice.random() < _DEAD_FOR_LONG_P:
            self._node.until_locked(self._door, within_s=60)
