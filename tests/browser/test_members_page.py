"""A member's page in a real browser: staff note an arrival and take it back, from a phone to a desk."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Served

pytestmark = pytest.mark.server("chromium")


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark"), (1280, "light")])
def test_an_arrival_is_noted_and_taken_back(
    browser: Browser, served: Served, tmp_path: Path, width: int, scheme: str
) -> None:
    context = browser.new_context(
        locale="fr-FR",
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    cookie = {"name": "passerelle_session", "value": served.place.session(), "url": served.url}
    context.add_cookies([cookie])  # type: ignore[list-item]  # Playwright's own TypedDict, spelt out
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{served.url}/members")
    page.get_by_label("Nom").fill("Camille 29")
    page.get_by_label("Nom").press("Enter")
    page.get_by_role("link", name="Camille 29").click()
    there = page.get_by_test_id("there-sceaux-smart")
    expect(there).to_have_text("pas sur place")
    page.get_by_role("button", name="arrivée à Sceaux Smart").click()
    expect(there).to_contain_text("sur place depuis")
    page.screenshot(path=tmp_path / "member.png", full_page=True)
    page.get_by_role("button", name="Annuler").click()
    expect(there).to_have_text("pas sur place")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing runs off the side"
    assert complaints == []
    context.close()
