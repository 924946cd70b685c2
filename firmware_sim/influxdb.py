"""InfluxDB 1.x, where it is installed: what `apt install influxdb` gives on a Pi."""

import http.client
import json
import os
import re
import shutil
from pathlib import Path
from typing import Final, Self

from firmware_sim.child import Child, ChildFailed

_LISTENING: Final = re.compile(r'msg="Listening on HTTP".* addr=127\.0\.0\.1:(\d+)')
_SEARCHED: Final = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])


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
    """A running InfluxDB 1.x without authentication. It keeps what it has in its directory."""

    def __init__(self, child: Child, configuration: Path, port: int) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self._child = child
        self._configuration = configuration

    @classmethod
    def start(cls, directory: Path, port: int = 0) -> Self:
        """Start it, and return once its HTTP API answers. Raises ChildFailed."""
        directory.mkdir(parents=True, exist_ok=True)
        configuration = directory / "influxdb.conf"
        configuration.write_text(influxdb_configuration(directory.resolve(), port=port), encoding="utf-8")
        child, port = _spawn(configuration)
        return cls(child, configuration, port)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def pid(self) -> int:
        return self._child.pid

    def restart(self) -> None:
        """Start it again on its port, with what it kept, after it ended. Raises ChildFailed."""
        directory = self._configuration.parent
        text = influxdb_configuration(directory.resolve(), port=self.port)
        self._configuration.write_text(text, encoding="utf-8")
        self._child, _ = _spawn(self._configuration)

    def stop(self) -> None:
        """Ask it to end, and kill it where it does not."""
        self._child.stop()

    def kill(self) -> None:
        """End it at once, as a loss of power would."""
        self._child.kill()


def _spawn(configuration: Path) -> tuple[Child, int]:
    """Start it, and wait until it answers. Returns it with its port. Raises ChildFailed."""
    program = shutil.which("influxd", path=_SEARCHED)
    if program is None:
        raise ChildFailed("InfluxDB is not installed: apt-get install influxdb")
    child = Child.start([program, "-config", configuration], log=configuration.with_name("influxd.log"))

    def port_once_it_answers() -> int | None:
        listening = _LISTENING.search(child.log.read_text(errors="replace"))
        return int(listening[1]) if listening and _answers_ping(int(listening[1])) else None

    return child, child.first_answer(port_once_it_answers)


def _answers_ping(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status == http.HTTPStatus.NO_CONTENT
    except OSError:
        return False
    finally:
        connection.close()
