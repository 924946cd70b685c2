"""kill -9 of a node at any of its writes, at its failpoints, and at any moment, while people tap."""

import os
import random
import select
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Thread
from typing import Final

from firmware_sim.bench.processes import EdgeProcess
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.judged import Death, judged, killed_within
from firmware_sim.faults.place import ENTRANCE, STUDIO, Place, now, open_place
from firmware_sim.faults.tally import Tally

_NODES: Final = (ENTRANCE, STUDIO)  # two at a time: as many as a small machine has processors
_WRITES: Final = "write,pwrite64,fsync,fdatasync,rename,unlink"
# Not with --seccomp-bpf, with which strace 6 sends no signal. Without it each call of each thread is stopped.
_TRACER: Final = ("strace", "-D", "-f", "-o", "/dev/null", "-e", f"trace={_WRITES}")
_BEFORE: Final = timedelta(milliseconds=50)
_BEFORE_TRACED: Final = timedelta(milliseconds=200)  # what takes 50 ms untraced
_LAST_WRITE: Final = 30  # of one thread: each has a count of its own
_POINTS: Final = ("spool.committed", "list.taken")
_TAPS: Final = 6
_READS_WITHIN_TAPS: Final = 8  # a node that starts takes so many unread taps of half a second
_AFTER_A_TAP_S: Final = 0.06
_NEW_LIST_P: Final = 0.2


def play(plan: Plan) -> Tally:
    """Kill nodes `plan.rounds` times, each time another way; then let all be delivered."""
    deaths: list[Death] = []
    with open_place(plan.folder) as place:
        for node in _NODES:
            place.start_node(node)
        lives = [_Life(place, node, random.Random(f"{plan.seed} {node}"), deaths) for node in _NODES]
        with ThreadPoolExecutor(len(lives)) as together:
            shares = [plan.rounds // 2, plan.rounds - plan.rounds // 2]
            list(together.map(lambda life, share: life.end_again(share, plan.advance), lives, shares))
        place.restart_nodes()
        place.come_to_rest()
        figures = {"taps": len(place.taps), "killed_by_itself": sum(life.by_itself for life in lives)}
        return judged(len(deaths), place.verdict(), killed_within(place.taps, deaths), figures)


class _Life:
    """One node that is killed and started over and over, and the people who tap at it."""

    def __init__(self, place: Place, node: str, dice: random.Random, deaths: list[Death]) -> None:
        self.by_itself = 0
        self._place = place
        self._node = node
        self._edge = place.nodes[node]
        self._dice = dice
        self._deaths = deaths
        self._next_card = 0

    def end_again(self, times: int, advance: Callable[[], None]) -> None:
        """Start the node anew `times` times, each time to be killed."""
        self._edge.kill()
        for _ in range(times):
            before = _start_doomed(self._edge, self._dice)
            death = Thread(target=self._note_death, args=(self._edge.pid, before))
            death.start()
            if self._tap_until_it_ends():
                self.by_itself += 1
            else:
                time.sleep(self._dice.uniform(0, _AFTER_A_TAP_S))
                self._edge.kill()
            death.join()
            advance()

    def _note_death(self, pid: int, before: timedelta) -> None:
        handle = os.pidfd_open(pid)
        try:
            select.select([handle], [], [])
            self._deaths.append(Death(now(), before))
        finally:
            os.close(handle)

    def _tap_until_it_ends(self) -> bool:
        """Tap until the node dies of itself; False where it has not after some taps."""
        wanted = self._dice.randint(1, _TAPS)
        for _ in range(_READS_WITHIN_TAPS + wanted):
            tapped = self._place.tap(self._node, self._next_card)
            self._next_card += 1
            if tapped is not None:
                wanted -= 1
                self._place.swing(self._node)
            if self._edge.exit_status is not None:
                return True
            if wanted <= 0:
                break
            if tapped is not None and self._dice.random() < _NEW_LIST_P:
                self._place.add_member()
        return False


def _start_doomed(edge: EdgeProcess, dice: random.Random) -> timedelta:
    """Start a node that will die at a write of its, at a failpoint, or when somebody kills it.

    Returns how long a tap may take there to be on the disk.
    """
    match dice.choices(("write", "point", "moment"), (6, 1, 3))[0]:
        case "write":
            injected = f"inject={_WRITES}:signal=KILL:when={dice.randint(1, _LAST_WRITE)}"
            edge.restart((*_TRACER, "-e", injected))
            return _BEFORE_TRACED
        case "point":
            edge.restart(environment={"PASSERELLE_FAILPOINT": f"{dice.choice(_POINTS)}:{dice.randint(1, 4)}"})
        case _:
            edge.restart()
    return _BEFORE
