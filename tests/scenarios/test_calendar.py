"""People live two days at both sites, before a real gateway and broker, on a wire that plays tricks."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import httpx2
import pytest

from firmware_sim.bench.processes import GatewayProcess, client, free_port, key
from firmware_sim.broker import EmbeddedBroker
from firmware_sim.calendar import Calendar, Faults
from firmware_sim.gateway_api import GatewayApi
from firmware_sim.people import population
from firmware_sim.truth import Truth
from firmware_sim.verify import Verdict, verify
from protocol.site_file import read_site

DEPLOY = Path(__file__).parents[2] / "deploy"
SITE_FILES = [DEPLOY / "sites" / f"{name}.toml" for name in ("sceaux-smart", "le-petit-voisin")]
TARIFF = DEPLOY / "tariffs" / "sceaux-2026.toml"
SITES = [read_site(file.read_text("utf-8"), file.name) for file in SITE_FILES]

THURSDAY, FRIDAY = date(2026, 11, 26), date(2026, 11, 27)
TWO_DAYS_BEFORE = datetime(2026, 11, 24, tzinfo=UTC)
ALL_AT_ONCE = Faults(cut_off_p=0.15, duplicate_p=0.3, reorder_p=0.3)
SEED = 3  # cuts nodes off on the first day, among them a perimeter door's
MIDNIGHT = datetime(2026, 11, 27, 23, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """What was told of a day when it was over: events made that day, and events in the ledger by then."""

    day: date
    made: int
    in_ledger: int


@dataclass(frozen=True)
class Lived:
    """Two days that have passed, and where they left their traces."""

    http: httpx2.Client
    folder: Path
    days: list[Told]

    def verdict(self) -> Verdict:
        return verify(SITES, self.folder / "truth.jsonl", GatewayApi(self.http), [TARIFF])


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    folder = tmp_path_factory.mktemp("calendar")
    with EmbeddedBroker.start(folder / "broker") as broker, gateway_before(broker, folder) as gateway:
        with gateway.first_session() as session:
            secret = key(session, "calendar", "admin", days=30)
        with client(gateway.url, secret) as http:
            yield live_two_days(http, broker, folder)


@contextmanager
def gateway_before(broker: EmbeddedBroker, folder: Path) -> Iterator[GatewayProcess]:
    settings = {
        "site_files": [str(file) for file in SITE_FILES],
        "tariff_files": [str(TARIFF)],
        "broker_host": broker.host,
        "broker_port": broker.port,
        "http_host": "127.0.0.1",
        "http_port": free_port(),
        "clock": "stepped",
        "clock_start": TWO_DAYS_BEFORE.isoformat(),
    }
    gateway = GatewayProcess.start(folder / "gateway", settings)
    try:
        yield gateway
    finally:
        gateway.stop()


def live_two_days(http: httpx2.Client, broker: EmbeddedBroker, folder: Path) -> Lived:
    days: list[Told] = []

    def note(day: date, made: int) -> None:
        days.append(Told(day, made, http.get("/healthz").json()["events"]))

    people = population(SITES, SEED, nomads=300)
    with Truth(folder / "truth.jsonl") as truth:
        calendar = Calendar(http, (broker.host, broker.port), SITES, people, SEED, truth, ALL_AT_ONCE)
        calendar.run(THURSDAY, 2, note)
    return Lived(http, folder, days)


def test_two_days_on_a_tricky_wire_leave_a_faultless_ledger(lived: Lived) -> None:
    verdict = lived.verdict()

    assert verdict.details == []
    assert (verdict.lost, verdict.doubled, verdict.wrong_minutes) == (0, 0, 0)
    assert verdict.ok
    assert verdict.users > 20
    assert [told.day for told in lived.days] == [THURSDAY, FRIDAY]
    assert verdict.events >= sum(told.made for told in lived.days) > 500


def test_what_a_cut_off_node_saw_came_a_day_late(lived: Lived) -> None:
    thursday = lived.days[0]

    assert thursday.in_ledger < thursday.made
    assert lived.http.get("/healthz").json()["events"] > sum(day.made for day in lived.days)


def test_a_tricky_wire_leaves_neither_gaps_nor_dead_letters(lived: Lived) -> None:
    health = lived.http.get("/healthz").json()

    assert (health["gaps"], health["dead_letters"]) == (0, 0)


def test_loans_came_back_and_parcels_were_fetched(lived: Lived) -> None:
    loans = lived.http.get("/api/v1/loans?all=1").json()
    parcels = lived.http.get("/api/v1/parcels?all=1").json()

    assert {loan["status"] for loan in loans} == {"returned"}
    assert {parcel["status"] for parcel in parcels} == {"collected"}


def test_the_clock_stands_at_the_midnight_that_ends_the_last_day(lived: Lived) -> None:
    assert GatewayApi(lived.http).now() == MIDNIGHT


def test_an_event_taken_out_of_the_ledger_is_lost(lived: Lived) -> None:
    with closing(sqlite3.connect(lived.folder / "gateway" / "ledger.sqlite")) as database:
        row = database.execute("SELECT * FROM journal ORDER BY id DESC LIMIT 1").fetchone()
        with database:
            database.execute("DELETE FROM journal WHERE id = ?", row[:1])
        try:
            assert lived.verdict().lost == 1
        finally:
            with database:
                database.execute(f"INSERT INTO journal VALUES ({', '.join('?' * len(row))})", row)
