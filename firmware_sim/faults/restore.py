"""A backup made while doors swing, and restored when much more has happened: nodes send that again."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Final

from edge.adapters.list_store import FileListStore
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.judged import judged
from firmware_sim.faults.place import ENTRANCE, STUDIO, Place, PlaceStuck, open_place, until
from firmware_sim.faults.stir import stirred
from firmware_sim.faults.tally import Tally
from firmware_sim.gateway_api import Revisions
from protocol.access import AccessList, AccessPatch
from protocol.signing import Signed

_NODES: Final = (ENTRANCE, STUDIO)
_MORE_EVENTS: Final = 40
_WITHIN_S: Final = 60.0
_LISTS_WITHIN_S: Final = 40.0
_LISTS_A_CYCLE: Final = 3


def play(plan: Plan) -> Tally:
    """Go back to an earlier ledger `plan.rounds` times, while nodes go on sending."""
    forgotten, astray, backup_s = 0, 0, 0.0
    with open_place(plan.folder) as place:
        for node in _NODES:
            place.start_node(node)
        with stirred(place, plan.seed):
            for number in range(plan.rounds):
                lists = (number + 1) % _LISTS_A_CYCLE
                place.tap(ENTRANCE, number)
                backup, took_s = _back_up(place, number)
                forgotten += _live_on(place, lists)
                _restore(place, backup, lists, kill=bool(number % 2))
                astray += _count_astray(place)
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
    _issue(place, lists)
    place.restart_nodes()
    return place.in_ledger() - before


def _restore(place: Place, backup: Path, lists: int, *, kill: bool) -> None:
    """Restore, and issue other lists under the same numbers before any node can be heard."""
    if kill:
        place.gateway.child.kill()
    else:
        place.gateway.stop()
    _passerelle("restore", place, "--from", str(backup))
    place.broker.kill()
    place.gateway.restart()
    _issue(place, lists)
    place.broker.restart()


def _issue(place: Place, lists: int) -> None:
    doors = {door.node for door in place.site.doors}  # a new member is on the lists of these, and of no other
    for _ in range(lists):
        before = {node: held for node, held in place.api.lists().items() if node in doors}
        place.add_member()
        until(lambda: _all_above(place.api.lists(), before), "new lists", _WITHIN_S)  # noqa: B023 - at once


def _all_above(now: Mapping[str, Revisions], before: Mapping[str, Revisions]) -> bool:
    return all(now[node].issued > before[node].issued for node in before)


def _count_astray(place: Place) -> int:
    """Count the nodes that do not come to hold the very list that the restored ledger says was issued."""

    def astray() -> list[str]:
        return [node for node in _NODES if _held(place, node) != _issued(place, node)]

    with suppress(PlaceStuck):
        until(lambda: not astray(), "every node to hold its list", _LISTS_WITHIN_S)
    return len(astray())


def _held(place: Place, node: str) -> AccessList | None:
    messages = FileListStore(place.folder / node).load()
    bodies = [Signed.model_validate_json(message).body for message in messages]
    if not bodies:
        return None
    patches = map(AccessPatch.model_validate, bodies[1:])
    return reduce(AccessList.apply, patches, AccessList.model_validate(bodies[0]))


def _issued(place: Place, node: str) -> AccessList:
    with closing(sqlite3.connect(place.gateway.folder / "ledger.sqlite")) as ledger:
        (body,) = ledger.execute("SELECT body FROM lists WHERE node = ?", (node,)).fetchone()
    return AccessList.model_validate_json(body)


def _passerelle(command: str, place: Place, *options: str) -> None:
    settings = place.gateway.folder / "gateway.toml"
    argv = [sys.executable, "-m", "passerelle", command, "--settings", str(settings), *options]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False)  # noqa: S603 - this very program
    if ran.returncode:
        raise PlaceStuck(f"passerelle {command} ended with {ran.returncode}: {ran.stderr}")
