"""A byte of a node's spool that its card gives back changed, while the node is off, or while it works."""

import random
import sqlite3
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from firmware_sim.faults.deciding import lets_in
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.judged import judged
from firmware_sim.faults.place import ENTRANCE, Place, PlaceStuck, open_place, until
from firmware_sim.faults.stir import stirred
from firmware_sim.faults.tally import Tally
from firmware_sim.truth import Seen
from firmware_sim.verify.observed import read_spool

_UNDELIVERED_S: Final = 0.3
_SETTLES_S: Final = 0.3
_FOUND_WITHIN_S: Final = 0.5
_FOUND_WITHIN: Final = timedelta(seconds=20)
_CUT_OFF_P: Final = 0.6
_TOLD_WITHIN_S: Final = 60.0
_GONE: Final = ("RecordDropped", "RecordUnreadable")


def play(plan: Plan) -> Tally:
    """Flip `plan.rounds` bytes, one after the other, of a spool in which events wait to be delivered."""
    dice = random.Random(plan.seed)
    had: dict[str, Seen] = {}
    shut = 0
    with open_place(plan.folder, around=(ENTRANCE,)) as place:
        edge = place.start_node(ENTRANCE)
        for number in range(plan.rounds):
            cut_off = dice.random() < _CUT_OFF_P  # else the gateway has what the spool will lose
            if cut_off:
                place.broker.kill()
            with stirred(place, dice.randrange(1 << 30)):
                shut += not lets_in(place, ENTRANCE, 2 * number)
                time.sleep(_UNDELIVERED_S)
                had |= _on_disk(place)
                if number % 2:
                    _flip(place.spools[ENTRANCE], dice)
                    time.sleep(_FOUND_WITHIN_S)
            time.sleep(_SETTLES_S)
            had |= _on_disk(
                place
            )  # while the node's own view of its log is there: afterwards a flip may hide it
            if number % 4:
                edge.kill()
            else:
                edge.stop()  # which leaves no log beside the spool
            if not number % 2:
                _flip(place.spools[ENTRANCE], dice)
            edge.restart()
            shut += not lets_in(place, ENTRANCE, 2 * number + 1)
            had |= _settled(place)
            if cut_off:
                place.broker.restart()
            plan.advance()
        _until_told(place)
        place.come_to_rest()
        return _judged(place, plan.rounds, had, shut)


def _settled(place: Place) -> dict[str, Seen]:
    """Return what the node has committed once nothing happens any more."""
    time.sleep(_SETTLES_S)
    return _on_disk(place)


def _on_disk(place: Place) -> dict[str, Seen]:
    """Return what the node has committed, by identity, as far as it can be read now."""
    try:
        seen = [seen for seen, _ in read_spool(place.spools[ENTRANCE], place.site.id, ENTRANCE)]
    except sqlite3.Error:
        return {}
    return {each.identity: each for each in seen}


def _until_told(place: Place) -> None:
    """Wait until the ledger has each event that is on the disk, or does not get it: the verdict tells.

    It also has what the disk lost after it was sent: counting the two, as a place does, would not do.
    """

    def told() -> bool:
        return _on_disk(place).keys() <= {_identity_of(event) for event in place.api.events()}

    with suppress(PlaceStuck):
        until(told, "the ledger to have what the disk has", _TOLD_WITHIN_S)


def _flip(spool: Path, dice: random.Random) -> None:
    """Change one byte of the spool's file, or of its log."""
    files = [file for file in (spool, spool.with_name(spool.name + "-wal")) if file.exists()]
    file = dice.choice([file for file in files if file.stat().st_size])
    with file.open("r+b") as content:
        where = dice.randrange(file.stat().st_size)
        content.seek(where)
        (byte,) = content.read(1)
        content.seek(where)
        content.write(bytes([byte ^ dice.randint(1, 255)]))


def _judged(place: Place, tried: int, had: Mapping[str, Seen], shut: int) -> Tally:
    """Count; what could not be read any more is `unsalvaged`, and excuses taps shortly before."""
    events = list(place.api.events())
    told = {_identity_of(event): event["event"] for event in events}
    unsalvaged = {name for name, seen in had.items() if told.get(name) != seen.content}
    for name in had.keys() - unsalvaged - _on_disk(place).keys():  # what the disk lost after it was sent
        seen = had[name]
        place.truth.event(seen.site, seen.node, seen.epoch, seen.seq, seen.at, seen.content)
    found_at = [_begun_at(event) for event in events if event["event"].get("cause") == "spool_damaged"]
    silent = {name.rsplit("/", 1)[0] for name in told} - {
        name.rsplit("/", 1)[0]
        for name, event in told.items()
        if name.endswith("/1") and event["type"] in {"NodeStarted", "EpochBegun", *_GONE}
    }

    def was_unsalvaged(tapped_at: datetime) -> bool:
        return any(tapped_at <= at <= tapped_at + _FOUND_WITHIN for at in found_at)

    figures = {"unsalvaged": len(unsalvaged), "epochs_begun": len(found_at), "shut": shut}
    tally = judged(tried, place.verdict(), was_unsalvaged, figures)
    details = (*tally.details, *(f"epoch {name} began unsaid" for name in silent))
    return replace(tally, wrong=tally.wrong + shut + len(silent), details=details)


def _begun_at(event: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(event["occurred_at"])


def _identity_of(told: Mapping[str, Any]) -> str:
    """Return what the judge calls an event that the gateway tells of."""
    return f"{told['node']}/{told['epoch']}/{told['seq']}"
