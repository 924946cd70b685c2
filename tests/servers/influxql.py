"""Asking a server of the InfluxDB family in InfluxQL, the way a dashboard does."""

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Series:
    """One series of an answer: its tags where it was grouped by some, and its rows, times in nanoseconds."""

    tags: dict[str, str]
    rows: list[dict[str, Any]]


def ask(url: str, query: str, database: str = "") -> list[Series]:
    """Return the series that answer `query`; AssertionError with the server's words where it refuses it."""
    form = urllib.parse.urlencode({"q": query, "db": database, "epoch": "ns"}).encode()
    with urllib.request.urlopen(f"{url}/query", form, timeout=30) as response:
        (result,) = json.load(response)["results"]
    assert "error" not in result, f"{query}: {result['error']}"
    return [
        Series(
            series.get("tags", {}),
            [dict(zip(series["columns"], row, strict=True)) for row in series["values"]],
        )
        for series in result.get("series", [])
    ]


def one_value(url: str, query: str, database: str) -> Any:
    """Return the only value beside its time that answers `query`; None where there is no row."""
    found = ask(url, query, database)
    if not found:
        return None
    ((row,),) = [series.rows for series in found]
    (value,) = [value for name, value in row.items() if name != "time"]
    return value
