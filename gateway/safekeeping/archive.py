"""A backup's file: a gzipped tar of a manifest, the keys and the ledger, so that any tar opens it."""

import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

Told = Callable[[str, float], None]
"""Is told what is being done, and how much of it is, to 1."""

MANIFEST: Final = "manifest.json"
_LARGEST_MANIFEST: Final = 64 * 1024
_CHUNK: Final = 1024 * 1024
_QUICK: Final = 1  # of gzip's nine levels: journals shrink to a sixth, and a Pi has better things to do


class BackupUnsound(Exception):
    """A file that is no whole backup; the text says why."""


class Manifest(BaseModel):
    """What a backup holds: `sha256` of each file by its name, beside what the ledger is."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1] = 1
    made_at: AwareDatetime
    software: str
    ledger: str
    schema_revision: str
    events: int
    sha256: Mapping[str, str]


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def pack(into: Path, manifest: Manifest, files: Mapping[str, Path], told: Told) -> None:
    """Write a backup that only its owner reads, onto the disk. `files` are by the manifest's names."""
    with os.fdopen(os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=_QUICK) as tar:
            text = manifest.model_dump_json(indent=1).encode() + b"\n"
            tar.addfile(_entry(MANIFEST, len(text), manifest.made_at), io.BytesIO(text))
            for name, path in files.items():
                size = path.stat().st_size
                with path.open("rb") as content:
                    tar.addfile(_entry(name, size, manifest.made_at), _Watched(content, name, size, told))
        file.flush()
        os.fsync(file.fileno())


def read_manifest(backup: Path) -> Manifest:
    """Return what a backup says that it holds. Raises BackupUnsound, OSError."""
    with _opened(backup) as tar:
        return _manifest(tar)


def unpack(backup: Path, into: Path, told: Told) -> Manifest:
    """Put a backup's files into a folder, each held against its sum. Raises BackupUnsound, OSError."""
    with _opened(backup) as tar:
        manifest = _manifest(tar)
        awaited = dict(manifest.sha256)
        for entry in tar:
            if entry.name in awaited and entry.isfile():
                _write(tar, entry, into / Path(entry.name).name, awaited.pop(entry.name), told)
        if awaited:
            raise BackupUnsound(f"it lacks {', '.join(sorted(awaited))}")
        while tar.fileobj.read(_CHUNK):
            pass  # gzip's own sum stands at the end
        return manifest


def _entry(name: str, size: int, at: datetime) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, int(at.timestamp())
    return entry


def _manifest(tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    content = tar.extractfile(first) if first is not None and first.name == MANIFEST else None
    if content is None:
        raise BackupUnsound("it is no backup of Passerelle's: it does not begin with a manifest")
    try:
        return Manifest.model_validate_json(content.read(_LARGEST_MANIFEST))
    except ValidationError as error:
        raise BackupUnsound("its manifest is not one that this Passerelle knows") from error


def _write(tar: tarfile.TarFile, entry: tarfile.TarInfo, to: Path, sha256: str, told: Told) -> None:
    content = tar.extractfile(entry)
    if content is None:
        raise BackupUnsound(f"{entry.name} cannot be read")
    source = _Watched(content, entry.name, entry.size, told)
    digest = hashlib.sha256()
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != sha256:
        raise BackupUnsound(f"{entry.name} is not what was backed up: it was altered, or the disk was")


@contextmanager
def _opened(backup: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(backup, "r:gz") as tar:
            yield tar
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise BackupUnsound(f"it is damaged or cut short: {error}") from error
    except OSError as error:
        if error.errno is None:  # gzip's own, about what it reads
            raise BackupUnsound(f"it is damaged or cut short: {error}") from error
        raise


class _Watched(io.RawIOBase):
    """Reads from `content`, and tells how much of it was read."""

    def __init__(self, content: IO[bytes], name: str, size: int, told: Told) -> None:
        self._content = content
        self._name = name
        self._size = size
        self._told = told
        self._read = 0

    def read(self, size: int = -1) -> bytes:
        chunk = self._content.read(size)
        self._read += len(chunk)
        self._told(self._name, self._read / max(1, self._size))
        return chunk
