"""What a program promised by what it published, held against the files that a power cut left it."""

import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path
from typing import Final

from firmware_sim.verify.observed import read_spool
from protocol.codec import decode
from protocol.events import EventBatch, Record
from protocol.messages import Ack

_SECRETS: Final = ("signing.key", "credential.key", "card-master.key", "authority.pem")


class SpoolPromises:
    """A node that has sent an event keeps it under its number, which is never given to another."""

    def __init__(self) -> None:
        self.held = self.lost = self.doubled = self.wrong = 0
        self.details: list[str] = []
        self._site = self._node = ""
        self._sent: dict[tuple[str, int], Record] = {}

    def hear(self, topic: str, payload: bytes) -> None:
        """Take in what the node published."""
        if topic.endswith("/up/events"):
            batch = decode(EventBatch, payload)
            self._site, self._node = batch.site, batch.node
            self._sent.update(((batch.epoch, record.seq), record) for record in batch.records)

    def check(self, folder: Path) -> None:
        """Read what is left of the spool, once there was anything to be kept."""
        if not self._sent:
            return
        try:
            spool = list(read_spool(folder / "spool.sqlite", self._site, self._node))
        except sqlite3.Error as error:
            self.wrong += 1
            self.details.append(f"{folder}: {error}")
            return
        kept = {(seen.epoch, seen.seq): (seen.at, seen.content) for seen, _ in spool}
        for place, record in self._sent.items():
            found, expected = kept.get(place), (record.at, record.event.model_dump(mode="json"))
            self.held += found == expected
            self.lost += found is None
            self.doubled += found is not None and found != expected
            if found != expected:
                self.details.append(f"{folder}: {place} was sent as {expected}, and is {found}")


class LedgerPromises:
    """A gateway that has acknowledged an event has it, once, as it was; and its keys stay what they are."""

    def __init__(self, real: Path) -> None:
        """`real` is the gateway's folder after the recorded run."""
        self.held = self.lost = self.doubled = self.wrong = 0
        self.details: list[str] = []
        self._acknowledged: dict[tuple[str, str], int] = {}
        self._secrets = {name: (real / name).read_bytes() for name in _SECRETS}
        with closing(sqlite3.connect(real / "ledger.sqlite")) as ledger:
            self._journal = _journal(ledger)

    def hear(self, topic: str, payload: bytes) -> None:
        """Take in what the gateway published."""
        if topic.endswith("/down/ack"):
            ack = decode(Ack, payload)
            self._acknowledged[ack.node, ack.epoch] = ack.seq

    def check(self, folder: Path) -> None:
        """Open what is left of the ledger, and look for every event that was acknowledged."""
        for name, secret in self._secrets.items():
            found = (folder / name).read_bytes() if (folder / name).exists() else None
            if found != secret and (found is not None or self._acknowledged):
                self._found_wrong(f"{folder}: {name} is not what it was")
        if not self._acknowledged:
            return
        try:
            with closing(sqlite3.connect(folder / "ledger.sqlite")) as ledger:
                self._check_ledger(ledger, folder)
        except sqlite3.Error as error:
            self._found_wrong(f"{folder}: {error}")

    def _check_ledger(self, ledger: sqlite3.Connection, folder: Path) -> None:
        (soundness,) = ledger.execute("PRAGMA integrity_check").fetchone()
        if soundness != "ok":
            self._found_wrong(f"{folder}: {soundness}")
        cursors = {(node, epoch): seq for node, epoch, seq in ledger.execute("SELECT * FROM cursors")}
        journal = _journal(ledger)
        for (node, epoch), seq in self._acknowledged.items():
            if cursors.get((node, epoch), 0) < seq:
                self._found_wrong(f"{folder}: cursor {cursors.get((node, epoch))}, acknowledged {seq}")
            for number in range(1, seq + 1):
                rows, expected = journal[node, epoch, number], self._journal[node, epoch, number]
                self.held += rows == expected
                self.lost += not rows
                self.doubled += max(0, rows.total() - 1)
                if rows != expected:
                    self.details.append(f"{folder}: {node}/{epoch}/{number} was {expected}, and is {rows}")

    def _found_wrong(self, detail: str) -> None:
        self.wrong += 1
        self.details.append(detail)


def _journal(ledger: sqlite3.Connection) -> defaultdict[tuple[str, str, int], Counter[str]]:
    rows: defaultdict[tuple[str, str, int], Counter[str]] = defaultdict(Counter)
    for node, epoch, seq, event in ledger.execute("SELECT node, epoch, seq, event FROM journal"):
        rows[node, epoch, seq][event] += 1
    return rows
