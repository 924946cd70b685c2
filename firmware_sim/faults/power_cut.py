"""Power cuts at any moment: a disk that keeps only what was synced, and what must still be there.

One real, busy run is recorded; every cut is then played on the recording. See docs/decisions/0023.
"""

import random
import shutil
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Literal, Protocol

from firmware_sim.faults.disk import Disk
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.kept import LedgerPromises, SpoolPromises
from firmware_sim.faults.place import ENTRANCE, STUDIO, Place, open_place
from firmware_sim.faults.recording import Call, Recorder
from firmware_sim.faults.said import Said
from firmware_sim.faults.stir import stirred
from firmware_sim.faults.tally import Tally

Victim = Literal["node", "gateway"]

_BUSY_S: Final = 12.0
_TAP_EVERY_S: Final = 0.5
_OF_NAMES: Final = ("openat", "rename", "unlink")
_SOON: Final = 3
_PARTS_LEFT: Final = (0.0, 0.0, 0.5, 0.9)  # of what was not synced


class Promises(Protocol):
    """What a program owes to those who heard it.

    `held` counts what was found as promised; `lost`, `doubled` and `wrong` what was not.
    """

    held: int
    lost: int
    doubled: int
    wrong: int
    details: list[str]

    def hear(self, topic: str, payload: bytes) -> None:
        """Take in what the program published."""
        ...

    def check(self, folder: Path) -> None:
        """Hold what a cut left in `folder` against everything heard so far."""
        ...


def play(plan: Plan, victims: Sequence[Victim], busy_s: float = _BUSY_S) -> Tally:
    """Cut the power of each victim `plan.rounds` times: what it has told others, it must still have."""
    recorders = {victim: Recorder(plan.folder / f"{victim}-recorded") for victim in victims}
    folders = {"node": plan.folder / ENTRANCE, "gateway": plan.folder / "gateway"}
    disks = {victim: Disk(folders[victim]) for victim in victims}
    _live(plan, recorders, busy_s)
    tally = Tally(0)
    for victim in victims:
        owed = SpoolPromises() if victim == "node" else LedgerPromises(folders["gateway"])
        tally += _cut(plan, recorders[victim], disks[victim], owed)
    return tally


play_spool = partial(play, victims=("node",))
play_ledger = partial(play, victims=("gateway",))


def _live(plan: Plan, recorders: Mapping[Victim, Recorder], busy_s: float) -> None:
    """Let a place be busy; half-way, what is recorded ends and starts again in good order."""
    watched = recorders.get("gateway")
    with open_place(plan.folder, gateway_under=watched.under() if watched else ()) as place:
        entrance = place.start_node(ENTRANCE, under=recorders["node"].under() if "node" in recorders else ())
        if watched:
            place.start_node(STUDIO)
        _be_busy(place, plan.seed, busy_s / 2)
        if "node" in recorders:
            entrance.stop()
            entrance.restart(recorders["node"].under())
        if watched:
            place.gateway.stop()
            place.gateway.restart(watched.under())
        _be_busy(place, plan.seed + 1, busy_s / 2)
        place.stop_nodes()
        place.gateway.stop()


def _be_busy(place: Place, seed: int, seconds: float) -> None:
    with stirred(place, seed):
        for number in range(round(seconds / _TAP_EVERY_S)):
            place.tap(ENTRANCE, number)
            time.sleep(_TAP_EVERY_S)
    place.add_member()


def _cut(plan: Plan, recorder: Recorder, disk: Disk, promises: Promises) -> Tally:
    """Play the recording once, and cut the power before so many of the calls that concern the disk."""
    dice = random.Random(plan.seed)
    calls = recorder.calls(disk.folder)
    to_disk = [place for place, call in enumerate(calls) if call.name != "sendto"]
    cuts = _chosen(calls, to_disk, plan.rounds, dice)
    said = Said()
    published = 0
    for place, call in enumerate(calls):
        if place in cuts:
            _check(promises, disk, plan.folder / f"cut-{place}", dice)
            plan.advance()
        disk.play(call)
        for message in said.hear(call):
            promises.hear(*message)
            published += 1
    recorder.forget()
    return Tally(
        tried=len(cuts),
        lost=promises.lost,
        doubled=promises.doubled,
        wrong=promises.wrong,
        figures={"to_disk": len(to_disk), "published": published, "promises": promises.held},
        details=tuple(promises.details),
    )


def _chosen(calls: Sequence[Call], to_disk: Sequence[int], times: int, dice: random.Random) -> set[int]:
    """Choose where to cut: half of the times just after names changed, else anywhere."""
    names = [number for number, place in enumerate(to_disk) if calls[place].name in _OF_NAMES]
    delicate = sorted({place for number in names for place in to_disk[number + 1 : number + 1 + _SOON]})
    cuts = set(dice.sample(delicate, min(times // 2, len(delicate))))
    others = [place for place in to_disk if place not in cuts]
    return cuts | set(dice.sample(others, min(times - len(cuts), len(others))))


def _check(promises: Promises, disk: Disk, left: Path, dice: random.Random) -> None:
    """Hold what the cut leaves against what was promised; it is kept where it falls short."""
    known = len(promises.details)
    disk.leave(left, dice, dice.choice(_PARTS_LEFT))
    promises.check(left)
    if len(promises.details) == known:
        shutil.rmtree(left)
