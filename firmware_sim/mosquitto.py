"""Mosquitto, where it is installed: the broker that most sites run."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from firmware_sim.bench.processes import free_port
from firmware_sim.broker import BrokerFailed, answers_mqtt
from firmware_sim.child import Child, ChildFailed

_SEARCHED: Final = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])


class Mosquitto:
    """A running Mosquitto without persistence, open to anyone on loopback."""

    def __init__(
        self, child: Child, configuration: Path, host: str, port: int, answers: Callable[[str, int], bool]
    ) -> None:
        self._answers = answers
        self.host = host
        self.port = port
        self._child = child
        self._configuration = configuration

    @classmethod
    def start(cls, directory: Path, host: str = "127.0.0.1", port: int = 0) -> Self:
        """Start it, and return once it answers an MQTT CONNECT. Raises BrokerFailed."""
        port = port or free_port()
        text = f"listener {port} {host}\nallow_anonymous true\nset_tcp_nodelay true\nlog_dest stderr\n"
        return cls.start_configured(directory, text, host=host, port=port)

    @classmethod
    def start_configured(
        cls,
        directory: Path,
        text: str,
        *,
        host: str,
        port: int,
        answers: Callable[[str, int], bool] = answers_mqtt,
    ) -> Self:
        """Start it on a configuration whose listener is `host` and `port`. Raises BrokerFailed.

        `answers` tells whether it is up: of a listener that speaks TLS no stranger can ask as much as usual.
        """
        directory.mkdir(parents=True, exist_ok=True)
        configuration = directory / "mosquitto.conf"
        configuration.write_text(text, encoding="utf-8")
        return cls(_spawn(configuration, host, port, answers), configuration, host, port, answers)

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def exit_status(self) -> int | None:
        """See `Child.exit_status`."""
        return self._child.exit_status

    def restart(self) -> None:
        """Start it again after it ended, on the same configuration. Raises BrokerFailed."""
        self._child = _spawn(self._configuration, self.host, self.port, self._answers)

    def reload(self) -> None:
        """Let it read its configuration again while it runs."""
        os.kill(self.pid, signal.SIGHUP)

    def stop(self) -> None:
        """Ask it to end, and kill it where it does not."""
        self._child.stop()

    def kill(self) -> None:
        """End it at once, as a loss of power would."""
        self._child.kill()


def _spawn(configuration: Path, host: str, port: int, answers: Callable[[str, int], bool]) -> Child:
    program = shutil.which("mosquitto", path=_SEARCHED)
    if program is None:
        raise BrokerFailed("Mosquitto is not installed: apt-get install mosquitto")
    child = Child.start([program, "-c", configuration], log=configuration.with_suffix(".log"))
    try:
        child.first_answer(lambda: answers(host, port) or None)
    except ChildFailed as failure:
        raise BrokerFailed(f"Mosquitto {failure}") from None
    return child
