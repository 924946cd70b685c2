"""The live page in a real browser: what people see when something happens at a door."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect

from protocol.events import EventsDropped
from tests.browser.conftest import Served

pytestmark = pytest.mark.server("chromium")

_PRESENT = "present-sceaux-smart"
_SCREENSHOT = Path(__file__).parents[2] / "docs" / "live.png"
_DESK: ViewportSize = {"width": 1280, "height": 800}
_PHONE: ViewportSize = {"width": 390, "height": 844}


class Visit:
    """A browser that came in as staff, and everything that its console said."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


@pytest.fixture
def visit(browser: Browser, served: Served) -> Iterator[Visit]:
    context = browser.new_context(locale="fr-FR", viewport=_DESK)
    cookie = {"name": "passerelle_session", "value": served.place.session(), "url": served.url}
    context.add_cookies([cookie])  # type: ignore[list-item]  # Playwright's own TypedDict, spelt out
    visit = Visit(context.new_page())
    with visit.page.expect_response("**/live/stream*"):
        visit.page.goto(served.url)
    yield visit
    context.close()


def test_a_count_changes_within_a_second_of_the_event(visit: Visit, served: Served) -> None:
    expect(visit.page.get_by_test_id(_PRESENT)).to_have_text("19")
    served.place.come(21)
    expect(visit.page.get_by_test_id(_PRESENT)).to_have_text("20", timeout=1000)


def test_a_room_says_in_words_that_it_is_free_again(visit: Visit, served: Served) -> None:
    room = visit.page.locator("#space-sceaux-smart-office-1")
    expect(room).to_contain_text("Occupé")
    served.place.sense("ss-offices-a", "office-1", occupied=False)
    expect(room).to_contain_text("Libre", timeout=1000)
    expect(visit.page.get_by_role("row", name="Bureau 1")).to_contain_text("Libre")


def test_what_a_silent_node_last_saw_is_shown_with_its_age(visit: Visit) -> None:
    expect(visit.page.locator("#space-sceaux-smart-meeting-3")).to_contain_text("vu il y a 12 min")
    expect(visit.page.locator("#nodes-sceaux-smart")).to_contain_text("ss-meeting-3")


def test_a_fresh_booking_appears_by_itself(visit: Visit, served: Served) -> None:
    served.place.book("office-2", served.place.clock.now(), 1, "Entretien")
    served.place.beat("ss-entrance")
    expect(visit.page.locator("#bookings-sceaux-smart")).to_contain_text("Entretien", timeout=1000)


def test_nobodys_name_or_card_is_on_the_page(visit: Visit) -> None:
    expect(visit.page.locator("#happenings-sceaux-smart li")).to_have_count(6)
    assert "Camille" not in visit.page.content()
    assert "c_0000" not in visit.page.content()


def test_every_control_is_reached_by_keyboard_and_the_console_stays_silent(visit: Visit) -> None:
    page = visit.page
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.innerText.trim()"))
        outlined = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outlined != "none"
    assert reached == [
        "Aller au contenu",
        "Passerelle",
        "En direct",
        "Portes",
        "Membres",
        "Agendas",
        "Relevé du mois",
        "Pourquoi\N{NO-BREAK SPACE}?",
        "Visiteurs",
        "English",
        "Mon compte",
        "Se déconnecter",
    ]
    assert visit.complaints == []


def test_a_phone_scrolls_down_but_never_sideways(visit: Visit, served: Served) -> None:
    visit.page.set_viewport_size(_PHONE)
    for path in ("/", "/doors", "/calendars", "/statements/2026-11"):
        visit.page.goto(served.url + path)
        width = visit.page.evaluate("document.documentElement.scrollWidth")
        assert width == _PHONE["width"]


def test_the_page_says_when_it_has_lost_the_gateway(visit: Visit) -> None:
    warning = visit.page.get_by_role("alert")
    expect(warning).to_be_hidden()
    visit.page.evaluate("stream.dispatchEvent(new Event('error'))")
    expect(warning).to_be_visible()


def test_the_language_can_be_changed_and_is_remembered(visit: Visit, served: Served) -> None:
    visit.page.get_by_role("link", name="English").click()
    expect(visit.page.locator("html")).to_have_attribute("lang", "en")
    visit.page.goto(served.url)
    expect(visit.page.get_by_text("people present").first).to_be_visible()


def test_signing_out_closes_the_page(visit: Visit) -> None:
    visit.page.get_by_role("button", name="Se déconnecter").click()
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text("Équipe")
    visit.page.goto(visit.page.url.removesuffix("/login"))
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text("Cette page est réservée")


def test_the_readmes_screenshot_shows_the_plan_the_lists_and_the_silent_node(visit: Visit) -> None:
    expect(visit.page.locator("#space-sceaux-smart-lounge")).to_be_in_viewport(ratio=1)
    expect(visit.page.locator("#nodes-sceaux-smart li")).to_be_in_viewport(ratio=1)
    if os.environ.get("PASSERELLE_SCREENSHOT"):
        visit.page.evaluate("document.fonts.ready")
        visit.page.screenshot(path=_SCREENSHOT)


def test_on_a_phone_what_is_to_be_seen_to_comes_before_the_plan(
    visit: Visit, served: Served, tmp_path: Path
) -> None:
    visit.page.set_viewport_size({"width": 360, "height": 800})
    served.place.report("ss-entrance", EventsDropped(count=3, up_to=9))
    alarms = visit.page.locator("#alarms-sceaux-smart")
    expect(alarms).to_contain_text("Entrée", timeout=1000)
    alarm, plan = alarms.bounding_box(), visit.page.locator(".plan").first.bounding_box()
    assert alarm is not None
    assert plan is not None
    assert alarm["y"] + alarm["height"] <= plan["y"]
    visit.page.screenshot(path=tmp_path / "phone.png", full_page=True)
    visit.page.set_viewport_size(_DESK)
    visit.page.screenshot(path=tmp_path / "desk.png", full_page=True)
