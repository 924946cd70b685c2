"""A backup made while doors swing, and restored when much more has happened: nodes send that again."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from edge.adapters.list_store import FileListStore
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.judged import judged
from firmware_sim.faults.place import ENTRANCE, STUDIO, Place, PlaceStuck, open_place, until
from firmware_sim.faults.stir import stirred
from firmware_sim.faults.tally import Tally

_NODES: Final = (ENTRANCE, STUDIO)
_MORE_EVENTS: Final = 40
_WITHIN_S: Final = 60.0
_LISTS_A_CYCLE: Final = 3


def play(plan: Plan) -> Tally:
    """Go back to an earlier ledger `plan.rounds` times, while nodes go on sending."""
    forgotten, astray, backup_s = 0, 0, 0.0
    with open_place(plan.folder) as place:
        for node in _NODES:
            place.start_node(node)
        known = {node: _listed(place, node) for node in _NODES}
        with stirred(place, plan.seed):
            for number in range(plan.rounds):
                place.tap(ENTRANCE, number)
                backup, took_s = _back_up(place, number)
                forgotten += _live_on(place, lists=(number + 1) % _LISTS_A_CYCLE)
                _restore(place, backup, kill=bool(number % 2))
                astray += sum(not _comes_to_hold(place, node, known[node]) for node in _NODES)
                backup_s = max(backup_s, took_s)
                plan.advance()
        place.come_to_rest()
        figures = {"forgotten_events": forgotten, "backup_s": round(backup_s, 1)}
        tally = judged(plan.rounds, place.verdict(), figures=figures)
    return replace(tally, wrong=tally.wrong + astray)


def _back_up(place: Place, number: int) -> tuple[Path, float]:
    file, began_s = place.folder / f"backup-{number}.tar.gz", time.perf_counter()
    _passerelle("backup", place, "--to", str(file))
    return file, time.perf_counter() - began_s


def _live_on(place: Place, lists: int) -> int:
    """Let more happen than the backup knows of, and nodes hold newer lists. Returns how many events."""
    before = place.in_ledger()
    until(lambda: place.in_ledger() >= before + _MORE_EVENTS, "more events", _WITHIN_S)
    for _ in range(lists):  # one: the next list of the restored gateway has a number that nodes hold
        place.add_member()
        place.restart_nodes()
    return place.in_ledger() - before


def _restore(place: Place, backup: Path, *, kill: bool) -> None:
    if kill:
        place.gateway.child.kill()
    else:
        place.gateway.stop()
    _passerelle("restore", place, "--from", str(backup))
    place.gateway.restart()


def _comes_to_hold(place: Place, node: str, known: set[str]) -> bool:
    """Whether a node comes to hold the list of those whom the restored ledger knows, and of nobody else."""
    try:
        until(lambda: _listed(place, node) == known, f"{node} to hold the restored list", _WITHIN_S)
    except PlaceStuck:
        return False
    return True


def _listed(place: Place, node: str) -> set[str]:
    held = FileListStore(place.folder / node).load()
    return set(held.credentials) if held else set()


def _passerelle(command: str, place: Place, *options: str) -> None:
    settings = place.gateway.folder / "gateway.toml"
    argv = [sys.executable, "-m", "passerelle", command, "--settings", str(settings), *options]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False)  # noqa: S603 - this very program
    if ran.returncode:
        raise PlaceStuck(f"passerelle {command} ended with {ran.returncode}: {ran.stderr}")
