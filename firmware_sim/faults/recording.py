"""What a real program asked of the kernel, as strace recorded it: its files, and what it sent."""

import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

_CALLS: Final = "openat,pwrite64,write,ftruncate,fsync,fdatasync,rename,unlink,sendto"
_LONGEST_BYTES: Final = 4 << 20
_ENDS_WITHIN_S: Final = 30
_LOOK_EVERY_S: Final = 0.05
_LINE: Final = re.compile(r"(?P<thread>\d+) +(?:<\.\.\. \w+ resumed>(?P<rest>.*)|(?P<call>\w+\(.*))")
_WHOLE: Final = re.compile(r"(?P<name>\w+)\((?P<words>.*)\) += (?P<result>-?\d+)")
_UNFINISHED: Final = " <unfinished ...>"


@dataclass(frozen=True, slots=True)
class Call:
    """A system call that went well: between the lines `began` and `ended` of the recording."""

    name: str
    words: tuple[str, ...]
    result: int
    began: int
    ended: int

    @property
    def acts_at(self) -> int:
        """When it counts: what is sent may have arrived before the call returns, all else may come last."""
        return self.began if self.name == "sendto" else self.ended

    def concerns(self, path_hex: str) -> bool:
        """Whether a path that it names holds that one."""
        return any(path_hex in word.replace("\\x", "") for word in self.words[:2])

    def text(self, place: int) -> str:
        """Return a word that names a file: a path, or a descriptor with what it stands for."""
        return self.data(place).decode()

    def data(self, place: int) -> bytes:
        """Return the bytes that a word stands for, without the number of a descriptor before them."""
        return bytes.fromhex(self.words[place].partition("\\x")[2].rstrip('">').replace("\\x", ""))


class Recorder:
    """Records, start after start, what a program does; `folder` takes the recordings."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._numbers = count()
        self._traces: list[Path] = []

    def under(self) -> Sequence[str]:
        """Return what stands before the program's own command line, for one start."""
        trace = self._folder / f"start-{next(self._numbers)}.strace"
        self._traces.append(trace)
        shown = ("-y", "-xx", "-s", str(_LONGEST_BYTES), "-e", f"trace={_CALLS}", "-e", "signal=none")
        return ("strace", "-D", "-f", "--seccomp-bpf", "-o", str(trace), *shown)

    def calls(self, folder: Path) -> list[Call]:
        """Return what was sent, or done to files in `folder`, in the order in which it counts.

        Waits until the last start has ended. Raises TimeoutError.
        """
        lines = [line for trace in self._traces for line in _lines_of(trace)]
        shown = str(folder).encode().hex()
        mine = (call for call in read_calls(lines) if call.name == "sendto" or call.concerns(shown))
        return sorted(mine, key=lambda call: call.acts_at)

    def forget(self) -> None:
        """Remove the recordings: they are large."""
        shutil.rmtree(self._folder)


def read_calls(lines: Sequence[str]) -> Iterator[Call]:
    """Read what strace wrote, and put together the calls that others cut in two."""
    begun: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(lines):
        found = _LINE.fullmatch(line)
        if found is None:
            continue  # a thread ended
        thread, rest, call = found["thread"], found["rest"], found["call"]
        if call is not None and call.endswith(_UNFINISHED):
            begun[thread] = number, call.removesuffix(_UNFINISHED)
            continue
        began, head = (number, call) if rest is None else begun.pop(thread)
        whole = _WHOLE.match(head + (rest or ""))
        if whole is not None and int(whole["result"]) >= 0:
            words = tuple(whole["words"].split(", "))
            yield Call(whole["name"], words, int(whole["result"]), began, number)


def _lines_of(trace: Path) -> list[str]:
    """Read a recording once strace, which outlives the program by a moment, has written all of it.

    Where the program ends itself by a signal strace does too, in the middle of a line.
    """
    for _ in range(int(_ENDS_WITHIN_S / _LOOK_EVERY_S)):
        if not _is_open(trace):
            return trace.read_text(encoding="ascii").splitlines()
        time.sleep(_LOOK_EVERY_S)
    raise TimeoutError(f"{trace}: the program that strace records has not ended")


def _is_open(file: Path) -> bool:
    """Whether any process has the file open."""
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):  # it was closed meanwhile, or is another user's
            if descriptor.readlink() == file:
                return True
    return False
