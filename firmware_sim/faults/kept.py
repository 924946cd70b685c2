"""What a program promised by what it published, held against the files that a power cut left it."""

import asyncio
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path
from typing import Final

from edge.adapters.spool import SqliteSpool
from edge.ports import SpoolFailed, Unavailable
from protocol.codec import decode
from protocol.events import EventBatch, Record
from protocol.messages import Ack

_ALL_BYTES: Final = 1 << 30
_SECRETS: Final = ("signing.key", "credential.key")


class SpoolPromises:
    """A node that has sent an event keeps it under its number, which is never given to another."""

    def __init__(self) -> None:
        self.held = self.lost = self.doubled = self.wrong = 0
        self.details: list[str] = []
        self._sent: dict[int, Record] = {}
        self._epochs: set[str] = set()

    def hear(self, topic: str, payload: bytes) -> None:
        """Take in what the node published."""
        if topic.endswith("/up/events"):
            batch = decode(EventBatch, payload)
            self._epochs.add(batch.epoch)
            self._sent.update((record.seq, record) for record in batch.records)

    def check(self, folder: Path) -> None:
        """Open what is left of the spool, as a node that starts does."""
        try:
            epoch, records = asyncio.run(_read(folder / "spool.sqlite"))
        except (Unavailable, SpoolFailed, ValueError) as error:
            self.wrong += 1
            self.details.append(f"{folder}: {error}")
            return
        if not self._epochs <= {epoch}:
            self.wrong += 1
            self.details.append(f"{folder}: epoch {epoch}, after {self._epochs} had been told")
        for seq, record in self._sent.items():
            found = records.get(seq)
            self.held += found == record
            self.lost += found is None
            self.doubled += found not in {None, record}
            if found != record:
                self.details.append(f"{folder}: {seq} was sent as {record}, and is {found}")


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


async def _read(path: Path) -> tuple[str, dict[int, Record]]:
    spool = SqliteSpool(path)
    try:
        records: dict[int, Record] = {}
        if spool.held_from <= spool.last_seq:
            found = await spool.read(spool.held_from, spool.last_seq, _ALL_BYTES)
            records = {record.seq: record for record in found}
        return spool.epoch, records
    finally:
        await spool.close()


def _journal(ledger: sqlite3.Connection) -> defaultdict[tuple[str, str, int], Counter[str]]:
    rows: defaultdict[tuple[str, str, int], Counter[str]] = defaultdict(Counter)
    for node, epoch, seq, event in ledger.execute("SELECT node, epoch, seq, event FROM journal"):
        rows[node, epoch, seq][event] += 1
    return rows
