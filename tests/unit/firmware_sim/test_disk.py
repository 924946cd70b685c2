"""What a loss of power leaves on the disk that the harness keeps."""

import random
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from firmware_sim.faults.disk import Disk
from firmware_sim.faults.recording import Call, read_calls
from firmware_sim.faults.said import Said
from tests.unit.firmware_sim.packets import connect, publish


class Machine:
    """A folder, and a program that works in it; this `part` of what is not synced stays."""

    def __init__(self, folder: Path, part: float) -> None:
        folder.mkdir()
        self.folder = folder
        self._ticks: Iterator[int] = count()
        self._cuts = count()
        self._part = part
        self.disk = Disk(folder)

    def does(self, name: str, *words: str, result: int = 0) -> None:
        at = next(self._ticks)
        self.disk.play(Call(name, words, result, at, at))

    def creates(self, name: str) -> None:
        self.does("openat", as_hex("/"), self._path(name), "O_WRONLY|O_CREAT|O_TRUNC")

    def writes(self, name: str, data: str, at: int = 0) -> None:
        self.does("pwrite64", self._path(name), as_hex(data), str(len(data)), str(at), result=len(data))

    def syncs(self, name: str = "") -> None:
        self.does("fsync", self._path(name))

    def renames(self, old: str, new: str) -> None:
        self.does("rename", self._path(old), self._path(new))

    def unlinks(self, name: str) -> None:
        self.does("unlink", self._path(name))

    def loses_power(self) -> dict[str, str]:
        """Return the files that are left, by name."""
        left = self.folder.with_name(f"left-{next(self._cuts)}")
        self.disk.leave(left, random.Random(1), self._part)
        return {path.name: path.read_text() for path in left.iterdir()}

    def _path(self, name: str) -> str:
        return as_hex(str(self.folder / name))


def as_hex(text: str) -> str:
    return '"' + "".join(f"\\x{byte:02x}" for byte in text.encode()) + '"'


@pytest.fixture
def forgetful(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "data", part=0)


@pytest.fixture
def lucky(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "data", part=1)


def durable(machine: Machine, name: str, content: str) -> None:
    machine.creates(name)
    machine.writes(name, content)
    machine.syncs(name)
    machine.syncs()


def test_what_was_synced_is_left(forgetful: Machine) -> None:
    durable(forgetful, "a", "one")
    assert forgetful.loses_power() == {"a": "one"}


def test_what_was_written_since_is_gone(forgetful: Machine) -> None:
    durable(forgetful, "a", "one")
    forgetful.writes("a", "two", at=3)
    assert forgetful.loses_power() == {"a": "one"}


def test_what_was_written_since_may_be_left_too(lucky: Machine) -> None:
    durable(lucky, "a", "one")
    lucky.writes("a", "two", at=3)
    assert lucky.loses_power() == {"a": "onetwo"}


def test_a_new_file_is_gone_until_its_folder_was_synced(forgetful: Machine) -> None:
    forgetful.creates("a")
    forgetful.writes("a", "one")
    forgetful.syncs("a")
    assert forgetful.loses_power() == {}
    forgetful.syncs()
    assert forgetful.loses_power() == {"a": "one"}


def test_a_new_name_may_come_without_its_content(forgetful: Machine) -> None:
    forgetful.creates("a")
    forgetful.syncs()
    forgetful.writes("a", "one")
    assert forgetful.loses_power() == {"a": ""}


def test_a_rename_counts_once_the_folder_was_synced(forgetful: Machine) -> None:
    durable(forgetful, "a", "old")
    durable(forgetful, "b", "new")
    forgetful.renames("b", "a")
    assert forgetful.loses_power() == {"a": "old", "b": "new"}
    forgetful.syncs()
    assert forgetful.loses_power() == {"a": "new"}


def test_a_file_that_was_taken_away_comes_back(forgetful: Machine) -> None:
    durable(forgetful, "a", "one")
    forgetful.unlinks("a")
    assert forgetful.loses_power() == {"a": "one"}
    forgetful.syncs()
    assert forgetful.loses_power() == {}


def test_a_sync_keeps_only_what_was_written_before_it_began(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "data", part=0)
    durable(machine, "a", "one")
    path = as_hex(str(machine.folder / "a"))
    machine.disk.play(Call("pwrite64", (path, as_hex("two"), "3", "3"), 3, 50, 52))
    machine.disk.play(Call("fdatasync", (path,), 0, 51, 53))
    assert machine.loses_power() == {"a": "one"}


def test_what_was_there_before_is_on_the_disk(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a").write_text("old")
    Disk(tmp_path / "data").leave(tmp_path / "left", random.Random(1), part=0)
    assert (tmp_path / "left" / "a").read_text() == "old"


def test_a_call_that_another_thread_cut_in_two_is_read_as_one() -> None:
    lines = [
        r'11 pwrite64(7<\x2f\x61>, "\x68\x69", 2, 40 <unfinished ...>',
        r"12 fdatasync(7<\x2f\x61>) = 0",
        r"11 <... pwrite64 resumed>) = 2",
        r"12 fdatasync(7<\x2f\x61>) = -1 EIO (Input/output error)",
        r"12 +++ exited with 0 +++",
    ]
    synced, written = read_calls(lines)
    assert (synced.name, synced.began, synced.ended) == ("fdatasync", 1, 1)
    assert (written.text(0), written.data(1), written.words[3]) == ("/a", b"hi", "40")
    assert (written.began, written.ended) == (0, 2)


def sent(data: bytes, socket: str = "socket:[1]") -> Call:
    word = "".join(f"\\x{byte:02x}" for byte in data)
    return Call("sendto", (as_hex(socket), f'"{word}"', str(len(data))), len(data), 0, 0)


def test_a_message_counts_as_published_once_its_last_byte_is_sent() -> None:
    said, packet = Said(), publish("up/events", b"x" * 300)
    assert list(said.hear(sent(connect()))) == []
    assert list(said.hear(sent(packet[:-1]))) == []
    assert list(said.hear(sent(packet[-1:]))) == [("up/events", b"x" * 300)]


def test_what_else_goes_out_is_no_message() -> None:
    assert list(Said().hear(sent(b"HTTP/1.1 200 OK"))) == []
