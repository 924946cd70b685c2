"""`passerelle rebuild`: a bar while it works, and what came out differently."""

import signal
from collections import Counter
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import Progress

from gateway.bootstrap import open_rebuild
from gateway.ports import Part
from gateway.settings import SettingsRefused, read_settings
from protocol.site_file import SiteFileRefused

_DONE, _STANDS_STILL, _REFUSED, _INTERRUPTED = 0, 1, 2, 130
_TOLD_ONE_BY_ONE: Final = 50
_errors = Console(stderr=True, soft_wrap=True, highlight=False)


def run_rebuild(settings: Path) -> int:
    """Work all projections out again. Returns the exit code: 1 where a part stands still, 2 if refused."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # which ends it as Ctrl-C does
    changed: list[Part] = []
    try:
        with (
            open_rebuild(read_settings(settings)) as rebuild,
            Progress(console=_errors, transient=True, disable=not _errors.is_terminal) as progress,
        ):
            parts = rebuild.parts()
            bar = progress.add_task("Working out", total=len(parts))
            for part in parts:
                changed += rebuild.work_out(part)
                progress.advance(bar)
            standing = rebuild.standing_still()
    except (SettingsRefused, SiteFileRefused) as refusal:
        _errors.print(str(refusal), markup=False)
        return _REFUSED
    except KeyboardInterrupt:
        _tell(changed)
        _say("Interrupted. What is told above is done and kept; run it again for the rest.")
        return _INTERRUPTED
    _tell([part for part in changed if part not in standing])
    for part in standing:
        _say(f"stands still: {_named(part)}; the log above says why")
    _say(f"{len(parts):,} parts worked out again, {len(set(changed) - set(standing)):,} of them differ.")
    return _STANDS_STILL if standing else _DONE


def _tell(changed: list[Part]) -> None:
    for part in changed[:_TOLD_ONE_BY_ONE]:
        _say(f"changed: {_named(part)}")
    for projection, count in Counter(part.projection for part in changed[_TOLD_ONE_BY_ONE:]).items():
        _say(f"changed: {count:,} more of {projection}")


def _named(part: Part) -> str:
    return f"{part.projection} {part.subject} at {part.site}"


def _say(text: str) -> None:
    print(text)  # noqa: T201 - the answer to whoever typed the command
