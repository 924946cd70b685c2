"""One program at a time: a claim that the kernel drops with the program, however that ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class ClaimRefused(Exception):
    """What was to be claimed is in use, or cannot be; the text tells people which, and what to do."""


@contextmanager
def claimed(what: Path, program: str) -> Iterator[None]:
    """Hold the file `what`, made where there is none, for `program` while the block runs.

    The file stays: it says who claimed it last. Raises ClaimRefused.
    """
    try:
        what.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(what, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ClaimRefused(f"{what.parent} cannot be worked in: {error.strerror}") from error
    try:
        _lock(descriptor, what)
        give_to_owner_of(what.parent, what)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{program} (process {os.getpid()})".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def give_to_owner_of(folder: Path, file: Path) -> None:
    """Let what root does in a folder not lock its owner out."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(file, owner.st_uid, owner.st_gid)


def _lock(descriptor: int, what: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 200, 0).decode(errors="replace") or "another program"
        raise ClaimRefused(f"{what.parent} is in use by {holder}: stop that first") from None
