"""The longest way there is: a card in the radio field, through every real part, to a number on a page."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from firmware_sim.broker import EmbeddedBroker
from tests.whole_place import whole_place

pytestmark = pytest.mark.server("chromium")


def test_a_tap_at_the_door_is_on_the_page_within_a_second(
    tmp_path: Path, nats: EmbeddedBroker, browser: Browser
) -> None:
    with whole_place(tmp_path, nats) as place:
        link = place.api.post("/api/v1/login-links", json={"name": "desk", "role": "staff", "minutes": 5})
        page = browser.new_page()
        page.goto(link.json()["url"])
        page.get_by_role("button").click()
        present = page.get_by_test_id("present-sceaux-smart")
        expect(present).to_have_text("0")
        assert place.tap("entrance-in")
        place.open_door()
        expect(present).to_have_text("1", timeout=1000)
        page.close()
