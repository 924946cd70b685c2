"""Visits, events and statements over the API: what billing pulls."""

import json
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.unit.gateway.web.place import EPOCH, SCEAUX, Place

_MONTH = "from=2026-11-01&to=2026-12-01"


def _stay(place: Place, number: int, minutes: int) -> None:
    place.come(number)
    place.clock.pass_s(minutes * 60)
    place.leave(number)


def test_a_visit_names_the_events_that_began_and_ended_it(staff: TestClient, place: Place) -> None:
    place.join(1)
    _stay(place, 1, 30)
    [visit] = staff.get(f"/api/v1/visits?{_MONTH}").json()["items"]
    assert visit == {
        "site": SCEAUX,
        "member": "m-1",
        "begun_at": "2026-11-24T09:00:00.000000Z",
        "ended_at": "2026-11-24T09:30:00.000000Z",
        "quality": "measured",
        "begun_by": f"ss-entrance/{EPOCH}/1",
        "ended_by": f"ss-entrance/{EPOCH}/5",
    }
    why = staff.get(f"/api/v1/events/{visit['begun_by']}").json()
    assert why["event"]["type"] == "BadgePresented"
    assert why["occurred_at"] == visit["begun_at"]


def test_visits_are_pulled_page_by_page_each_once_and_in_order(staff: TestClient, place: Place) -> None:
    for number in range(1, 8):
        place.join(number)
        place.come(number)
        place.clock.pass_s(60 * (number % 3))  # some begin at the same moment
    whole = staff.get(f"/api/v1/visits?{_MONTH}").json()
    assert whole["next_cursor"] is None
    pulled: list[Any] = []
    cursor = ""
    while True:
        page = staff.get(f"/api/v1/visits?{_MONTH}&limit=2{cursor}").json()
        pulled += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert pulled == whole["items"]
    assert len(pulled) == 7


def test_a_cursor_that_nobody_gave_is_refused(staff: TestClient) -> None:
    answer = staff.get(f"/api/v1/visits?{_MONTH}&cursor=abc")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/cursor")


def test_visits_of_another_month_or_site_are_left_out(staff: TestClient, place: Place) -> None:
    place.join(1)
    _stay(place, 1, 30)
    for query in ("from=2026-10-01&to=2026-11-01", f"{_MONTH}&site=le-petit-voisin"):
        assert staff.get(f"/api/v1/visits?{query}").json()["items"] == []


def test_the_journal_is_pulled_to_its_end_and_followed_from_there(staff: TestClient, place: Place) -> None:
    place.come(1)
    first = staff.get("/api/v1/events?limit=3").json()
    rest = staff.get(f"/api/v1/events?limit=3&cursor={first['next_cursor']}").json()
    assert [entry["seq"] for entry in first["items"] + rest["items"]] == [1, 2, 3, 4]
    assert rest["next_cursor"] is None
    last = rest["items"][-1]["number"]
    place.leave(1)
    news = staff.get(f"/api/v1/events?cursor={last}").json()["items"]
    assert [entry["event"]["type"] for entry in news] == ["BadgePresented", "Crossed"]


def test_an_event_that_never_was_is_not_found(staff: TestClient) -> None:
    answer = staff.get(f"/api/v1/events/ss-entrance/{EPOCH}/99")
    assert answer.status_code == 404
    assert f"ss-entrance/{EPOCH}/99" in answer.json()["detail"]


def test_a_statement_pulled_twice_is_the_same_bytes(staff: TestClient, place: Place) -> None:
    place.join(1)
    _stay(place, 1, 30)
    first = staff.get("/api/v1/statements/2026-11")
    place.clock.pass_s(5000)
    second = staff.get("/api/v1/statements/2026-11")
    assert first.content == second.content
    assert first.headers["etag"] == second.headers["etag"]
    unchanged = staff.get("/api/v1/statements/2026-11", headers={"If-None-Match": first.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_new_usage_changes_the_statement_and_its_etag(staff: TestClient, place: Place) -> None:
    before = staff.get("/api/v1/statements/2026-11").headers["etag"]
    place.join(1)
    _stay(place, 1, 30)
    after = staff.get("/api/v1/statements/2026-11", headers={"If-None-Match": before})
    assert after.status_code == 200
    assert after.headers["etag"] != before


def test_a_statement_counts_users_and_prices_them_as_text(staff: TestClient, place: Place) -> None:
    for number in (1, 2):
        place.join(number)
    place.join(3, plan="staff", category="staff")
    place.come(1)
    place.come(2)
    place.come(3)
    place.clock.pass_s(3600)
    for number in (1, 2, 3):
        place.leave(number)
    statement = staff.get("/api/v1/statements/2026-11").json()
    assert statement == {
        "month": "2026-11",
        "status": "draft",
        "tariff": "sceaux-2026",
        "currency": "EUR",
        "users": 2,
        "user_days": 2,
        "minutes": 120,
        "peak": 2,
        "sites": {SCEAUX: {"users": 2, "user_days": 2, "minutes": 120, "peak": 2}},
        "lines": [{"first": 1, "last": 2, "count": 2, "rate": "6.00", "amount": "12.00"}],
        "total": "12.00",
    }


def test_people_are_in_a_statement_only_when_asked_for(client: TestClient, place: Place) -> None:
    place.join(1)
    _stay(place, 1, 30)
    key = place.key("billing")
    assert "m-1" not in client.get("/api/v1/statements/2026-11", headers=key).text
    [person] = client.get("/api/v1/statements/2026-11?people=1", headers=key).json()["people"]
    assert person == {
        "member": "m-1",
        "days": 1,
        "minutes": 30,
        "visits": 1,
        "first_visit": f"ss-entrance/{EPOCH}/1",
        "last_visit": f"ss-entrance/{EPOCH}/1",
    }


@pytest.mark.parametrize(("month", "status"), [("2026-13", 422), ("november", 422), ("2020-01", 404)])
def test_a_month_without_sense_or_tariff_is_refused(staff: TestClient, month: str, status: int) -> None:
    assert staff.get(f"/api/v1/statements/{month}").status_code == status


def test_the_tariff_is_told_with_its_amounts_as_text(staff: TestClient) -> None:
    [tariff] = json.loads(staff.get("/api/v1/tariffs").text)
    assert tariff["id"] == "sceaux-2026"
    assert [bracket["rent_per_user"] for bracket in tariff["brackets"]] == ["6.00", "9.00", "11.50", "13.00"]


def test_a_stay_that_is_still_open_is_listed_without_end(staff: TestClient, place: Place) -> None:
    place.join(1)
    place.come(1)
    place.clock.at += timedelta(minutes=90)
    [visit] = staff.get(f"/api/v1/visits?{_MONTH}").json()["items"]
    assert visit["ended_at"] is None
    assert staff.get("/api/v1/statements/2026-11").json()["users"] == 0
