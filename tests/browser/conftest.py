"""The web application on a real socket, and a real browser in front of it."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, sync_playwright

from gateway.__main__ import Server
from gateway.web.app import create_app
from tests.browser.scene import open_the_morning
from tests.unit.gateway.web.place import Place, open_place

_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Served:
    """A place behind an address."""

    place: Place
    url: str


class _Server:
    """Uvicorn in a thread of its own, on a port that the system chose."""

    def __init__(self, app: FastAPI) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._server = Server(app)
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        self._socket.listen()
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """The morning scene, served."""
    place = open_place(tmp_path)
    open_the_morning(place)
    server = _Server(create_app(place))
    server.start()
    yield Served(place, server.url)
    server.stop()
    place.ledger.close()


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """A browser for the tests of one file: while it runs, no other event loop can in this process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        yield browser
        browser.close()
