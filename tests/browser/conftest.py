"""The web application on a real socket, and a real browser in front of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from gateway.web.app import create_app
from tests.browser.scene import open_the_morning
from tests.unit.gateway.web.place import Place, open_place
from tests.web_server import WebServer

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


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """The morning scene, served."""
    place = open_place(tmp_path)
    open_the_morning(place)
    server = WebServer(create_app(place))
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
