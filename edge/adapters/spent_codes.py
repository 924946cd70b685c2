"""Which single-use codes were used, as a file that is replaced whole: written beside, synced, renamed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from host.files import replace


class FileSpentCodes:
    """See `edge.ports.SpentCodes`. One reference a line."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "spent-codes.txt"
        self._turn = asyncio.Lock()

    def load(self) -> Sequence[str]:
        """Return the saved references; none where nothing was saved yet."""
        try:
            return self._path.read_text(encoding="ascii").split()
        except FileNotFoundError:
            return ()

    async def save(self, refs: Sequence[str]) -> None:
        """Replace the saved references; what is saved at once is saved in turn."""
        async with self._turn:
            await asyncio.to_thread(replace, self._path, "\n".join(refs).encode("ascii"))
