"""Files that are written from code: written anew, or checked for being stale."""

from collections.abc import Mapping
from pathlib import Path

import typer


def refresh(folder: Path, files: Mapping[str, str], *, check: bool) -> int:
    """Make `folder` hold exactly `files` of their kind, or (`check`) say what is stale. Returns exit code."""
    kinds = {Path(name).suffix for name in files}
    left_over = [f for f in folder.glob("*") if f.suffix in kinds and f.name not in files]
    stale = [name for name, text in files.items() if _read(folder / name) != text]
    if check:
        for name in [*stale, *(file.name for file in left_over)]:
            typer.echo(f"{folder.name}/{name} is stale: write it again and commit it", err=True)
        return 1 if stale or left_over else 0
    folder.mkdir(parents=True, exist_ok=True)
    for file in left_over:
        file.unlink()
    for name in stale:
        (folder / name).write_text(files[name], encoding="utf-8")
        typer.echo(f"{folder.name}/{name} written")
    return 0


def _read(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.exists() else None
