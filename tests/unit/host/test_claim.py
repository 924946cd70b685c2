import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from host.claim import ClaimRefused, claimed

HOLDER = """
import sys, time
from pathlib import Path
from host.claim import claimed
with claimed(Path(sys.argv[1]), "another gateway"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_what_is_claimed_is_refused_to_the_next_who_learns_by_whom_it_is_held(tmp_path: Path) -> None:
    lock = tmp_path / "place" / "in-use"
    with (
        claimed(lock, "a gateway"),
        pytest.raises(ClaimRefused, match=rf"place is in use by a gateway \(process {os.getpid()}\)"),
        claimed(lock, "passerelle restore"),
    ):
        pass


def test_what_was_let_go_of_can_be_claimed_again(tmp_path: Path) -> None:
    for program in ("passerelle gateway", "passerelle restore"):
        with claimed(tmp_path / "in-use", program):
            assert (tmp_path / "in-use").read_text() == f"{program} (process {os.getpid()})"


def test_a_killed_program_holds_nothing(tmp_path: Path) -> None:
    lock = tmp_path / "in-use"
    with subprocess.Popen([sys.executable, "-c", HOLDER, lock], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(ClaimRefused, match=rf"another gateway \(process {holder.pid}\)"),
            claimed(lock, "us"),
        ):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with claimed(lock, "us"):
        pass


def test_a_folder_that_cannot_be_made_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(ClaimRefused, match="file cannot be worked in: File exists"),
        claimed(tmp_path / "file" / "in-use", "us"),
    ):
        pass
