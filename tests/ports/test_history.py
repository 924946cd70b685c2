"""What any history must do: the stand-in, InfluxDB 1.x for real, and the way into InfluxDB 2.x and 3."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

import pytest

from firmware_sim.influxdb import InfluxDB
from gateway.adapters.influx import BucketHistory, DatabaseHistory
from gateway.domain.history import Point, Value
from gateway.ports import History, NotWritten
from tests.fakes import MemoryHistory
from tests.servers.bucket_server import BUCKET, ORG, TOKEN, BucketServer
from tests.servers.influxql import ask

DATABASE = "passerelle"
POINT = Point(
    "event",
    (("kind", "DoorOpened"), ("site", "sceaux-smart"), ("space", "*")),
    {"people": 3, "open_s": 2.5, "granted": True, "reason": "granted"},
    1_795_510_800_000_000_007,
)


class Kept(Protocol):
    """A history, and what can be read back from it."""

    @property
    def history(self) -> History: ...

    def rows(self) -> list[dict[str, Value]]:
        """Tags, fields and time of every `event`, in the order of time."""
        ...

    def go_away(self) -> None: ...


class KeptInMemory:
    def __init__(self) -> None:
        self.history = MemoryHistory()

    def rows(self) -> list[dict[str, Value]]:
        points = [
            {**dict(tags), **fields, "time": time}
            for ((_, tags), time), fields in self.history.points.items()
        ]
        return sorted(points, key=_time)

    def go_away(self) -> None:
        self.history.away = True


class KeptInDatabase:
    def __init__(self, server: InfluxDB) -> None:
        self._server = server
        self.history = DatabaseHistory(server.url, DATABASE, None, None)

    def rows(self) -> list[dict[str, Value]]:
        (series,) = ask(self._server.url, 'SELECT * FROM "event"', DATABASE)
        return [{name: value for name, value in row.items() if value is not None} for row in series.rows]

    def go_away(self) -> None:
        self._server.stop()


class KeptInBucket:
    def __init__(self, server: BucketServer) -> None:
        self._server = server
        self.history = BucketHistory(server.url, BUCKET, ORG, TOKEN)

    def rows(self) -> list[dict[str, Value]]:
        points = [
            {**dict(tags), **fields, "time": time} for (_, tags, time), fields in self._server.points.items()
        ]
        return sorted(points, key=_time)

    def go_away(self) -> None:
        self._server.mishaps.append(None)


def _time(row: Mapping[str, Any]) -> int:
    return int(row["time"])


@pytest.fixture(params=["memory", "influxdb", "bucket_server"])
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    if request.param == "memory":
        yield KeptInMemory()
    elif request.param == "influxdb":
        database = KeptInDatabase(request.getfixturevalue("influxdb"))
        yield database
        database.history.close()
    else:
        with BucketServer() as server:
            bucket = KeptInBucket(server)
            yield bucket
            bucket.history.close()


def test_what_is_written_can_be_read(kept: Kept) -> None:
    kept.history.write([POINT])
    assert kept.rows() == [{**dict(POINT.tags), **POINT.fields, "time": POINT.time_ns}]


def test_points_a_nanosecond_apart_are_two(kept: Kept) -> None:
    later = replace(POINT, time_ns=POINT.time_ns + 1)
    kept.history.write([POINT, later])
    assert [row["time"] for row in kept.rows()] == [POINT.time_ns, later.time_ns]


def test_points_that_differ_in_a_tag_are_two(kept: Kept) -> None:
    elsewhere = replace(POINT, tags=(*POINT.tags[:2], ("space", "floor")))
    kept.history.write([POINT, elsewhere])
    assert {row["space"] for row in kept.rows()} == {"*", "floor"}


def test_a_point_written_again_replaces_its_fields(kept: Kept) -> None:
    kept.history.write([POINT])
    kept.history.write([replace(POINT, fields={**POINT.fields, "people": 0, "granted": False})])
    (row,) = kept.rows()
    assert (row["people"], row["granted"], row["open_s"]) == (0, False, 2.5)


@pytest.mark.parametrize(
    "text", ["it's, you = me", 'said "no"', "back\\slash", 'both \\"', "été à Sceaux", "", "ends with \\"]
)
def test_a_text_comes_back_as_it_was(kept: Kept, text: str) -> None:
    kept.history.write([replace(POINT, fields={"reason": text})])
    assert kept.rows()[0]["reason"] == text


def test_a_text_of_two_lines_stays_one_point(kept: Kept) -> None:
    kept.history.write([replace(POINT, fields={"reason": "one\nevent forged=1i 1"})])
    assert len(kept.rows()) == 1


def test_what_a_name_may_not_hold_bare_is_kept_in_a_tag(kept: Kept) -> None:
    kept.history.write([replace(POINT, tags=(("site", "Le Petit Voisin, n=1"),))])
    assert kept.rows()[0]["site"] == "Le Petit Voisin, n=1"


def test_a_history_that_is_away_says_so(kept: Kept) -> None:
    kept.history.write([POINT])
    kept.go_away()
    with pytest.raises(NotWritten):
        kept.history.write([POINT])
