"""Pages: what they say, to whom, and in which language."""

import string
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request

from gateway.commands import CheckInOrOut, MintKey
from gateway.domain.authority import SYSTEM, Role
from gateway.web.auth import SESSION_COOKIE
from gateway.web.i18n import WORDS, words_for
from gateway.web.pages.plan import lay_out
from protocol.events import BadgePresented, DoorOpened
from tests.fakes import site
from tests.unit.gateway.web.place import OWN_FORM, Place, badge

_NBSP = "\N{NO-BREAK SPACE}"


def _link(place: Place, *, role: Role = "staff", minutes: int = 60) -> str:
    return str(place.gateway.handle(MintKey("link", "Ana", role, timedelta(minutes=minutes)), SYSTEM))


def _sign_in(client: TestClient, place: Place, role: Role = "staff") -> None:
    client.cookies.set(SESSION_COOKIE, place.session(role))


def test_a_stranger_is_told_how_to_get_in(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 401
    assert "lien de connexion" in answer.text
    assert "first-login.txt" in answer.text
    assert "present-sceaux-smart" not in answer.text


def test_looking_at_a_login_link_does_not_spend_it(client: TestClient, place: Place) -> None:
    link = _link(place)
    for _ in range(3):
        assert client.get(f"/login/{link}").status_code == 200
    assert client.post(f"/login/{link}", headers=OWN_FORM).status_code == 303


def test_a_login_link_opens_a_session_that_scripts_cannot_read(client: TestClient, place: Place) -> None:
    answer = client.post(f"/login/{_link(place)}", headers=OWN_FORM)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    assert client.get("/").status_code == 200


def test_over_https_the_cookie_stays_on_https(client: TestClient, place: Place) -> None:
    answer = client.post(f"https://testserver/login/{_link(place)}", headers=OWN_FORM)
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}])
def test_a_foreign_page_opens_no_session_by_a_link(
    client: TestClient, place: Place, headers: dict[str, str]
) -> None:
    link = _link(place)
    assert client.post(f"/login/{link}", headers=headers).status_code == 403
    assert client.post(f"/login/{link}").status_code == 303


def test_a_login_link_works_once(client: TestClient, place: Place) -> None:
    link = _link(place)
    client.post(f"/login/{link}", headers=OWN_FORM)
    again = client.post(f"/login/{link}", headers=OWN_FORM)
    assert again.status_code == 410
    assert "ne sert plus" in again.text
    assert "set-cookie" not in again.headers


def test_a_login_link_ends_at_its_hour(client: TestClient, place: Place) -> None:
    link = _link(place, minutes=5)
    place.clock.pass_s(300)
    assert client.post(f"/login/{link}", headers=OWN_FORM).status_code == 410


def test_signing_out_ends_the_session_in_the_ledger_too(client: TestClient, place: Place) -> None:
    session = place.session()
    client.cookies.set(SESSION_COOKIE, session)
    client.post("/logout", headers=OWN_FORM)
    client.cookies.set(SESSION_COOKIE, session)
    assert client.get("/").status_code == 401


def test_the_live_page_draws_every_space_of_every_site(client: TestClient, place: Place) -> None:
    _sign_in(client, place, "viewer")
    text = client.get("/").text
    for place_shown in place.gateway.sites.values():
        for space in place_shown.spaces:
            assert f'id="space-{place_shown.id}-{space.id}"' in text
    assert 'data-testid="present-sceaux-smart"' in text


def test_the_live_page_tells_doors_and_reasons_but_no_person(client: TestClient, place: Place) -> None:
    place.join(1)
    refused = badge(1, "meeting-2-door", refused_for="too_early")
    forced = DoorOpened(door="garden", cause="forced", grant=None)
    place.report("ss-meeting-2", refused)
    place.report("ss-garden", forced)
    _sign_in(client, place)
    text = client.get("/").text
    assert "Salle Florian" in text
    assert "avant l’heure" in text  # noqa: RUF001  # French typography
    assert "Porte forcée" in text
    assert "Camille" not in text
    assert isinstance(refused, BadgePresented)
    assert refused.credential not in text


def test_a_reason_without_words_is_shown_as_it_is(client: TestClient, place: Place) -> None:
    place.report("ss-meeting-2", badge(1, "meeting-2-door", refused_for="antipassback"))
    _sign_in(client, place)
    assert "antipassback" in client.get("/").text


def test_a_room_that_is_booked_says_until_when(client: TestClient, place: Place) -> None:
    place.join(1)
    place.book("meeting-1", place.clock.now() - timedelta(minutes=30), 2, "<b>Atelier</b>")
    _sign_in(client, place)
    text = client.get("/").text
    assert "réservé jusqu’à 11:30" in text  # noqa: RUF001  # French typography
    assert "&lt;b&gt;Atelier" in text


@pytest.mark.parametrize(("role", "live", "statement"), [("viewer", 200, 403), ("billing", 403, 200)])
def test_each_role_sees_its_own_pages(
    client: TestClient, place: Place, role: Role, live: int, statement: int
) -> None:
    _sign_in(client, place, role)
    assert client.get("/").status_code == live
    assert client.get("/statements/2026-11").status_code == statement


def test_the_statement_page_shows_the_months_users_and_rent(client: TestClient, place: Place) -> None:
    place.join(1)
    place.come(1)
    place.clock.pass_s(3600)
    place.leave(1)
    _sign_in(client, place)
    text = client.get("/statements/2026-11").text
    assert "Relevé de novembre 2026" in text
    assert '<dd data-testid="users">1</dd>' in text
    assert f'data-testid="total">6,00{_NBSP}€' in text


def test_the_statement_leads_to_the_month_before_but_never_into_the_future(
    client: TestClient, place: Place
) -> None:
    _sign_in(client, place)
    assert client.get("/statements").headers["location"] == "/statements/2026-11"
    text = client.get("/statements/2026-11").text
    assert "/statements/2026-10" in text
    assert "/statements/2026-12" not in text


def test_a_month_without_tariff_says_so(client: TestClient, place: Place) -> None:
    _sign_in(client, place)
    assert "Aucun barème" in client.get("/statements/2024-05").text


def test_both_languages_say_the_same_things() -> None:
    french, english = WORDS["fr"].texts, WORDS["en"].texts
    assert french.keys() == english.keys()
    for key, text in french.items():
        assert _fields(text) == _fields(english[key]), key


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_french_never_breaks_a_line_before_its_punctuation() -> None:
    for key, text in WORDS["fr"].texts.items():
        assert not any(f" {mark}" in text for mark in ":;?!"), key


@pytest.mark.parametrize(
    ("query", "cookie", "header", "language"),
    [
        ("", "", "", "fr"),
        ("", "", "en-GB,en;q=0.9,fr;q=0.5", "en"),
        ("", "", "de-DE,fr;q=0.8,en;q=0.7", "fr"),
        ("", "", "de", "fr"),
        ("", "en", "fr", "en"),
        ("lang=fr", "en", "en", "fr"),
        ("lang=xx", "", "en", "en"),
    ],
)
def test_the_reader_chooses_the_language(query: str, cookie: str, header: str, language: str) -> None:
    headers = [(b"cookie", f"passerelle_language={cookie}".encode()), (b"accept-language", header.encode())]
    scope = {"type": "http", "query_string": query.encode(), "headers": headers}
    assert words_for(Request(scope)).language == language


def test_numbers_and_ages_are_written_as_each_language_writes_them() -> None:
    french, english = WORDS["fr"], WORDS["en"]
    assert french.money(Decimal("12345.5")) == f"12\N{NARROW NO-BREAK SPACE}345,50{_NBSP}€"
    assert english.money(Decimal("12345.5")) == "€12,345.50"
    assert french.label("present_label", 0) == "personne présente"
    assert english.label("present_label", 0) == "people present"
    assert french.age(timedelta(seconds=59)) == french("ago_moment")
    assert french.age(timedelta(hours=25)) == "il y a 1 jour"
    assert english.age(timedelta(minutes=119)) == "1 h ago"
    assert french.clock(datetime(2026, 11, 24, 9, tzinfo=UTC), ZoneInfo("Europe/Paris")) == "10:00"


@pytest.mark.parametrize("name", ["sceaux-smart", "le-petit-voisin"])
def test_every_name_fits_into_its_space_on_the_plan(name: str) -> None:
    spaces = site(name).spaces
    plan = lay_out(spaces)
    for space in spaces:
        box = plan.boxes[space.id]
        assert box.name_size * 0.56 * len(space.name) <= box.width - 2 * box.pad + 0.1
        assert box.x + box.width <= plan.width
        assert box.y + box.height <= plan.height


def test_a_room_that_was_given_back_is_not_shown_as_booked(staff: TestClient, place: Place) -> None:
    place.join(1)
    now = place.clock.now()
    booked = place.book("meeting-1", now, 2, "Atelier numérique")
    assert "Atelier numérique" in staff.get("/").text
    for what in ("check_in", "check_out"):
        place.gateway.handle(CheckInOrOut(booked.id, what, "staff"), SYSTEM)
        place.clock.at += timedelta(minutes=20)
    place.gateway.take_in()
    assert "Atelier numérique" not in staff.get("/").text
