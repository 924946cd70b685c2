"""Reading a feed in another process: one that loops for ever, or eats all memory, is ended."""

import json
import logging
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.domain.calendars import Key, Meeting
from gateway.domain.feeds import FeedRefused
from gateway.ports import LARGEST_FEED

_log = logging.getLogger(__name__)
_PATIENCE_S: Final = 20.0


def read(
    body: bytes, zone: ZoneInfo, start: datetime, end: datetime, patience_s: float = _PATIENCE_S
) -> Sequence[Meeting]:
    """Return the meetings of a feed that touch [start, end). Raises FeedRefused, at last."""
    if len(body) > LARGEST_FEED:
        raise FeedRefused("too_large", str(LARGEST_FEED // 1024 // 1024))
    words = (zone.key, start.isoformat(), end.isoformat())
    command = (sys.executable, "-I", "-m", "gateway.adapters.feeds.child", *words)
    try:
        done = subprocess.run(  # noqa: S603  # our own module, and words of our own making
            command, input=body, capture_output=True, timeout=patience_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise FeedRefused("endless", f"{patience_s:g}") from error
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        _log.warning("event=feed_reader_failed code=%d said=%.200r", done.returncode, last)
        raise FeedRefused("unreadable", last[:200])
    return _meetings(json.loads(done.stdout))


def _meetings(answer: Mapping[str, Any]) -> Sequence[Meeting]:
    if "refused" in answer:
        raise FeedRefused(*answer["refused"])
    return [
        Meeting(
            Key(*each["key"]),
            datetime.fromisoformat(each["starts_at"]),
            datetime.fromisoformat(each["ends_at"]),
            each["title"],
            each["organiser"],
        )
        for each in answer["meetings"]
    ]
