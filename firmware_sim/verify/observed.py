"""Gathering what could be observed: the truth file, and the spools that real nodes left on their disks."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Final

from edge.adapters.spool.quarantine import quarantined
from edge.adapters.spool.rows import Row, tombstone
from edge.adapters.spool.salvage import readable_lines, readable_rows
from firmware_sim.truth import Holder, Presence, Seen, Tap, read_truth
from protocol.site import Site

_NOTHING: Final = 2**62  # no seq is as high


@dataclass(slots=True)
class Observed:
    """Everything that judging needs. `events` and `presence` are by identity and by (site, person, begin).

    `unsure` names events whose node had no synchronised clock, and those that say of an epoch that it began,
    which stand before older ones: when they happened is the gateway's to say.
    `held_from` says of an epoch ("node/epoch") from which seq on its node still has it: nobody can hold the
    ledger against what is older. Of an epoch that another followed that is so of whatever is not there.
    """

    events: dict[str, Seen] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    held_from: dict[str, int] = field(default_factory=dict)
    holders: dict[str, list[Holder]] = field(default_factory=lambda: defaultdict(list))
    taps: list[Tap] = field(default_factory=list)
    presence: dict[tuple[str, str, datetime], Presence] = field(default_factory=dict)

    def holder(self, credential: str, at: datetime) -> str | None:
        """Who held a card at that moment; the last to receive it where two did."""
        held = [
            h for h in self.holders.get(credential, ()) if h.since <= at and not (h.until and h.until <= at)
        ]
        return max(held, key=lambda h: h.since).person if held else None

    @property
    def categories(self) -> dict[str, str]:
        """Each person's category, as the tariff sees it."""
        return {h.person: h.category for held in self.holders.values() for h in held}


def observe(truth: Path, spools: Mapping[str, Path], sites: Iterable[Site]) -> Observed:
    """Read the truth file, and the spool of each real node in `spools` (node id to file).

    Raises TruthUnreadable, and sqlite3.Error where a spool cannot be read.
    """
    observed = Observed()
    for fact in read_truth(truth):
        match fact:
            case Seen():
                observed.events[fact.identity] = fact
            case Tap():
                observed.taps.append(fact)
            case Presence():
                observed.presence[fact.site, fact.person, fact.begun_at] = fact
            case Holder():
                _note_holder(observed, fact)
    site_of = {node.id: site.id for site in sites for node in site.nodes}
    for node, path in spools.items():
        _look_into(observed, path, site_of[node], node)
    return observed


def _look_into(observed: Observed, path: Path, site: str, node: str) -> None:
    for seen, synchronised in read_spool(path, site, node):
        observed.events[seen.identity] = seen
        if not synchronised or seen.content["type"] == "EpochBegun":
            observed.unsure.add(seen.identity)
        epoch = f"{node}/{seen.epoch}"
        observed.held_from[epoch] = min(seen.seq, observed.held_from.get(epoch, seen.seq))
    for seen in observed.events.values():
        if seen.content["type"] == "EpochBegun":
            observed.held_from[f"{seen.node}/{seen.content['before']}"] = _NOTHING


def read_spool(path: Path, site: str, node: str) -> Iterator[tuple[Seen, bool]]:
    """Yield each event that a node has committed, and whether its clock was synchronised.

    Spools in quarantine count as far as they can be read: what was saved of them is in the present one, too.
    """
    found: dict[tuple[str, int], Row] = {}
    for file in (*quarantined(path), path):
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as spool:
            found.update(((row.epoch, row.seq), row) for row in _rows(spool))
    for (epoch, seq), row in found.items():
        record = json.loads(row.body)
        at = datetime.fromisoformat(record["at"]).astimezone(UTC)
        yield Seen(site, node, epoch, seq, at, record["event"]), record["clock"] == "synchronised"


def _rows(spool: sqlite3.Connection) -> Iterator[Row]:
    """Yield what can be read of a spool, with a tombstone for each event of which it says it was dropped."""
    dropped_to = {line.epoch: line.dropped_to for line in readable_lines(spool)}
    for epoch, rows in groupby(readable_rows(spool), lambda row: row.epoch):
        before: int | None = None
        for row in rows:
            holes = range(before + 1, row.seq) if before is not None else ()
            yield from (tombstone(row, n, "spool_full") for n in holes if n <= dropped_to.get(epoch, 0))
            yield row
            before = row.seq


def _note_holder(observed: Observed, holder: Holder) -> None:
    """Take a card's holder in; the same receipt told again, with its end, replaces the first word."""
    held = observed.holders[holder.credential]
    held[:] = [h for h in held if (h.person, h.since) != (holder.person, holder.since)]
    held.append(holder)
