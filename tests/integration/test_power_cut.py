"""That a power cut, as the harness plays it, takes what a database did not sync."""

import random
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest

from firmware_sim.faults.disk import Disk
from firmware_sim.faults.recording import Recorder

_PROGRAM = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("PRAGMA journal_mode=WAL")
database.execute("PRAGMA synchronous=FULL")
database.execute("CREATE TABLE row (number)")
database.execute(f"PRAGMA synchronous={sys.argv[2]}")
for number in range(5):
    with database:
        database.execute("INSERT INTO row VALUES (?)", (number,))
os._exit(0)  # without the checkpoint of an orderly end
"""


@pytest.mark.server("strace")
@pytest.mark.parametrize(("synchronous", "kept"), [("FULL", [0, 1, 2, 3, 4]), ("NORMAL", []), ("OFF", [])])
def test_rows_that_were_committed_unsynced_are_lost(
    synchronous: str, kept: list[int], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    recorder, disk = Recorder(tmp_path / "recorded"), Disk(data)
    argv: list[str | Path] = [
        *recorder.under(),
        sys.executable,
        "-c",
        _PROGRAM,
        data / "rows.sqlite",
        synchronous,
    ]
    subprocess.run(argv, check=True, timeout=60)
    for call in recorder.calls(data):
        disk.play(call)
    disk.leave(tmp_path / "left", random.Random(2), part=0)
    with closing(connect(tmp_path / "left" / "rows.sqlite")) as database:
        assert [number for (number,) in database.execute("SELECT number FROM row")] == kept
