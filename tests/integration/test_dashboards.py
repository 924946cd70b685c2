"""The generated dashboards against a real InfluxDB that the real recorder has filled."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboards.passerelle import CODE_REFUSALS, FOLDER, REFUSALS, dashboard_files
from firmware_sim.influxdb import InfluxDB
from gateway.adapters.influx import DatabaseHistory
from gateway.adapters.ledger import SqlLedger
from gateway.domain.civil import day_bounds
from gateway.recorder import Recorder
from tests import usage
from tests.fakes import SetClock
from tests.servers.influxql import Series, ask
from tests.servers.programs import program
from tests.unit.gateway.domain.building import PARIS

DATABASE = "passerelle"
BOARD: dict[str, Any] = json.loads((FOLDER / "passerelle.json").read_text(encoding="utf-8"))
QUERIES = [
    pytest.param(target["query"], id=f"{panel['id']}{target['refId']}-{panel['title']}")
    for panel in BOARD["panels"]
    for target in panel["targets"]
]
START, END = day_bounds(usage.DAYS[0], PARIS)[0], day_bounds(usage.DAYS[-1], PARIS)[1]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxDB]:
    """An InfluxDB with three days of both sites, for all queries together."""
    folder = tmp_path_factory.mktemp("dashboards")
    program("influxdb")
    server = InfluxDB.start(folder / "influxdb")
    ledger = SqlLedger(f"sqlite:///{folder / 'ledger.sqlite'}")
    with ledger.writing() as books:
        books.people.add(usage.members())
        books.people.give(usage.credentials())
    clock = SetClock(END)
    usage.fill(ledger, usage.entries(), clock)
    history = DatabaseHistory(server.url, DATABASE, None, None)
    Recorder(ledger, clock, history, usage.SITES).record()
    history.close()
    ledger.close()
    yield server
    server.stop()


def show(server: InfluxDB, query: str, site: str = f"({'|'.join(usage.SITES)})") -> list[Series]:
    """Ask what Grafana would ask, having put in the sites chosen and the times shown."""
    shown = f"time >= {START.timestamp():.0f}000ms AND time < {END.timestamp():.0f}000ms"
    asked = query.replace("$site", site).replace("$timeFilter", shown).replace("$__interval", "5m")
    assert "$" not in asked.replace("$/", "")  # an anchor, not a variable
    return ask(server.url, asked, DATABASE)


def values(series: list[Series]) -> list[float]:
    return [
        value for one in series for row in one.rows for name, value in row.items() if name != "time" and value
    ]


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_finds_what_the_recorder_wrote(filled: InfluxDB, query: str) -> None:
    assert sum(values(show(filled, query))) > 0


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_shows_only_the_site_that_is_chosen(filled: InfluxDB, query: str) -> None:
    both, one, other = (
        sum(values(show(filled, query, site))) for site in (f"({'|'.join(usage.SITES)})", *usage.SITES)
    )
    assert one > 0
    assert other > 0
    assert both == pytest.approx(one + other)


def test_each_site_can_be_chosen(filled: InfluxDB) -> None:
    (choice,) = [variable for variable in BOARD["templating"]["list"] if variable["name"] == "site"]
    (found,) = ask(filled.url, choice["query"], DATABASE)
    assert {row["value"] for row in found.rows} == set(usage.SITES)


def test_the_generated_files_are_those_of_the_code() -> None:
    assert {file.name: file.read_text(encoding="utf-8") for file in FOLDER.iterdir()} == dashboard_files()


def test_every_reason_for_a_refusal_is_shown() -> None:
    assert REFUSALS.keys() | CODE_REFUSALS.keys() == set(usage.REASONS)


def test_panels_lie_side_by_side_and_never_on_each_other() -> None:
    covered = [
        (x, y)
        for panel in BOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(covered) == len(set(covered))
    assert {x for x, _ in covered} == set(range(24))


def test_grafana_is_told_where_the_generated_files_are() -> None:
    deployed = Path(__file__).parents[2] / "deploy" / "grafana" / "dashboards.yaml"
    assert f"path: /opt/passerelle/{FOLDER.parent.name}/{FOLDER.name}" in deployed.read_text(encoding="utf-8")
