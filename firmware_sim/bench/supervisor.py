"""Starts programs again that ended unasked, as a service manager does; stops them all at the end."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self

from firmware_sim.broker import BrokerFailed
from firmware_sim.child import ChildFailed

_LOOK_EVERY_S: Final = 0.1


class Program(Protocol):
    """A running program that can be started again on the same settings."""

    @property
    def pid(self) -> int: ...

    @property
    def exit_status(self) -> int | None:
        """None while it runs."""
        ...

    def restart(self) -> None:
        """Start it again after it ended. Raises ChildFailed or BrokerFailed."""
        ...

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Restarted:
    """A program ended by itself (`exit_status`: negative for a signal) and runs again as `pid`.

    `failure` says why it does not, where it could not be started; it is tried again.
    """

    name: str
    exit_status: int
    pid: int
    failure: str | None = None


class Supervisor:
    """Looks after programs in a thread of its own while the block runs, and stops them when it ends.

    `on_restart` is called in that thread. Programs come in groups: those of one group stop together, the
    group that was begun last first, so that nobody loses what they depend on.
    """

    def __init__(self, on_restart: Callable[[Restarted], None]) -> None:
        self._on_restart = on_restart
        self._groups: dict[str, dict[str, Program]] = {}
        self._ending = threading.Event()
        self._looking = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def watch(self, group: str, name: str, program: Program) -> None:
        """Look after this running program from now on."""
        self._groups[group] = {**self._groups.get(group, {}), name: program}

    def pids(self) -> dict[str, int]:
        """Return the process id of each program by its name."""
        return {name: program.pid for name, program in self._programs()}

    def look(self) -> None:
        """Start again, in the order in which they were added, what has ended."""
        for name, program in self._programs():
            status = program.exit_status
            if status is not None and not self._ending.is_set():
                self._on_restart(_restart(name, program, status))

    def stop(self, group: str) -> None:
        """Stop the programs of a group, all together, and forget them."""
        programs = self._groups.pop(group).values()
        with self._looking, ThreadPoolExecutor(max(1, len(programs))) as together:
            list(together.map(lambda program: program.stop(), programs))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()
        for group in reversed(tuple(self._groups)):
            self.stop(group)

    def _programs(self) -> list[tuple[str, Program]]:
        return [pair for group in tuple(self._groups.values()) for pair in group.items()]

    def _run(self) -> None:
        while not self._ending.wait(_LOOK_EVERY_S):
            with self._looking:
                self.look()


def _restart(name: str, program: Program, status: int) -> Restarted:
    try:
        program.restart()
    except (ChildFailed, BrokerFailed, OSError) as error:
        return Restarted(name, status, program.pid, str(error))
    return Restarted(name, status, program.pid)
