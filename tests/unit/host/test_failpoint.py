import os
import signal
import subprocess
import sys

import pytest

PROGRAM = """
from host.failpoint import reached
for number in range(1, 5):
    reached("here")
    reached("there")
    print(number, flush=True)
"""


def run(failpoint: str | None) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ} | ({"PASSERELLE_FAILPOINT": failpoint} if failpoint else {})
    argv = [sys.executable, "-c", PROGRAM]
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("failpoint", "passed"), [("there:3", 2), ("here", 0), ("there:1", 0)])
def test_a_program_dies_where_and_when_it_is_told(failpoint: str, passed: int) -> None:
    ended = run(failpoint)
    assert (ended.returncode, len(ended.stdout.split())) == (-signal.SIGKILL, passed)


@pytest.mark.parametrize("failpoint", [None, "elsewhere:1"])
def test_a_program_that_is_told_nothing_lives(failpoint: str | None) -> None:
    assert (run(failpoint).returncode, len(run(failpoint).stdout.split())) == (0, 4)
