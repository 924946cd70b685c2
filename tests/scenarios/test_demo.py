"""The demo, as somebody types it: its last word, and what it leaves behind. See also faults/test_chaos.py."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any

import httpx2
import pytest

from firmware_sim.bench.processes import free_port
from firmware_sim.influxdb import InfluxDB

_UP_WITHIN_S = 90


class Demo:
    """A running `passerelle demo`."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.data = folder / "data"
        self.log = folder / "demo.log"
        argv = [sys.executable, "-m", "passerelle", "demo", "--seed", "7", "--port", str(free_port())]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*argv, "--data", str(self.data), *words],
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def told(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.data / name).read_text(encoding="utf-8"))
        return content

    def until_up(self) -> dict[str, Any]:
        for _ in range(_UP_WITHIN_S * 10):
            if "All is up" in self.log.read_text(encoding="utf-8"):
                return self.told("demo.json")
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
            sleep(0.1)
        raise AssertionError(f"not up: {self.log.read_text(encoding='utf-8')}")

    def end(self) -> int:
        return self.process.wait(120)

    def pids(self) -> list[int]:
        pids = self.told("demo.json")["pids"]
        return [pids["gateway"], pids["broker"], *pids["nodes"].values()]


@dataclass(frozen=True)
class Ended:
    """What a demo told while it ran, how its doors answered, and how it ended."""

    demo: Demo
    told: dict[str, Any]
    login: int
    tariffs: bool
    pids: list[int]
    status: int


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[list[Demo]]:
    """Start demos by appending them: each is ended with the test."""
    started: list[Demo] = []
    yield started
    for each in started:
        if each.process.poll() is None:
            each.process.terminate()
            each.process.wait(30)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    """A demo that has ended by itself; it recorded into an InfluxDB where one is installed."""
    folder = tmp_path_factory.mktemp("demo")
    influx = InfluxDB.start(folder / "influxdb") if shutil.which("influxd") else None
    words = ("--influx", influx.url, "--influx-database", "passerelle") if influx else ()
    running = Demo(folder, "--for", "6", "--days", "2", *words)
    try:
        told = running.until_up()
        login = httpx2.post(told["staff_login_url"]).status_code
        billing = {"Authorization": f"Bearer {told['api_keys']['billing']}"}
        tariffs = httpx2.get(f"{told['url']}/api/v1/tariffs", headers=billing).is_success
        pids = running.pids()
        yield Ended(running, told, login, tariffs, pids, running.end())
    finally:
        running.process.terminate()
        running.process.wait(30)
        if influx is not None:
            influx.stop()


def test_it_ends_by_itself_with_nothing_lost_doubled_or_wrong(ended: Ended) -> None:
    assert ended.status == 0, ended.demo.log.read_text(encoding="utf-8")
    verdict = ended.demo.told("verify.json")
    assert (verdict["lost"], verdict["doubled"], verdict["wrong_minutes"]) == (0, 0, 0)
    assert verdict["events"] > 0
    assert not any(alive(pid) for pid in ended.pids)


def test_what_it_told_while_it_ran_opened_the_place(ended: Ended) -> None:
    told = ended.told
    assert told.keys() == {"url", "broker", "database", "staff_login_url", "api_keys", "sites", "pids"}
    assert len(told["pids"]["nodes"]) >= 12
    assert (ended.login, ended.tariffs) == (303, True)


@pytest.mark.server("influxdb")
def test_an_influxdb_tells_the_same_sums(ended: Ended) -> None:
    assert ended.demo.told("verify.json")["wrong_history"] == 0
    assert "days that InfluxDB tells otherwise" in ended.demo.log.read_text(encoding="utf-8")


def test_ctrl_c_leaves_no_process_behind(tmp_path: Path, demo: list[Demo]) -> None:
    demo.append(running := Demo(tmp_path, "--days", "0"))
    running.until_up()
    pids = running.pids()
    os.killpg(running.process.pid, signal.SIGINT)
    assert running.end() == 130
    assert not any(alive(pid) for pid in pids)


def test_a_folder_that_is_no_demos_is_left_alone(tmp_path: Path, demo: list[Demo]) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "thesis.odt").write_text("years of work")
    demo.append(running := Demo(tmp_path, "--for", "1"))
    assert running.end() == 2
    assert (tmp_path / "data" / "thesis.odt").exists()
    assert "nothing was touched" in running.log.read_text(encoding="utf-8")


def test_the_copy_of_a_badge_was_refused_and_nobody_else_was_accused(ended: Ended) -> None:
    ledger = ended.told["database"]
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as reading:
        causes = reading.execute("SELECT cause FROM clones").fetchall()
    assert causes == [("not_genuine",)]
