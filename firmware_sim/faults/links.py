"""Links to the broker that can be cut: through a proxy of our own, or by a namespace behind veth pairs."""

import ctypes
import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, Literal, Protocol, TypeVar

from firmware_sim.bench.backstage import Backstage
from firmware_sim.middle import Middle

Manner = Literal["silence", "silence_up", "silence_down", "reset", "slow"]

T = TypeVar("T")

_SLOW_S: Final = 0.4
_CLONE_NEWNET: Final = 0x40000000  # unshare(2)


class Link(Protocol):
    """A way to the broker. `manners` are the ways in which it can be cut."""

    manners: tuple[Manner, ...]

    @property
    def address(self) -> tuple[str, int]: ...

    def cut(self, manner: Manner) -> None: ...

    def mend(self) -> None: ...


class ProxiedLink:
    """A link through a `Middle` that runs on `stage`."""

    manners: tuple[Manner, ...] = ("silence", "silence", "silence_up", "silence_down", "reset", "slow")

    def __init__(self, stage: Backstage, middle: Middle) -> None:
        self._stage = stage
        self._middle = middle

    @classmethod
    def open(cls, stage: Backstage, broker: tuple[str, int]) -> "ProxiedLink":
        """Stand before `broker` until `stage` ends."""
        return cls(stage, stage.open(Middle.open(broker)))

    @property
    def address(self) -> tuple[str, int]:
        return self._middle.address

    def cut(self, manner: Manner) -> None:
        self._stage.post(lambda: self._cut(manner))

    def mend(self) -> None:
        self._stage.post(self._middle.mend)

    def _cut(self, manner: Manner) -> None:
        match manner:
            case "silence":
                self._middle.silence()
            case "silence_up":
                self._middle.silence("up")
            case "silence_down":
                self._middle.silence("down")
            case "reset":
                self._middle.reset()
            case "slow":
                self._middle.delay_s = _SLOW_S


class Seclusion:
    """A network namespace that one thread of ours has for itself, with all that is started in that thread.

    It needs root, has no name, and is gone with the last of its processes, its veth pairs with it.
    """

    def __init__(self, inside: ThreadPoolExecutor) -> None:
        self._inside = inside
        self._links = 0

    @classmethod
    @contextmanager
    def open(cls) -> Iterator["Seclusion"]:
        """Make one until the block ends. Raises OSError where that is not allowed."""
        with ThreadPoolExecutor(1) as inside:
            inside.submit(_leave_the_network).result()
            yield cls(inside)

    def run(self, call: Callable[[], T]) -> T:
        """Call something inside, such as what starts a process."""
        return self._inside.submit(call).result()

    def link(self, port: int) -> "VethLink":
        """Lay a veth pair from here to `port` inside, on addresses of the range for benchmarks (RFC 2544)."""
        number, pid = self._links, os.getpid()
        self._links += 1
        inner, outer = f"psi{pid}n{number}", f"pso{pid}n{number}"
        net = f"198.{18 + (pid >> 8) % 2}.{pid % 256}"
        there, here = f"{net}.{4 * number + 2}", f"{net}.{4 * number + 1}"
        self.run(lambda: _ip("link", "add", inner, "type", "veth", "peer", "name", outer, "netns", str(pid)))
        self.run(lambda: _ip("address", "add", f"{there}/30", "dev", inner))
        self.run(lambda: _ip("link", "set", inner, "up"))
        _ip("address", "add", f"{here}/30", "dev", outer)
        _ip("link", "set", outer, "up")
        return VethLink(self, inner, (there, port))


class VethLink:
    """A veth pair whose far end can go down: packets vanish on both ways, and no side is told."""

    manners: tuple[Manner, ...] = ("silence",)

    def __init__(self, seclusion: Seclusion, inner: str, address: tuple[str, int]) -> None:
        self.address = address
        self._seclusion = seclusion
        self._inner = inner

    def cut(self, manner: Manner) -> None:  # noqa: ARG002 - it can be cut in one manner only
        self._seclusion.run(lambda: _ip("link", "set", self._inner, "down"))

    def mend(self) -> None:
        self._seclusion.run(lambda: _ip("link", "set", self._inner, "up"))


def _leave_the_network() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"no network namespace: {os.strerror(number)}; run as root")
    _ip("link", "set", "lo", "up")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)  # noqa: S603, S607 - names and addresses of our own
