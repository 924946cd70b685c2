"""History in a real InfluxDB 1.x and over the wire of 2.x: the same sums as the ledger, whatever happens."""

import logging
import time
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from random import Random

import pytest

from firmware_sim.bench.processes import free_port
from firmware_sim.influxdb import InfluxDB
from gateway.adapters.influx import BucketHistory, DatabaseHistory
from gateway.adapters.ledger import SqlLedger
from gateway.bootstrap import build
from gateway.domain.civil import day_of
from gateway.domain.history import Point
from gateway.domain.journal import in_order
from gateway.ports import History, NotWritten
from gateway.recorder import Recorder, start_over
from gateway.settings import InfluxSettings, Settings
from tests import usage
from tests.fakes import SITES, SetClock
from tests.servers.bucket_server import BUCKET, ORG, TOKEN, BucketServer
from tests.servers.influxql import ask, one_value
from tests.unit.gateway.domain.building import PARIS, paris

DATABASE = "passerelle"
POINT = Point("event", (("site", "sceaux-smart"),), {"id": "a/b/1"}, 1_795_510_800_000_000_007)
ALL_EVENTS = 'SELECT count("id") FROM "event"'
Sums = dict[tuple[str, date], tuple[int, float]]
"""Visits and their seconds, by site and civil day."""


class Place:
    """A ledger with people in it, and what to expect of a history of it."""

    def __init__(self, folder: Path) -> None:
        self.ledger = SqlLedger(f"sqlite:///{folder / 'ledger.sqlite'}")
        self.clock = SetClock(paris("12:00", usage.DAYS[-1] + timedelta(days=1)))
        with self.ledger.writing() as books:
            books.people.add(usage.members())
            books.people.give(usage.credentials())

    def recorder(self, history: History) -> Recorder:
        return Recorder(self.ledger, self.clock, history, usage.SITES)

    def sums(self) -> Sums:
        """Return what the ledger's visits come to."""
        with self.ledger.reading() as books:
            visits = books.projections.visits(usage.DAYS[0], usage.DAYS[-1] + timedelta(days=1))
        sums: Sums = {}
        for visit in visits:
            if visit.duration is not None:
                key = (visit.site, day_of(visit.begun_at, PARIS))
                number, seconds = sums.get(key, (0, 0.0))
                sums[key] = (number + 1, seconds + visit.duration.total_seconds())
        return sums

    def events(self) -> int:
        with self.ledger.reading() as books:
            return books.journal.counts()["events"]


def sums_in(server: InfluxDB) -> Sums:
    """Return what InfluxDB says that visits come to, asked by civil day as a dashboard would."""
    query = (
        'SELECT sum("visits") AS "visits", sum("seconds") AS "seconds" FROM "visit"'
        " WHERE time >= '2026-10-01' AND time < '2026-12-01'"
        """ GROUP BY time(1d), "site" fill(none) tz('Europe/Paris')"""
    )
    return {
        (series.tags["site"], datetime.fromtimestamp(row["time"] / 10**9, PARIS).date()): (
            row["visits"],
            row["seconds"],
        )
        for series in ask(server.url, query, DATABASE)
        for row in series.rows
        if row["visits"] or row["seconds"]
    }


def same(sums: Sums) -> object:
    """Compare seconds to the microsecond: floats added in another order may differ below that."""
    return {key: (number, pytest.approx(seconds, abs=1e-6)) for key, (number, seconds) in sums.items()}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    place.ledger.close()


@pytest.fixture
def history(influxdb: InfluxDB) -> Iterator[DatabaseHistory]:
    history = DatabaseHistory(influxdb.url, DATABASE, None, None)
    yield history
    history.close()


@pytest.fixture
def bucket() -> Iterator[BucketServer]:
    with BucketServer() as server:
        yield server


@pytest.fixture
def bucket_history(bucket: BucketServer) -> Iterator[BucketHistory]:
    history = BucketHistory(bucket.url, BUCKET, ORG, TOKEN)
    yield history
    history.close()


def test_influxdb_holds_every_event_and_the_sums_of_the_ledger(
    place: Place, influxdb: InfluxDB, history: DatabaseHistory
) -> None:
    usage.fill(place.ledger, usage.entries(), place.clock)
    place.recorder(history).record()
    assert one_value(influxdb.url, ALL_EVENTS, DATABASE) == place.events()
    assert sums_in(influxdb) == same(place.sums())
    assert {day for _, day in place.sums()} == set(usage.DAYS)


def test_sums_agree_while_events_arrive_in_any_order(
    place: Place, influxdb: InfluxDB, history: DatabaseHistory
) -> None:
    arriving = usage.entries()
    Random(7).shuffle(arriving)
    recorder = place.recorder(history)
    for first in range(0, len(arriving), 40):
        usage.fill(place.ledger, arriving[first : first + 40], place.clock)
        recorder.record()
        assert sums_in(influxdb) == same(place.sums())
    assert one_value(influxdb.url, ALL_EVENTS, DATABASE) == len(arriving)


def test_a_wiped_influxdb_is_written_again_to_the_same_sums(
    place: Place, influxdb: InfluxDB, history: DatabaseHistory, caplog: pytest.LogCaptureFixture
) -> None:
    usage.fill(place.ledger, usage.entries(), place.clock)
    recorder = place.recorder(history)
    recorder.record()
    ask(influxdb.url, f'DROP DATABASE "{DATABASE}"')
    start_over(place.ledger)
    recorder.record()
    assert "passerelle history rebuild" in caplog.text
    assert one_value(influxdb.url, ALL_EVENTS, DATABASE) == place.events()
    assert sums_in(influxdb) == same(place.sums())


def test_an_influxdb_that_was_killed_catches_up(
    place: Place, influxdb: InfluxDB, history: DatabaseHistory, tmp_path: Path
) -> None:
    arriving = in_order(usage.entries())
    half = len(arriving) // 2
    recorder = place.recorder(history)
    usage.fill(place.ledger, arriving[:half], place.clock)
    recorder.record()
    influxdb.kill()
    usage.fill(place.ledger, arriving[half:], place.clock)
    recorder.record()
    back = InfluxDB.start(tmp_path / "influxdb", port=influxdb.port)
    place.recorder(history).record()
    assert one_value(back.url, ALL_EVENTS, DATABASE) == len(arriving)
    assert sums_in(back) == same(place.sums())
    back.stop()


def test_what_is_older_than_influxdb_keeps_holds_up_nothing(
    influxdb: InfluxDB, history: DatabaseHistory, caplog: pytest.LogCaptureFixture
) -> None:
    ask(influxdb.url, f'CREATE DATABASE "{DATABASE}" WITH DURATION 1h')
    history.write([Point("event", POINT.tags, POINT.fields, time_ns=1)])
    assert "beyond retention policy" in caplog.text


def test_a_point_that_influxdb_refuses_is_told_with_its_reason(
    influxdb: InfluxDB, history: DatabaseHistory
) -> None:
    history.write([POINT])
    with pytest.raises(NotWritten, match=r"400.*field type conflict"):
        history.write([Point("event", POINT.tags, {"id": 3.5}, POINT.time_ns + 1)])


def test_influxdb_holds_nobody(place: Place, influxdb: InfluxDB, history: DatabaseHistory) -> None:
    usage.fill(place.ledger, usage.entries(), place.clock)
    place.recorder(history).record()
    tags = {row["tagKey"] for found in ask(influxdb.url, "SHOW TAG KEYS", DATABASE) for row in found.rows}
    kept = repr(
        [ask(influxdb.url, f'SELECT * FROM "{name}"', DATABASE) for name in ("event", "visit", "occupancy")]
    )
    assert tags == {"kind", "node", "site", "space"}
    for who, card in zip(usage.members(), usage.credentials(), strict=True):
        for personal in (who.id, who.name, card.ref):
            assert personal not in kept


@pytest.mark.server("influxdb")
def test_an_influxdb_that_asks_who_writes_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUXDB_HTTP_AUTH_ENABLED", "true")
    server = InfluxDB.start(tmp_path / "influxdb")
    ask(server.url, "CREATE USER gateway WITH PASSWORD 'le mot, \"juste\"' WITH ALL PRIVILEGES")
    known = DatabaseHistory(server.url, DATABASE, "gateway", 'le mot, "juste"')
    unknown = DatabaseHistory(server.url, DATABASE, "gateway", "guessed")
    known.write([POINT])
    with pytest.raises(NotWritten, match="401"):
        unknown.write([POINT])
    known.close()
    unknown.close()
    server.stop()


def test_a_bucket_gets_the_same_points_as_a_database(
    place: Place,
    influxdb: InfluxDB,
    history: DatabaseHistory,
    bucket: BucketServer,
    bucket_history: BucketHistory,
) -> None:
    usage.fill(place.ledger, usage.entries(), place.clock)
    place.recorder(history).record()
    start_over(place.ledger)
    place.recorder(bucket_history).record()
    for measurement in ("event", "visit", "occupancy"):
        rows = [
            row
            for found in ask(influxdb.url, f'SELECT * FROM "{measurement}"', DATABASE)
            for row in found.rows
        ]
        kept = [
            {**dict(tags), **fields, "time": time}
            for (name, tags, time), fields in bucket.points.items()
            if name == measurement
        ]
        assert sorted(map(_without_nothing, rows), key=repr) == sorted(map(_without_nothing, kept), key=repr)


def _without_nothing(row: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in sorted(row.items()) if value is not None}


@pytest.mark.parametrize("mishap", [HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS, None])
def test_a_bucket_that_refuses_or_hangs_up_is_asked_again(
    place: Place, bucket: BucketServer, bucket_history: BucketHistory, mishap: HTTPStatus | None
) -> None:
    usage.fill(place.ledger, usage.entries(), place.clock)
    recorder = place.recorder(bucket_history)
    bucket.mishaps.append(mishap)
    recorder.record()
    assert bucket.points == {}
    for _ in range(2):
        recorder.record()
    assert sum(name == "event" for name, _, _ in bucket.points) == place.events()


def test_a_wrong_token_is_told(bucket: BucketServer) -> None:
    stranger = BucketHistory(bucket.url, BUCKET, ORG, "another-token")
    with pytest.raises(NotWritten, match="401: unauthorized access"):
        stranger.write([POINT])
    stranger.close()


def test_a_wait_for_history_is_logged_without_alarm(
    place: Place, bucket: BucketServer, bucket_history: BucketHistory, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    usage.fill(place.ledger, usage.entries(), place.clock)
    recorder = place.recorder(bucket_history)
    bucket.mishaps.append(HTTPStatus.SERVICE_UNAVAILABLE)
    for _ in range(3):
        recorder.record()
    assert "answers 503: not now" in caplog.text
    assert "history goes on after 1 failures" in caplog.text


def test_a_running_gateway_keeps_its_history(influxdb: InfluxDB, tmp_path: Path) -> None:
    house = build(
        Settings(
            data_dir=tmp_path / "gateway",
            site_files=(SITES / "sceaux-smart.toml", SITES / "le-petit-voisin.toml"),
            broker_port=free_port(),
            influx=InfluxSettings(url=influxdb.url, database=DATABASE),
        )
    )
    ask(influxdb.url, f'CREATE DATABASE "{DATABASE}"')
    happened = usage.entries()
    house.start()
    try:
        with house.ledger.writing() as books:
            books.journal.append(happened, [])
        for _ in range(200):
            if one_value(influxdb.url, ALL_EVENTS, DATABASE) == len(happened):
                break
            time.sleep(0.05)
    finally:
        house.stop()
    assert one_value(influxdb.url, ALL_EVENTS, DATABASE) == len(happened)
