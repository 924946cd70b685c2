"""The broker and the gateway of a demo, with the keys to its API."""

import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import httpx2

from firmware_sim.bench.processes import GatewayProcess, key
from firmware_sim.bench.supervisor import Supervisor
from firmware_sim.broker import EmbeddedBroker
from firmware_sim.demo.folder import DemoFolder
from firmware_sim.demo.options import DemoRefused, Influx, Options
from firmware_sim.demo.places import Places
from firmware_sim.gateway_api import GatewayApi
from protocol.base import as_wire_time

_HOST: Final = "127.0.0.1"
_KEYS_OUTLIVE_THE_PAST_BY_DAYS: Final = 30
_LOGIN_LINK_LIVES_MIN: Final = 24 * 60
_AGAIN_AFTER_S: Final = 0.3
_TRIES: Final = 50
_ANSWER_WITHIN_S: Final = 60.0


class PatientTransport(httpx2.BaseTransport):
    """Asks again, for a quarter of a minute, while the gateway does not answer: it may be starting."""

    def __init__(
        self, inner: httpx2.BaseTransport | None = None, again_after_s: float = _AGAIN_AFTER_S
    ) -> None:
        self._inner = inner or httpx2.HTTPTransport()
        self._again_after_s = again_after_s

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return a whole response. Raises TransportError once patience has ended."""
        for _ in range(_TRIES):
            try:
                return self._whole(request)
            except httpx2.TransportError:
                time.sleep(self._again_after_s)
        return self._whole(request)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    def _whole(self, request: httpx2.Request) -> httpx2.Response:
        response = self._inner.handle_request(request)
        response.read()
        return response


@dataclass(frozen=True, slots=True)
class House:
    """The running gateway: `http` speaks to its API as an administrator, and waits while it starts again."""

    broker: EmbeddedBroker
    gateway: GatewayProcess
    http: httpx2.Client
    admin_key: str
    billing_key: str
    credential_key: bytes
    settings: dict[str, Any]

    def catch_up_with_time(self, now: datetime) -> None:
        """Move the gateway's clock to the present and let go of it, also for every start to come."""
        self.gateway.change_settings(self.settings)
        for step in ({"now": as_wire_time(now)}, {"release": True}):
            self.http.put("/api/v1/clock", json=step).raise_for_status()

    def login_link(self) -> str:
        """Have a one-time link made, by which someone becomes staff in their browser."""
        wish = {"name": "demo", "role": "staff", "minutes": _LOGIN_LINK_LIVES_MIN}
        answer = self.http.post("/api/v1/login-links", json=wish)
        answer.raise_for_status()
        return str(answer.json()["url"])

    def knows(self, identity: str) -> bool:
        """Whether an event, named node/epoch/seq, is in the ledger."""
        answer = self.http.get(f"/api/v1/events/{identity}")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return False
        answer.raise_for_status()
        return True

    def nodes_behind(self) -> list[str]:
        """Return the nodes that do not hold the access list that was issued to them."""
        answer = self.http.get("/api/v1/lists")
        answer.raise_for_status()
        return [held["node"] for held in answer.json() if held["held_revision"] != held["issued_revision"]]


def _history(influx: Influx | None, folder: DemoFolder) -> dict[str, dict[str, str]]:
    if influx is None:
        return {}
    token_file = folder.write_secret("influx.token", influx.token) if influx.token else None
    return {"influx": influx.table(token_file)}


def open_house(
    options: Options, folder: DemoFolder, places: Places, supervisor: Supervisor, begins_at: datetime
) -> House:
    """Start broker and gateway, in simulated time from `begins_at` on. Raises DemoRefused."""
    _check_port(options.port)
    broker = EmbeddedBroker.start(folder.broker)
    supervisor.watch("broker", "broker", broker)
    settings = {
        "site_files": _texts(places.site_files),
        "tariff_files": _texts(places.tariff_files),
        "broker_host": broker.host,
        "broker_port": broker.port,
        "http_host": _HOST,
        "http_port": options.port,
        **_history(options.influx, folder),
    }
    past = {"clock": "stepped", "clock_start": begins_at.isoformat()}
    gateway = GatewayProcess.start(folder.gateway, {**settings, **past})
    supervisor.watch("gateway", "gateway", gateway)
    days = options.days + _KEYS_OUTLIVE_THE_PAST_BY_DAYS
    with gateway.first_session() as session:
        admin, billing = (key(session, f"demo {role}", role, days) for role in ("admin", "billing"))
    http = httpx2.Client(
        base_url=gateway.url,
        headers={"Authorization": f"Bearer {admin}"},
        timeout=_ANSWER_WITHIN_S,
        transport=PatientTransport(),
    )
    a_node = places.sites[0].nodes[0].id  # readers of all nodes make references of cards by one key
    credential_key = bytes.fromhex(GatewayApi(http).node_settings(a_node)["credential_key"])
    return House(broker, gateway, http, admin, billing, credential_key, settings)


def _check_port(port: int) -> None:
    try:
        socket.create_server((_HOST, port)).close()
    except OSError as error:
        raise DemoRefused(
            f"port {port} of {_HOST} cannot be used: {error.strerror}. Choose another one: --port N"
        ) from None


def _texts(files: Iterable[object]) -> list[str]:
    return [str(file) for file in files]
