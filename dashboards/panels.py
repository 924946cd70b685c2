"""Panels as Grafana's JSON wants them, over InfluxQL: the query language of InfluxDB 1.x, 2.x and 3."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any, Final, Literal

Json = dict[str, Any]

SOURCE: Final[Json] = {"type": "influxdb", "uid": "${source}"}
"""Whatever data source is chosen at the top of the dashboard."""

_ACROSS: Final = 24  # Grafana's grid
_HEIGHT: Final = 8


@dataclass(frozen=True, slots=True)
class Query:
    """What is selected from a measurement, at the chosen sites and times.

    `by` begins with the length of time that makes one value, then come the tags that make one series;
    `legend` names the series, where `$tag_site` stands for the tag's value.
    """

    select: str
    measurement: str
    legend: str
    where: tuple[str, ...] = ()
    by: tuple[str, ...] = ("time(1d)",)
    ending: str = "fill(0) tz('Europe/Paris')"

    @property
    def text(self) -> str:
        conditions = " AND ".join([*self.where, '"site" =~ /^$site$/', "$timeFilter"])
        asked = ["SELECT", self.select, "FROM", f'"{self.measurement}"', "WHERE", conditions]
        return " ".join([*asked, "GROUP BY", ", ".join(self.by), self.ending])


@dataclass(frozen=True, slots=True)
class Panel:
    """One diagram: a `line` holds its level until the next point, `bars` stand one on the other."""

    title: str
    description: str
    queries: tuple[Query, ...]
    shape: Literal["line", "bars"]
    unit: str = "short"
    width: int = 12


def in_rows(panels: Sequence[Panel]) -> list[Json]:
    """Lay `panels` out from left to right, and below one another where a row is full."""
    return [_panel(panel, number, x, y) for number, (panel, x, y) in enumerate(_placed(panels), start=1)]


def _placed(panels: Sequence[Panel]) -> Iterator[tuple[Panel, int, int]]:
    x = y = 0
    for panel in panels:
        if x + panel.width > _ACROSS:
            x, y = 0, y + _HEIGHT
        yield panel, x, y
        x += panel.width


def _panel(panel: Panel, number: int, x: int, y: int) -> Json:
    return {
        "id": number,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.description,
        "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": _HEIGHT},
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "min": 0, "decimals": 0, "custom": _drawn(panel.shape)},
            "overrides": [],
        },
        "options": {
            "legend": {"showLegend": True, "displayMode": "list", "placement": "bottom"},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": [
            _target(query, letter) for query, letter in zip(panel.queries, ascii_uppercase, strict=False)
        ],
    }


def _drawn(shape: Literal["line", "bars"]) -> Json:
    if shape == "line":
        return {"drawStyle": "line", "lineInterpolation": "stepAfter", "fillOpacity": 15, "spanNulls": True}
    return {
        "drawStyle": "bars",
        "fillOpacity": 70,
        "barAlignment": 1,
        "stacking": {"mode": "normal", "group": "A"},
    }


def _target(query: Query, letter: str) -> Json:
    return {
        "refId": letter,
        "datasource": SOURCE,
        "query": query.text,
        "rawQuery": True,
        "resultFormat": "time_series",
        "alias": query.legend,
    }
