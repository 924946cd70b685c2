"""The page that says why, in a real browser: by keyboard, and from a phone to a desk."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Served

pytestmark = pytest.mark.server("chromium")


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_why_a_door_stays_closed_is_asked_by_keyboard(
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
    page.goto(f"{served.url}/explain")
    page.get_by_label("Membre").select_option("m-2")
    page.get_by_label("Porte").select_option("sceaux-smart/meeting-1-door")
    page.get_by_label("Moment").focus()
    page.get_by_role("button", name="Demander").press("Enter")
    expect(page.get_by_test_id("answer")).to_contain_text("La porte reste fermée")
    expect(page.get_by_test_id("answer")).to_contain_text("Réservée jusqu")
    page.screenshot(path=tmp_path / "explain.png", full_page=True)
    moment, button = (
        page.get_by_label("Moment").bounding_box(),
        page.get_by_role("button", name="Demander").bounding_box(),
    )
    assert moment is not None
    assert button is not None
    assert moment["y"] + moment["height"] <= button["y"] or moment["x"] + moment["width"] <= button["x"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing runs off the side"
    assert complaints == []
    context.close()
