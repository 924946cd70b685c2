"""Fixtures that give a test real servers, each started for it alone and ended after it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, Self

import pytest

from firmware_sim.broker import EmbeddedBroker
from firmware_sim.influxdb import InfluxDB
from firmware_sim.mosquitto import Mosquitto
from tests.servers.programs import program


class Broker(Protocol):
    """A running broker; `type(broker).start(directory, port=broker.port)` brings it back after `kill`."""

    host: str
    port: int

    @classmethod
    def start(cls, directory: Path, host: str = ..., port: int = ...) -> Self: ...

    @property
    def pid(self) -> int: ...

    def stop(self) -> None: ...

    def kill(self) -> None: ...


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker.start(tmp_path / "nats") as broker:
        yield broker


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    program("mosquitto")
    broker = Mosquitto.start(tmp_path / "mosquitto")
    yield broker
    broker.stop()


@pytest.fixture(params=["nats", "mosquitto"])
def broker(request: pytest.FixtureRequest) -> Broker:
    """Each kind of broker that the project supports, one after the other."""
    started: Broker = request.getfixturevalue(request.param)
    return started


@pytest.fixture
def influxdb(tmp_path: Path) -> Iterator[InfluxDB]:
    program("influxdb")
    server = InfluxDB.start(tmp_path / "influxdb")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser's program, for Playwright's `executable_path`."""
    return program("chromium")
