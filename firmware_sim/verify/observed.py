"""Gathering what could be observed: the truth file, and the spools that real nodes left on their disks."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from firmware_sim.truth import Holder, Presence, Seen, Tap, read_truth
from protocol.site import Site


@dataclass(slots=True)
class Observed:
    """Everything that judging needs. `events` and `presence` are by identity and by (site, person, begin).

    `unsure` names events whose node had no synchronised clock: when they happened is the gateway's to say.
    """

    events: dict[str, Seen] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
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
        for seen, synchronised in read_spool(path, site_of[node], node):
            observed.events[seen.identity] = seen
            if not synchronised:
                observed.unsure.add(seen.identity)
    return observed


def read_spool(path: Path, site: str, node: str) -> Iterator[tuple[Seen, bool]]:
    """Yield each event that a node has committed, and whether its clock was synchronised."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as spool:
        (epoch,) = spool.execute("SELECT epoch FROM spool").fetchone()
        for seq, body in spool.execute("SELECT seq, body FROM record ORDER BY seq"):
            record = json.loads(body)
            at = datetime.fromisoformat(record["at"]).astimezone(UTC)
            yield Seen(site, node, epoch, seq, at, record["event"]), record["clock"] == "synchronised"


def _note_holder(observed: Observed, holder: Holder) -> None:
    """Take a card's holder in; the same receipt told again, with its end, replaces the first word."""
    held = observed.holders[holder.credential]
    held[:] = [h for h in held if (h.person, h.since) != (holder.person, holder.since)]
    held.append(holder)
