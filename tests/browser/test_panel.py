"""The panel at a door in a real browser: its keys and a scanner type, and the door opens."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from gateway.commands import InviteVisitor, SetUpPanel
from gateway.domain.authority import SYSTEM
from protocol.identifiers import pass_ref
from tests.browser.conftest import Served
from tests.unit.gateway.web.place import CARD_KEY, SCEAUX, badge

pytestmark = pytest.mark.server("chromium")

CODE = "40718263"


@pytest.fixture
def panel(browser: Browser, served: Served) -> Page:
    """The screen at the entrance, where a visitor is expected."""
    place = served.place
    place.beat()
    now = place.clock.now()
    invited = InviteVisitor(
        site=SCEAUX,
        doors=("entrance",),
        visitor="Lou Petit",
        host="m-1",
        code=pass_ref(CARD_KEY, CODE),
        starts_at=now,
        ends_at=now + timedelta(hours=1),
        single_use=False,
    )
    place.gateway.handle(invited, SYSTEM)
    page = browser.new_page(locale="fr-FR", viewport={"width": 360, "height": 640})
    page.goto(f"{served.url}/login/{place.gateway.handle(SetUpPanel(SCEAUX, 'entrance'), SYSTEM)}")
    page.get_by_role("button", name="Entrer").click()
    page.wait_for_url("**/panel/**")
    return page


def _orders(served: Served) -> list[object]:
    return [sent.body["action"] for sent in served.place.downlink.commands]


def test_a_visitor_opens_the_door_with_a_finger(panel: Page, served: Served) -> None:
    for digit in CODE + "9":
        panel.get_by_role("button", name=digit, exact=True).click()
    panel.get_by_role("button", name="Effacer le dernier chiffre").click()
    panel.get_by_role("button", name="Ouvrir").click()
    expect(panel.get_by_role("status")).to_contain_text("Bienvenue")
    assert _orders(served) == [{"do": "UnlockDoor", "door": "entrance"}]


def test_a_scanner_types_into_the_field_without_being_asked(panel: Page, served: Served) -> None:
    panel.keyboard.type(CODE)
    panel.keyboard.press("Enter")
    expect(panel.get_by_role("status")).to_contain_text("Bienvenue")
    assert _orders(served) == [{"do": "UnlockDoor", "door": "entrance"}]


def test_a_panel_fits_a_small_screen_without_scrolling_sideways(panel: Page) -> None:
    assert panel.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_whom_the_door_refuses_is_told_why_within_a_second_and_for_a_while(
    panel: Page, served: Served, tmp_path: Path, scheme: str
) -> None:
    panel.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    panel.wait_for_timeout(300)
    expect(panel.locator("#hint")).to_be_hidden()
    served.place.report("ss-entrance", badge(99, "entrance", refused_for="unknown_credential"))
    expect(panel.locator("#hint")).to_contain_text("Badge inconnu", timeout=1000)
    expect(panel.locator("#hint")).to_contain_text("Unknown badge")
    panel.screenshot(path=tmp_path / "hint.png", full_page=True)
    expect(panel.locator("#hint")).to_be_hidden(timeout=12_000)
