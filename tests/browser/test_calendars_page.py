"""The calendars page in a real browser: members are chosen by name, and changed later."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Served

pytestmark = pytest.mark.server("chromium")


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_whom_a_calendar_lets_in_is_chosen_by_name_and_changed(
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
    page.goto(f"{served.url}/calendars")
    page.get_by_label("Nom", exact=True).fill("Formations")
    page.get_by_label("Au nom de").select_option(label="Camille 3")
    page.get_by_label("Ouvrent aussi la porte").select_option(label=["Camille 4", "Camille 5"])
    page.get_by_role("button", name="Suivre").click()
    expect(page.get_by_text("Entrent")).to_contain_text("Camille 3, Camille 4, Camille 5")
    page.get_by_text("Changer qui entre").click()
    page.get_by_label("Au nom de").first.select_option(label="Camille 6")
    page.screenshot(path=tmp_path / "calendars.png", full_page=True)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Entrent")).to_contain_text("Camille 6, Camille 4, Camille 5")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing runs off the side"
    context.close()
