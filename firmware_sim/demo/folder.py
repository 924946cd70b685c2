"""The demo's folder: wiped only where an earlier demo made it, held by one demo at a time."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from firmware_sim.demo.options import DemoRefused

_MARK: Final = ".passerelle-demo"


class DemoFolder:
    """Where everything of one demo lies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.broker = path / "broker"
        self.gateway = path / "gateway"
        self.ledger = self.gateway / "ledger.sqlite"
        self.truth = path / "truth.jsonl"

    def node(self, node: str) -> Path:
        """Return the folder of one node."""
        return self.path / "nodes" / node

    def spool(self, node: str) -> Path:
        """Return the file of one node's events."""
        return self.node(node) / "spool.sqlite"

    def write_secret(self, name: str, secret: str) -> Path:
        """Put a secret into a file for the owner's eyes only."""
        file = self.path / name
        file.touch(mode=0o600)
        file.write_text(secret, encoding="utf-8")
        return file

    def write(self, name: str, content: Mapping[str, Any]) -> Path:
        """Put a JSON file in the place of an earlier one, whole or not at all, for the owner's eyes only."""
        new = self.path / f".{name}.new"
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(content, file, indent=2, ensure_ascii=False)
            file.write("\n")
        return new.replace(self.path / name)


@contextmanager
def claimed(path: Path) -> Iterator[DemoFolder]:
    """Empty the folder of an earlier demo, or make a new one, and hold it while the block runs.

    Raises DemoRefused for a folder with anything else in it, and for one that a running demo holds.
    """
    path = path.resolve()
    mark = path / _MARK
    if path.exists() and not mark.exists() and (not path.is_dir() or any(path.iterdir())):
        raise DemoRefused(
            f"{path} holds something that is no demo's: nothing was touched."
            " Name an empty or new folder: --data DIR"
        )
    try:
        path.mkdir(parents=True, exist_ok=True)
        held = mark.open("w", encoding="utf-8")
    except OSError as error:
        raise DemoRefused(
            f"{path} cannot be used: {error.strerror}. Name another folder: --data DIR"
        ) from error
    with held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoRefused(
                f"a demo runs in {path} already: end it, or name another folder: --data DIR"
            ) from None
        _empty(path)
        yield DemoFolder(path)


def _empty(path: Path) -> None:
    for old in path.iterdir():
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        elif old.name != _MARK:
            old.unlink()
