"""`python -m gateway --settings FILE`: serve until told to stop."""

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from gateway.bootstrap import alone, build
from gateway.domain.tariff import TariffRefused
from gateway.settings import Settings, SettingsRefused, read_settings
from gateway.web.app import create_app, end_streams
from gateway.web.first_login import offer_first_login
from host.claim import ClaimRefused
from host.service_manager import ServiceManager
from protocol.site_file import SiteFileRefused

_WRONG_INPUT = 2


class Server(uvicorn.Server):
    """Uvicorn, which tells the service manager while `lives()`, and ends streams that would not end."""

    def __init__(
        self, app: Starlette, host: str = "127.0.0.1", port: int = 0, lives: Callable[[], bool] = lambda: True
    ) -> None:
        super().__init__(uvicorn.Config(app, host=host, port=port, log_level="warning"))
        self._app = app
        self._lives = lives
        self._attending: asyncio.Task[None] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        """End in order. Uvicorn would raise the signal again: nothing after `run` would be done."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._attending = asyncio.create_task(ServiceManager().attend(self._lives))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._attending is not None:
            self._attending.cancel()
        end_streams(self._app)
        await super().shutdown(sockets)


def serve(settings_path: Path) -> int:
    """Run the gateway that `settings_path` describes. Returns the exit code: 2 where it cannot be run."""
    os.umask(0o077)  # the ledger holds names
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        settings = read_settings(settings_path)
        with alone(settings, "passerelle gateway"):
            _serve(settings)
    except (SettingsRefused, SiteFileRefused, TariffRefused, ClaimRefused) as refusal:
        print(refusal, file=sys.stderr)  # noqa: T201  # the answer to whoever typed the command
        return _WRONG_INPUT
    return 0


def _serve(settings: Settings) -> None:
    house = build(settings)
    address = settings.public_url or f"http://{settings.http_host}:{settings.http_port}"
    link = offer_first_login(house.gateway, settings.data_dir / "first-login.txt", address)
    if link is not None:
        print(f"First login: {link}", flush=True)  # noqa: T201  # for whoever installs it
    house.start()
    try:
        Server(create_app(house), settings.http_host, settings.http_port, house.gateway.lives).run()
    finally:
        house.stop()


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="gateway", description=__doc__)
    parser.add_argument("--settings", type=Path, required=True, help="the gateway's settings file (TOML)")
    return serve(parser.parse_args().settings)


if __name__ == "__main__":
    sys.exit(main())
