"""The audit over the API and on its page; and that reading about people is written there."""

import pytest
from fastapi.testclient import TestClient

from gateway.handlers import HANDLERS
from gateway.web.app import create_app
from gateway.web.i18n import LANGUAGES, WORDS, Language
from tests.unit.gateway.web.place import Place, card


@pytest.fixture
def admin(place: Place) -> TestClient:
    return TestClient(create_app(place), headers=place.key("admin"))


def subjects(place: Place, act: str = "Look") -> list[str | None]:
    with place.ledger.reading() as books:
        return [record.act.subject for record in books.audit.after(0, 1000) if record.act.act == act]


@pytest.mark.parametrize(
    ("path", "subject"),
    [
        ("/api/v1/members", "members"),
        ("/api/v1/members/m-1", "member:m-1"),
        ("/api/v1/members/m-1/credentials", "member:m-1"),
        ("/api/v1/visits?from=2026-11-24&to=2026-11-25", "visits"),
        ("/api/v1/events", "journal"),
        ("/api/v1/events/ss-entrance/eeeeeeeeeeeeeeee/1", "member:m-1"),
        ("/api/v1/bookings", "bookings"),
        ("/api/v1/loans", "loans"),
        ("/api/v1/parcels", "parcels"),
        ("/api/v1/statements/2026-11?people=1", "statement:2026-11"),
    ],
)
def test_reading_about_people_is_written_down(
    place: Place, staff: TestClient, path: str, subject: str
) -> None:
    place.join(1)
    place.come(1)
    assert staff.get(path).status_code == 200
    assert subjects(place) == [subject]


@pytest.mark.parametrize(
    "path", ["/", "/api/v1/occupancy", "/api/v1/sites", "/api/v1/statements/2026-11", "/healthz"]
)
def test_reading_about_the_place_is_not(place: Place, staff: TestClient, path: str) -> None:
    assert staff.get(path).status_code == 200
    assert subjects(place) == []


def test_whoever_is_sent_away_is_written_down_by_what_they_asked(place: Place) -> None:
    viewer = TestClient(create_app(place), headers=place.key("viewer"))
    assert viewer.get("/api/v1/members/m-1").status_code == 403
    stranger = TestClient(create_app(place), headers={"Authorization": "Bearer wrong"})
    assert stranger.get("/").status_code == 401
    assert subjects(place, "Ask") == ["GET /members/{member}", "GET /"]


def test_the_audit_is_paged_the_latest_first(place: Place, admin: TestClient) -> None:
    for number in range(5):
        place.join(number)
    first = admin.get("/api/v1/audit", params={"limit": 2}).json()
    assert [item["act"] for item in first["items"]] == ["Look", "AddMembers"]
    rest = admin.get("/api/v1/audit", params={"limit": 100, "cursor": first["next_cursor"]}).json()
    assert [item["number"] for item in rest["items"]] == [5, 4, 3, 2, 1]
    assert rest["next_cursor"] is None
    about = admin.get("/api/v1/audit", params={"subject": "member:m-3"}).json()["items"]
    assert [(item["act"], item["details"]) for item in about] == [("AddMembers", {"cards": 1})]


def test_only_an_administrator_reads_the_audit(place: Place, staff: TestClient, client: TestClient) -> None:
    assert staff.get("/api/v1/audit").status_code == 403
    assert staff.get("/audit").status_code == 403
    assert client.get("/audit").status_code == 401


def test_the_page_says_in_words_who_did_what(place: Place, admin: TestClient) -> None:
    for number in range(60):
        place.join(number)
    admin.get("/api/v1/members/m-7")
    page = admin.get("/audit", headers={"Accept-Language": "en"}).text
    assert "Took up members" in page
    assert "Earlier" in page
    assert card(1) not in page
    about = admin.get("/audit", params={"about": "member:m-7"}, headers={"Accept-Language": "fr"}).text
    assert "Consultation" in about
    assert "member:m-8" not in about


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_act_is_named_in_the_readers_words(language: Language) -> None:
    unnamed = [kind.__name__ for kind in HANDLERS if not WORDS[language].knows(f"act_{kind.__name__}")]
    assert unnamed == []
