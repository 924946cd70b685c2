"""What SQLite passes over in silence: a write-ahead log that is damaged before its end.

SQLite reads a log up to the first frame whose checksum fails, and takes the rest for a write that a loss of
power cut short. But each commit here was synced before the next began: only the last can have been cut.
How a log is laid out: SQLite's "Database File Format", section 4.
"""

import struct
from pathlib import Path
from typing import Final

from edge.adapters.spool.rows import Damaged

_WORDS: Final = struct.Struct(">6I")
_HEADER: Final = struct.Struct(">8I")
_BIG_ENDIAN: Final = 1  # in the last bit of the first word: how checksums read the words
_WORD: Final = 2**32


def commits(log: Path) -> list[int]:
    """Return the numbers of the frames, from 1 on, that end a commit of the log's present round.

    Raises Damaged where its header does not hold, OSError where it cannot be read.
    """
    if not log.exists() or log.stat().st_size <= _HEADER.size:
        return []
    with log.open("rb") as file:
        header = file.read(_HEADER.size)
        _, _, page_size, _, *salts, _, _ = _HEADER.unpack(header)
        if not _holds(header):
            raise Damaged("the header of its log is damaged")
        found: list[int] = []
        number = 1
        while len(frame := file.read(_WORDS.size)) == _WORDS.size:
            _, pages_after, *own_salts, _, _ = _WORDS.unpack(frame)
            if pages_after and own_salts == salts:
                found.append(number)
            file.seek(page_size, 1)
            number += 1
    return found


def check(found: list[int], read: int) -> None:
    """Compare the commits that a log holds with the number of frames that SQLite `read`. Raises Damaged."""
    passed_over = sum(number > read for number in found)
    if passed_over > 1:
        raise Damaged(f"its log is damaged after frame {read}: {passed_over} commits follow")


def _holds(header: bytes) -> bool:
    (magic,) = struct.unpack_from(">I", header)
    words = struct.unpack(">6I" if magic & _BIG_ENDIAN else "<6I", header[: _WORDS.size])
    one = two = 0
    for first, second in zip(words[::2], words[1::2], strict=True):
        one = (one + first + two) % _WORD
        two = (two + second + one) % _WORD
    return (one, two) == _HEADER.unpack(header)[-2:]
