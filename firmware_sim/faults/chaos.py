"""The whole demo, while any of its processes is killed at any moment."""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Final, Literal

from firmware_sim.bench.processes import free_port
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.judged import judged
from firmware_sim.faults.tally import Tally
from firmware_sim.verify import Verdict

Kind = Literal["gateway", "broker", "node"]

_KINDS: Final[tuple[Kind, ...]] = ("gateway", "broker", "node")
_PAUSE_S: Final = (1.0, 6.0)
_LONGEST_PAUSES_S: Final = 3.5  # on the average
_UP_WITHIN_S: Final = 90
_ENDS_WITHIN_S: Final = 240
_ANSWERED_WITHIN: Final = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Kill:
    """A process of the demo was killed."""

    kind: Kind
    at: datetime


def play(plan: Plan) -> Tally:
    """Kill as many processes as `plan.rounds`, one after the other, while people come and go."""
    data, log = plan.folder / "demo", plan.folder / "demo.log"
    live_s = int(plan.rounds * _LONGEST_PAUSES_S) + 5
    options = ["--for", live_s, "--days", 0, "--seed", plan.seed, "--port", free_port(), "--data", data]
    with log.open("wb") as output:
        demo = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-m", "passerelle", "demo", *map(str, options)],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _until_up(demo, log)
        kills = _kill_around(demo, data / "demo.json", plan)
        status = demo.wait(_ENDS_WITHIN_S)
    finally:
        if demo.poll() is None:
            demo.terminate()
            demo.wait()
    if not (data / "verify.json").exists():
        return Tally(len(kills), wrong=1, details=(f"ended with {status}", *_last_lines(log)))
    verdict = Verdict(**json.loads((data / "verify.json").read_text(encoding="utf-8")))
    figures = {f"killed_{kind}": float(sum(kill.kind == kind for kill in kills)) for kind in _KINDS}
    return judged(len(kills), verdict, lambda tap: _was_killed_then(tap, kills), figures)


def _until_up(demo: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(_UP_WITHIN_S * 10):
        if "All is up" in log.read_text(encoding="utf-8", errors="replace"):
            return
        if demo.poll() is not None:
            break
        sleep(0.1)
    raise RuntimeError("\n".join(["the demo did not come up:", *_last_lines(log)]))


def _kill_around(demo: subprocess.Popen[bytes], told: Path, plan: Plan) -> list[Kill]:
    dice = random.Random(plan.seed)
    kills: list[Kill] = []
    turns = _turns(dice)
    while len(kills) < plan.rounds and demo.poll() is None:
        sleep(dice.uniform(*_PAUSE_S))
        pids = json.loads(told.read_text(encoding="utf-8"))["pids"]
        kind = next(turns)
        pid = pids["nodes"][dice.choice(sorted(pids["nodes"]))] if kind == "node" else pids[kind]
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # killed before, and not yet started again
        kills.append(Kill(kind, _now()))
        plan.advance()
    return kills


def _turns(dice: random.Random) -> Iterator[Kind]:
    """Say whose turn it is: at random, but each kind as often as the others."""
    while True:
        yield from dice.sample(_KINDS, len(_KINDS))


def _was_killed_then(tap: datetime, kills: Sequence[Kill]) -> bool:
    """Whether a node was killed while it answered a tap: the demo knows when the card was held up."""
    nodes = (kill for kill in kills if kill.kind == "node")
    return any(tap <= kill.at <= tap + _ANSWERED_WITHIN for kill in nodes)


def _last_lines(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the simulator's own clock
