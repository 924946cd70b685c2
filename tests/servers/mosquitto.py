"""A real Mosquitto for one test."""

import socket
from pathlib import Path
from typing import Self

from firmware_sim.broker import answers_mqtt
from firmware_sim.child import Child
from tests.servers.programs import program


def free_port() -> int:
    """Return a loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Mosquitto:
    """A running Mosquitto without persistence, open to anyone on loopback."""

    def __init__(self, child: Child, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._child = child

    @classmethod
    def start(cls, directory: Path, host: str = "127.0.0.1", port: int = 0) -> Self:
        """Start it, and return once it answers an MQTT CONNECT; raise ChildFailed when it does not."""
        port = port or free_port()
        text = f"listener {port} {host}\nallow_anonymous true\nset_tcp_nodelay true\nlog_dest stderr\n"
        return cls.start_configured(directory, text, host=host, port=port)

    @classmethod
    def start_configured(cls, directory: Path, text: str, *, host: str, port: int) -> Self:
        """Start it on a configuration whose listener is `host` and `port`."""
        directory.mkdir(parents=True, exist_ok=True)
        configuration = directory / "mosquitto.conf"
        configuration.write_text(text, encoding="utf-8")
        child = Child.start([program("mosquitto"), "-c", configuration], log=directory / "mosquitto.log")
        child.first_answer(lambda: answers_mqtt(host, port) or None)
        return cls(child, host, port)

    @property
    def pid(self) -> int:
        return self._child.pid

    def stop(self) -> None:
        self._child.stop()

    def kill(self) -> None:
        self._child.kill()
