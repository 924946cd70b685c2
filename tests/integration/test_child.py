"""A child process ends with its parent, whatever way the parent went."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_sim.child import Child, ChildFailed

WAIT_S = 10.0

PARENT = """
import sys, time
from pathlib import Path
from firmware_sim.child import Child
print(Child.start(["sleep", "60"], log=Path(sys.argv[1])).pid, flush=True)
time.sleep(60)
"""


def children() -> set[str]:
    tasks = Path("/proc/self/task").glob("*/children")
    return {pid for task in tasks for pid in task.read_text().split()}


def test_a_child_is_killed_when_its_parent_is(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, tmp_path / "child.log"], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()

    ended, _, _ = select.select([child], [], [], WAIT_S)  # a pidfd is readable once its process ended
    os.close(child)
    assert ended


def test_a_stopped_child_leaves_no_process_behind(tmp_path: Path) -> None:
    before = children()

    with Child.start(["sleep", "60"], log=tmp_path / "child.log") as child:
        assert children() > before

    assert children() == before
    assert child.exit_status == -signal.SIGTERM


def test_a_child_that_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    child = Child.start(["sh", "-c", "trap '' TERM; echo ready; exec sleep 60"], log=tmp_path / "child.log")
    child.first_answer(lambda: child.log.read_text() or None)

    child.stop(grace_s=0.05)

    assert child.exit_status == -signal.SIGKILL


def test_a_child_that_ends_too_soon_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    child = Child.start(["sh", "-c", "echo no such disk; exit 3"], log=tmp_path / "child.log")

    with pytest.raises(ChildFailed, match=r"(?s)ended with status 3.*child\.log.*no such disk"):
        child.first_answer(lambda: None)
