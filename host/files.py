"""Files that are whole, or as they were before, whenever the power goes."""

import os
from collections.abc import Callable
from pathlib import Path


def replace(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Put `content` in the place of what `path` holds: written beside, synced, renamed. Raises OSError."""
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)  # what was left there has its own mode
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Put onto the disk what was made, renamed or removed in a folder. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def secret_file(path: Path, make: Callable[[], bytes]) -> bytes:
    """Read the secret in `path`; where there is none, make one that only its owner may read.

    It is on the disk for good before anybody is told of it: whoever was told knows no other than the first.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        secret = make()
    replace(path, secret, mode=0o600)
    return secret
