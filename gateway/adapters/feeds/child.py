"""The process that reads one feed: body on stdin, `zone start end` as arguments, JSON on stdout."""

import json
import resource
import sys
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.domain.feeds import FeedRefused, meetings_of

_MOST_MEMORY: Final = 768 * 1024 * 1024
_MOST_CPU_S: Final = 60  # where whoever waited has died


def main(zone: str, start: str, end: str) -> dict[str, Any]:
    """Read the feed. Returns `{"meetings": [...]}` or `{"refused": [code, detail]}`."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_CPU_S, _MOST_CPU_S))
    body = sys.stdin.buffer.read()
    try:
        span = datetime.fromisoformat(start), datetime.fromisoformat(end)
        return {"meetings": [asdict(meeting) for meeting in meetings_of(body, ZoneInfo(zone), *span)]}
    except FeedRefused as refusal:
        return {"refused": [refusal.code, refusal.detail]}


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout, default=datetime.isoformat)
