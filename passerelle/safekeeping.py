"""`passerelle backup` and `passerelle restore`: a bar while they work, and words for people at the end."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from gateway.safekeeping.archive import Told
from gateway.safekeeping.backup import BackupRefused, back_up
from gateway.safekeeping.restore import RestoreRefused, restore
from gateway.settings import SettingsRefused, read_settings

_DONE, _REFUSED = 0, 2
_errors = Console(stderr=True, soft_wrap=True, highlight=False)


def run_backup(settings: Path, to: Path) -> int:
    """Back up, and say what came of it. Returns the exit code: 2 where nothing was backed up."""
    try:
        with _bar() as told:
            file, manifest = back_up(read_settings(settings), to, _now(), told)
    except (SettingsRefused, BackupRefused) as refusal:
        return _refused(refusal)
    size_mb = file.stat().st_size / 1e6
    _say(f"{file}: {manifest.ledger}, {manifest.events:,} events, {size_mb:.1f} MB, checked.")
    _say("It holds the gateway's keys: keep it where only you can read it.")
    return _DONE


def run_restore(settings: Path, backup: Path, *, other_place: bool) -> int:
    """Restore, and say what came of it. Returns the exit code: 2 where nothing was changed."""
    try:
        with _bar() as told:
            done = restore(read_settings(settings), backup, _now(), told, other_place=other_place)
    except (SettingsRefused, RestoreRefused) as refusal:
        return _refused(refusal)
    manifest = done.manifest
    _say(f"{manifest.ledger} is back as it was on {manifest.made_at:%Y-%m-%d at %H:%M} UTC.")
    if done.aside is not None:
        _say(f"What was here before lies in {done.aside}: delete it when you no longer need it.")
    _say("Start the gateway: nodes send again what they saw since, up to seven days back.")
    _say("Members who were erased since are erased again as it starts, where the ledger here said who.")
    _say("What staff decided since is not here: look at badges that were revoked, and at API keys.")
    return _DONE


@contextmanager
def _bar() -> Iterator[Told]:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # which tidies up, as Ctrl-C does
    with Progress(transient=True, console=_errors, disable=not _errors.is_terminal) as progress:
        task = progress.add_task("", total=1)
        yield lambda what, done: progress.update(task, description=what, completed=done)


def _refused(refusal: Exception) -> int:
    _errors.print(str(refusal), markup=False)
    return _REFUSED


def _say(text: str) -> None:
    Console(soft_wrap=True, highlight=False).print(text, markup=False)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - when a backup was made, by the machine's clock
