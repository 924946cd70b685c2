"""A program run beside this one, which never outlives it."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

# The guard waits at a pipe that only this process holds open. A line means "stand down";
# the end of the file means that this process is gone, however it went.
_GUARD = 'read -r line || kill -9 "$1"'

T = TypeVar("T")

_POLL_S = 0.01
_POLLS = 6000  # a minute: a loaded machine starts a program slowly
_TAIL_LINES = 15
_ENDS_WITHIN_S = 30


class ChildFailed(Exception):
    """A program ended, or kept silent, before it was ready; the message holds the end of its log."""


class Child:
    """A running program whose output goes to a log file.

    It stands in a process group of its own, so that Ctrl-C reaches only the parent, which then ends
    its children in the order it wants. Should the parent be killed, a guard kills the child.
    """

    def __init__(self, process: subprocess.Popen[bytes], guard: subprocess.Popen[bytes], log: Path) -> None:
        self.log = log
        self._process = process
        self._guard = guard

    @classmethod
    def start(
        cls,
        argv: Sequence[str | Path],
        *,
        log: Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Self:
        """Start `argv`, writing its output to `log` anew; raise OSError when it cannot be run."""
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - the caller names the program
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=env,
                process_group=0,
            )
        guard = subprocess.Popen(  # noqa: S603 - a constant script and a number
            ["/bin/sh", "-c", _GUARD, "guard", str(process.pid)], stdin=subprocess.PIPE, process_group=0
        )
        return cls(process, guard, log)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """None while it runs; afterwards its exit status, negative for the signal that ended it."""
        status = self._process.poll()
        if status is not None:
            self._dismiss_guard()  # its number may now be given to another process
        return status

    def first_answer(self, ask: Callable[[], T | None]) -> T:
        """Ask again and again until there is an answer, and return it.

        Raises ChildFailed, and leaves nothing running, when the program ends first or stays silent.
        """
        for _ in range(_POLLS):
            if self.exit_status is not None:
                raise ChildFailed(f"ended with status {self.exit_status}. {self._log_tail()}")
            answer = ask()
            if answer is not None:
                return answer
            time.sleep(_POLL_S)
        self.kill()
        raise ChildFailed(f"runs but did not become ready. {self._log_tail()}")

    def stop(self, grace_s: float = 5.0) -> None:
        """Ask it to end (SIGTERM), and kill it when it has not done so after `grace_s`."""
        self._process.terminate()
        try:
            self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._reap()

    def end(self, number: signal.Signals) -> int:
        """Send a signal that ends it, and return its exit status once it has. Raises ChildFailed."""
        self._process.send_signal(number)
        try:
            status = self._process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired as error:
            raise ChildFailed(f"goes on after {number.name}. {self._log_tail()}") from error
        self._dismiss_guard()
        return status

    def kill(self) -> None:
        """End it at once (SIGKILL), as a loss of power would."""
        self._process.kill()
        self._reap()

    def _log_tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join([f"The end of {self.log}:", *lines[-_TAIL_LINES:]])

    def _reap(self) -> None:
        self._process.wait()
        self._dismiss_guard()

    def _dismiss_guard(self) -> None:
        if self._guard.returncode is None:
            self._guard.communicate(b"stand down\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
