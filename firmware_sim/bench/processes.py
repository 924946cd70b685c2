"""The real programs, started as a service manager would: the gateway, and one edge process per node."""

import json
import os
import random
import signal
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import httpx2

from firmware_sim.bench.surroundings import Surroundings
from firmware_sim.child import Child

FIRST_ACCOUNT = {"mail": "admin@example.org", "name": "Admin", "password": "a place that is only played"}


_PORTS: Final = (12_000, 32_000)  # Linux connects from 32768 on
_dice = random.Random()  # not by seed: other runs look for ports, too


def toml(table: dict[str, Any]) -> str:
    """Write a table with at most one level of sub-tables as TOML; JSON's strings and lists are TOML's."""
    plain = [f"{key} = {json.dumps(value)}" for key, value in table.items() if not isinstance(value, dict)]
    for key, sub in table.items():
        if isinstance(sub, dict):
            plain += [f"[{key}]", *(f"{name} = {json.dumps(value)}" for name, value in sub.items())]
    return "\n".join(plain) + "\n"


def free_port() -> int:
    """Find a TCP port of loopback that nobody listens on now.

    It is below those that the system hands out to outgoing connections: one of them could take it meanwhile.
    """
    while True:
        port = _dice.randrange(*_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class GatewayProcess:
    """A real gateway: `python -m gateway`, with an administrator's key to its API."""

    def __init__(self, child: Child, url: str, folder: Path, settings: Path) -> None:
        self.child = child
        self.url = url
        self.folder = folder
        self._settings = settings

    @classmethod
    def start(cls, folder: Path, settings: dict[str, Any], under: Sequence[str] = ()) -> "GatewayProcess":
        """Start it on `settings` (without `data_dir`), and wait until it answers. Raises ChildFailed.

        `under` is the command line of a tracer, or of whatever else runs it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        file = _written_gateway_settings(folder, settings)
        url = f"http://{settings['http_host']}:{settings['http_port']}"
        gateway = cls(_spawn_gateway(file, folder, under=under), url, folder, file)
        gateway.wait()
        return gateway

    @property
    def pid(self) -> int:
        return self.child.pid

    @property
    def exit_status(self) -> int | None:
        """See `Child.exit_status`."""
        return self.child.exit_status

    def wait(self) -> None:
        """Wait until it answers. Raises ChildFailed."""
        with httpx2.Client(base_url=self.url, timeout=1) as probe:  # one for all tries: it reads certificates
            self.child.first_answer(lambda: _is_healthy(probe))

    def change_settings(self, settings: dict[str, Any]) -> None:
        """Write other settings for the next start; the running process keeps its own."""
        _written_gateway_settings(self.folder, settings)

    def restart(self, under: Sequence[str] = ()) -> None:
        """Start it again, on the settings as they are now, after it ended. Raises ChildFailed."""
        self.begin({}, under)
        self.wait()

    def begin(self, environment: Mapping[str, str], under: Sequence[str] = ()) -> None:
        """Start it again, with more in its environment, and do not wait until it answers."""
        self.child = _spawn_gateway(self._settings, self.folder, environment, under)

    def answers(self) -> bool:
        """Whether it answers now, and says that it is well."""
        with httpx2.Client(base_url=self.url, timeout=1) as probe:
            return bool(_is_healthy(probe))

    def stop(self) -> None:
        """Ask it to end, and kill it where it does not."""
        self.child.stop()

    @contextmanager
    def first_session(self) -> Iterator[httpx2.Client]:
        """Make the first account by the first run's link: a client with an administrator's session."""
        link = (self.folder / "first-login.txt").read_text(encoding="utf-8").strip()
        own = {"X-Requested-With": "passerelle"}
        with httpx2.Client(base_url=self.url, headers=own, timeout=60, follow_redirects=True) as session:
            session.post(f"{link}/account", data=FIRST_ACCOUNT).raise_for_status()
            yield session


def _is_healthy(probe: httpx2.Client) -> bool | None:
    try:
        return True if probe.get("/healthz").is_success else None
    except httpx2.TransportError:
        return None


def _written_gateway_settings(folder: Path, settings: dict[str, Any]) -> Path:
    file = folder / "gateway.toml"
    file.write_text(toml({"data_dir": str(folder), **settings}), encoding="utf-8")
    return file


def _spawn_gateway(
    settings: Path, folder: Path, environment: Mapping[str, str] | None = None, under: Sequence[str] = ()
) -> Child:
    argv = [*under, sys.executable, "-m", "gateway", "--settings", str(settings)]
    return Child.start(argv, log=folder / "gateway.log", env={**os.environ, **(environment or {})})


def key(session: httpx2.Client, name: str, role: str, days: int = 1) -> str:
    """Have the gateway make an API key that holds for `days`."""
    answer = session.post("/api/v1/keys", json={"name": name, "role": role, "days": days})
    answer.raise_for_status()
    return str(answer.json()["secret"])


def client(url: str, secret: str) -> httpx2.Client:
    """Speak to the API with a key."""
    return httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {secret}"}, timeout=60)


class EdgeProcess:
    """A real edge process: `python -m edge`, on one node's settings and surroundings."""

    def __init__(self, folder: Path, settings: Path, pins_port: int, under: Sequence[str] = ()) -> None:
        self._folder = folder
        self._settings = settings
        self._pins = {"PIGPIO_ADDR": "127.0.0.1", "PIGPIO_PORT": str(pins_port)}
        self._child = self._spawn(under)

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self._child.log

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def exit_status(self) -> int | None:
        """See `Child.exit_status`."""
        return self._child.exit_status

    def restart(self, under: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> None:
        """Start it again, on the same settings, after it ended: `under` a tracer, in more environment."""
        self._child = self._spawn(under, environment)

    def stop(self) -> None:
        """Ask it to end, and kill it where it does not."""
        self._child.stop()

    def end(self, number: signal.Signals) -> int:
        """Send it a signal, and return its exit status once it has ended."""
        return self._child.end(number)

    def kill(self) -> None:
        """End it at once, as a loss of power would."""
        self._child.kill()

    def _spawn(self, under: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> Child:
        argv = [*under, sys.executable, "-m", "edge", "--settings", str(self._settings)]
        whole = {**os.environ, **self._pins, **(environment or {})}
        return Child.start(argv, log=self._folder / "edge.log", env=whole, cwd=self._folder)


def start_edge(
    surroundings: Surroundings,
    folder: Path,
    site_file: Path,
    broker: tuple[str, int],
    words: Mapping[str, str],
    more: Mapping[str, Any] | None = None,
    under: Sequence[str] = (),
) -> EdgeProcess:
    """Start the real edge process of a node; `words` is what /api/v1/node-settings says of it.

    `more` settings are added to those that every simulated node has; it runs `under` a tracer, if any.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "node.toml"
    table = {
        "site_file": str(site_file.resolve()),
        "node": surroundings.equipment.node.id,
        "data_dir": str(folder),
        "broker_host": broker[0],
        "broker_port": broker[1],
        "ledger": words["ledger"],
        "gateway_key": words["gateway_key"],
        "credential_key": words["credential_key"],
        "pins": "pigpio",
        "clock": "assumed",
        **(more or {}),
        "readers": surroundings.reader_paths,
    }
    settings.write_text(toml(table), encoding="utf-8")
    return EdgeProcess(folder, settings, surroundings.pins.port, under)
