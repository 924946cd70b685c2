"""Asking a real InfluxDB for its sums, in InfluxQL over /query: the one way that 1.x, 2.x and 3 share."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import httpx2

from firmware_sim.verify.history import DaySums, SumsOfDay
from protocol.base import as_wire_time
from protocol.site import Site


class HistoryRefused(Exception):
    """InfluxDB did not answer a question; the text is its own."""


def influx_events(url: str, database: str) -> int:
    """Count the events that the InfluxDB at `url` has. Raises HistoryRefused."""
    rows = _answer(url, database, 'SELECT count("id") FROM "event"')
    return int(rows[0][1]) if rows else 0


def influx_sums(
    url: str, database: str, sites: Sequence[Site], headers: Mapping[str, str] | None = None
) -> SumsOfDay:
    """Return the way to ask the InfluxDB at `url`; `database` is a bucket's name in 2.x and 3.

    What it returns raises HistoryRefused.
    """
    zones = {site.id: site.zone for site in sites}

    def ask(site: str, day: date) -> DaySums:
        start, end = (
            as_wire_time(datetime.combine(each, time.min, zones[site]).astimezone(UTC))
            for each in (day, day + timedelta(days=1))
        )
        question = (
            'SELECT sum("visits"), sum("seconds") FROM "visit"'  # noqa: S608  # an id has no quotes
            f" WHERE \"site\" = '{site}' AND time >= '{start}' AND time < '{end}'"
        )
        rows = _answer(url, database, question, headers)
        if not rows:
            return DaySums(0, 0.0)
        _, visits, seconds = rows[0]
        return DaySums(int(visits or 0), float(seconds or 0.0))

    return ask


def _answer(
    url: str, database: str, question: str, headers: Mapping[str, str] | None = None
) -> Sequence[Sequence[Any]]:
    """Return the rows that answer `question`, none where nothing was written yet."""
    answer = httpx2.get(f"{url}/query", params={"db": database, "q": question}, headers=headers)
    if not answer.is_success:
        raise HistoryRefused(f"{url} answers {answer.status_code}: {answer.text}")
    (result,) = answer.json()["results"]
    if result.get("error", "").startswith("database not found"):
        return ()
    if "error" in result:
        raise HistoryRefused(f"{url}: {result['error']}")
    rows: Sequence[Sequence[Any]] = result["series"][0]["values"] if "series" in result else ()
    return rows
