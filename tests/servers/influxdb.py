"""A real InfluxDB 1.x for one test."""

import http.client
import json
import re
from pathlib import Path
from typing import Self

from firmware_sim.child import Child
from tests.servers.programs import program

_LISTENING = re.compile(r'msg="Listening on HTTP".* addr=127\.0\.0\.1:(\d+)')


def influxdb_configuration(directory: Path, *, port: int) -> str:
    """Return a configuration that keeps everything in `directory`; a `port` of 0 lets the system choose."""
    return f"""\
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = {json.dumps(str(directory / "meta"))}
[data]
  dir = {json.dumps(str(directory / "data"))}
  wal-dir = {json.dumps(str(directory / "wal"))}
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[monitor]
  store-enabled = false
"""


class InfluxDB:
    """A running InfluxDB 1.x, empty and without authentication."""

    def __init__(self, child: Child, port: int) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self._child = child

    @classmethod
    def start(cls, directory: Path, port: int = 0) -> Self:
        """Start it, and return once its HTTP API answers; raise ChildFailed when it does not."""
        directory.mkdir(parents=True, exist_ok=True)
        configuration = directory / "influxdb.conf"
        configuration.write_text(influxdb_configuration(directory.resolve(), port=port), encoding="utf-8")
        child = Child.start([program("influxdb"), "-config", configuration], log=directory / "influxd.log")

        def port_once_it_answers() -> int | None:
            listening = _LISTENING.search(child.log.read_text(errors="replace"))
            return int(listening[1]) if listening and _answers_ping(int(listening[1])) else None

        return cls(child, child.first_answer(port_once_it_answers))

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def pid(self) -> int:
        return self._child.pid

    def stop(self) -> None:
        self._child.stop()

    def kill(self) -> None:
        self._child.kill()


def _answers_ping(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status == http.HTTPStatus.NO_CONTENT
    except OSError:
        return False
    finally:
        connection.close()
