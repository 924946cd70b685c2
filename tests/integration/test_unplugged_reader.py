"""A reader that is pulled out and plugged in again: nfcpy's PN532 driver on a pseudo-terminal."""

import asyncio
from pathlib import Path
from threading import active_count

import pytest
from nfc.clf.transport import TTY

from edge.adapters.nfc_reader import NfcReader
from edge.ports import PortFact, ReaderFails, ReaderWorks, Tapped
from firmware_sim.rf.cards import Type2Card, Type4Card
from firmware_sim.rf.pn532 import Pn532
from firmware_sim.rf.type_a import Card
from tests.simulator import PATIENCE_S

UID = bytes.fromhex("04a1b2c3d4e5f6")


class Socket:
    """Where the reader is plugged in, or not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reader: Pn532 | None = None
        monkeypatch.setattr(TTY, "find", self._find)

    def _find(self, path: str) -> tuple[list[str], str, bool] | None:
        """Stand for nfcpy's look into /dev, where a pseudo-terminal has no name that it knows."""
        if not path.startswith("tty"):
            return None
        return ([self.reader.port] if self.reader else [], "pn532", False)


async def _until(facts: "asyncio.Queue[PortFact]", kind: type[PortFact]) -> list[PortFact]:
    """Return the facts up to the first of a kind."""
    found: list[PortFact] = []
    async with asyncio.timeout(PATIENCE_S):
        while not found or not isinstance(found[-1], kind):
            found.append(await facts.get())
    return found


def _belongings() -> int:
    """Count what a process must not gather: open files and threads."""
    return len(list(Path("/proc/self/fd").iterdir())) + active_count()


@pytest.mark.parametrize("card", [Type2Card(UID), Type4Card(UID)])
def test_a_reader_that_comes_and_goes_is_lost_once_and_back_once_each_time(
    card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = Socket(monkeypatch)

    async def play() -> list[int]:
        facts: asyncio.Queue[PortFact] = asyncio.Queue()
        reader = NfcReader("in", "tty:USB0:pn532", bytes.hex, asyncio.get_running_loop().time)
        running = asyncio.create_task(reader.run(facts.put_nowait))
        belongings = []
        for _ in range(3):
            assert {type(fact) for fact in await _until(facts, ReaderFails)} == {ReaderFails}
            plugged = socket.reader = Pn532()
            *failures, _works = await _until(facts, ReaderWorks)
            assert all(isinstance(fact, ReaderFails) for fact in failures)
            reader._held.card = b""  # as if the card had been away for long
            plugged.place(card)
            assert await _until(facts, Tapped) == [Tapped("in", UID.hex())]
            socket.reader = None
            plugged.unplug()
            belongings.append(_belongings())
        running.cancel()
        await asyncio.wait([running], timeout=PATIENCE_S)
        return belongings

    belongings = asyncio.run(play())
    assert belongings[-1] <= belongings[0], "descriptors or threads are left behind"
