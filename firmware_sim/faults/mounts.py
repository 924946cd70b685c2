"""Small disks for programs to fill, which nobody else on the machine sees. Needs root."""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_CLONE_NEWNS: Final = 0x00020000


@contextmanager
def own_mounts() -> Iterator[None]:
    """Let this thread, and what it starts, mount what it likes while the block runs. Raises OSError."""
    libc, folder = ctypes.CDLL(None, use_errno=True), Path.cwd()
    before = os.open("/proc/thread-self/ns/mnt", os.O_RDONLY)
    try:
        _done(libc.unshare(_CLONE_NEWNS))
        try:
            _run("mount", "--make-rprivate", "/")
            yield
        finally:
            _done(libc.setns(before, _CLONE_NEWNS))
            os.chdir(folder)
    finally:
        os.close(before)


@contextmanager
def small_disk(folder: Path, kib: int) -> Iterator[None]:
    """Lay an empty disk of that size over `folder` while the block runs; nothing may have it open then."""
    folder.mkdir(parents=True, exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(folder))
    try:
        yield
    finally:
        _run("umount", "--lazy", str(folder))


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True)  # noqa: S603 - a constant program and a folder of ours


def _done(status: int) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
