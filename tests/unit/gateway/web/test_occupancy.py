"""Who is where, as the API tells it."""

from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient

from tests.unit.gateway.web.place import Place


def _site(client: TestClient, site: str = "sceaux-smart") -> dict[str, Any]:
    sites: list[dict[str, Any]] = client.get("/api/v1/occupancy").json()["sites"]
    return next(found for found in sites if found["site"] == site)


def _space(client: TestClient, space: str) -> dict[str, Any]:
    return next(found for found in _site(client)["spaces"] if found["space"] == space)


def test_an_empty_place_says_so_for_every_space(staff: TestClient, place: Place) -> None:
    site = _site(staff)
    assert (site["present"], site["counted"]) == (0, None)
    assert len(site["spaces"]) == len(place.gateway.sites["sceaux-smart"].spaces)
    assert {space["people"] for space in site["spaces"]} == {None}


def test_present_are_the_visits_that_are_open(staff: TestClient, place: Place) -> None:
    for number in (1, 2, 3):
        place.join(number)
        place.come(number)
    place.leave(2)
    assert _site(staff)["present"] == 2
    assert _site(staff, "le-petit-voisin")["present"] == 0


def test_counted_is_what_crossed_the_perimeter_whoever_it_was(staff: TestClient, place: Place) -> None:
    place.come(77)  # a card that nobody holds: no visit
    site = _site(staff)
    assert (site["present"], site["counted"]) == (0, 1)
    assert _space(staff, "floor")["people"] == 1


def test_a_count_is_zero_again_on_the_next_civil_day(staff: TestClient, place: Place) -> None:
    place.come(77)
    place.clock.at += timedelta(hours=15)  # midnight is past in Sceaux
    assert _site(staff)["counted"] == 0


def test_a_sensed_room_is_occupied_since_then(staff: TestClient, place: Place) -> None:
    place.sense("ss-meeting-2", "meeting-2", occupied=True)
    room = _space(staff, "meeting-2")
    assert (room["occupied"], room["since"]) == (True, "2026-11-24T09:00:00.000000Z")


def test_a_node_is_online_while_it_is_heard(staff: TestClient, place: Place) -> None:
    place.gateway.issue()
    place.beat("ss-entrance")

    def node() -> dict[str, Any]:
        return next(found for found in _site(staff)["nodes"] if found["node"] == "ss-entrance")

    assert node() == {
        "node": "ss-entrance",
        "online": True,
        "heard_at": "2026-11-24T09:00:00.000000Z",
        "list_revision": 1,
        "issued_revision": 1,
    }
    place.clock.pass_s(600)
    assert node()["online"] is False


def test_a_node_that_was_never_heard_is_listed_too(staff: TestClient) -> None:
    [node] = [found for found in _site(staff)["nodes"] if found["node"] == "ss-garden"]
    assert node["online"] is False
    assert node["heard_at"] is None


def test_the_places_are_listed_without_their_wiring(staff: TestClient) -> None:
    sites = staff.get("/api/v1/sites").json()
    assert [site["id"] for site in sites] == ["sceaux-smart", "le-petit-voisin"]
    assert sites[0]["timezone"] == "Europe/Paris"
    [floor] = [space for space in sites[0]["spaces"] if space["id"] == "floor"]
    assert floor["plan"] == {"x": 50, "y": 40, "width": 100, "height": 80}
    assert "strike" not in sites[0]["doors"][0]
