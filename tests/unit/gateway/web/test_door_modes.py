"""Lockdown, free passage and events: from the wish to the list of the door."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from gateway.commands import BookSpace
from gateway.domain.authority import SYSTEM
from gateway.web.alarms import alarms_of
from gateway.web.app import create_app
from protocol.access import Denied, Granted
from protocol.events import Crossed, Direction
from tests.fakes import site
from tests.unit.gateway.web.place import OWN_FORM, SCEAUX, Place, card, open_place

NOBODY = "c_" + "0" * 32
EVENING: dict[str, Any] = {
    "site": SCEAUX,
    "name": "Portes ouvertes",
    "starts_at": "2026-11-24T18:00",
    "ends_at": "2026-11-24T22:00",
    "passages": [
        {"doors": ["entrance"], "starts_at": "2026-11-24T17:30", "ends_at": "2026-11-24T21:00"},
        {"doors": ["garden"], "starts_at": "2026-11-24T18:00", "ends_at": "2026-11-24T22:00"},
    ],
}
HIRE: dict[str, Any] = {
    "site": SCEAUX,
    "organiser": "m-1",
    "starts_at": "2026-11-24T16:00",
    "ends_at": "2026-11-24T19:00",
}


@pytest.fixture(autouse=True)
def _people(place: Place) -> None:
    place.join(1)
    place.join(2, plan="staff", category="staff")


def decide(place: Place, who: str, door: str = "entrance", at: datetime | None = None) -> Granted | Denied:
    """Ask the list that the door's node was issued."""
    place.gateway.issue()
    node = next(each.node for each in place.gateway.sites[SCEAUX].doors if each.id == door)
    with place.ledger.reading() as books:
        issued = books.nodes.issued(node)
    assert issued is not None
    return issued.decide(who, door, at or place.clock.now())


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-24T{clock}+01:00")


def lock_down(staff: TestClient, *doors: str) -> str:
    wish = {"site": SCEAUX, "doors": doors, "reason": "intrusion"}
    made = staff.post("/api/v1/door-modes/lockdown", json=wish)
    assert made.status_code == 201
    return str(made.json()["id"])


def test_in_a_lockdown_only_staff_come_in_until_it_is_lifted(place: Place, staff: TestClient) -> None:
    assert decide(place, card(1)) == Granted("member")
    lockdown = lock_down(staff)
    assert decide(place, card(1)) == Denied("lockdown")
    assert decide(place, card(2)) == Granted("staff")
    assert staff.delete(f"/api/v1/door-modes/{lockdown}").status_code == 204
    assert decide(place, card(1)) == Granted("member")
    assert staff.delete(f"/api/v1/door-modes/{lockdown}").status_code == 404


def test_a_lockdown_travels_as_a_patch(place: Place, staff: TestClient) -> None:
    place.gateway.issue()
    place.downlink.lists.clear()
    lock_down(staff)
    place.gateway.issue()
    assert place.downlink.lists == []
    doors = {door for signed in place.downlink.patches for door in signed.body["modes"]}
    assert doors == {door.id for door in place.gateway.sites[SCEAUX].doors}


def test_a_lockdown_of_one_door_leaves_the_others(place: Place, staff: TestClient) -> None:
    lock_down(staff, "garden")
    assert decide(place, card(1), "garden") == Denied("lockdown")
    assert decide(place, card(1)) == Granted("member")


def test_a_lockdown_lasts_through_every_issue_of_the_list(place: Place, staff: TestClient) -> None:
    lock_down(staff)
    place.clock.pass_s(20 * 24 * 3600)
    assert decide(place, card(1)) == Denied("lockdown")


def test_free_passage_opens_to_anybody_for_its_time(place: Place, staff: TestClient) -> None:
    times = {"starts_at": "2026-11-24T18:00", "ends_at": "2026-11-24T19:00"}
    wish = {"site": SCEAUX, "doors": ["entrance"], "reason": "livraison", **times}
    assert staff.post("/api/v1/door-modes/free-passage", json=wish).status_code == 201
    answers = [decide(place, NOBODY, at=at(clock)) for clock in ("17:59", "18:00", "18:59", "19:00")]
    assert [isinstance(answer, Granted) for answer in answers] == [False, True, True, False]


@pytest.mark.parametrize(
    ("wrong", "pointer", "said"),
    [
        ({"doors": ["attic"]}, "/doors/0", "unknown_door"),
        ({"ends_at": "2026-11-24T18:00"}, "/ends_at", "ends_before_start"),
        ({"ends_at": "2026-11-26T18:00"}, "/ends_at", "too_long"),
        ({"starts_at": "2026-11-23T18:00", "ends_at": "2026-11-23T19:00"}, "/ends_at", "over"),
    ],
)
def test_a_free_passage_that_makes_no_sense_is_refused(
    staff: TestClient, wrong: dict[str, Any], pointer: str, said: str
) -> None:
    times = {"starts_at": "2026-11-24T18:00", "ends_at": "2026-11-24T19:00"}
    wish = {"site": SCEAUX, "doors": ["entrance"], "reason": "livraison", **times, **wrong}
    refused = staff.post("/api/v1/door-modes/free-passage", json=wish)
    assert refused.status_code == 422
    assert (pointer, said) in [(error["pointer"], error["code"]) for error in refused.json()["errors"]]


def test_the_doors_of_an_event_are_free_as_its_plan_says(place: Place, staff: TestClient) -> None:
    assert staff.post("/api/v1/gatherings", json=EVENING).json()["most"] == 100
    found = {
        (door, clock): isinstance(decide(place, NOBODY, door, at(clock)), Granted)
        for door in ("entrance", "garden", "meeting-1-door")
        for clock in ("17:45", "18:30", "21:30")
    }
    assert [key for key, free in found.items() if free] == [
        ("entrance", "17:45"),
        ("entrance", "18:30"),
        ("garden", "18:30"),
        ("garden", "21:30"),
    ]


def test_an_event_that_is_called_off_opens_nothing(place: Place, staff: TestClient) -> None:
    event = staff.post("/api/v1/gatherings", json=EVENING).json()["id"]
    assert staff.delete(f"/api/v1/gatherings/{event}").status_code == 204
    assert isinstance(decide(place, NOBODY, at=at("18:30")), Denied)
    assert [each["cancelled"] for each in staff.get(f"/api/v1/gatherings?site={SCEAUX}").json()] == [True]
    assert staff.delete(f"/api/v1/gatherings/{event}").status_code == 404


def crossing(place: Place, direction: Direction, times: int = 1, when: datetime | None = None) -> None:
    beams = Crossed(counter="entrance-beams", space="floor", direction=direction)
    place.report("ss-entrance", *([beams] * times), at=when)


def test_an_event_counts_heads_and_keeps_no_name(place: Place, staff: TestClient) -> None:
    now = place.clock.now()
    wish = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=4)).isoformat(), "passages": []}
    event = staff.post("/api/v1/gatherings", json={**EVENING, **wish, "most": 3}).json()["id"]
    place.clock.pass_s(60)
    crossing(place, "in", 4)
    crossing(place, "out")
    place.clock.pass_s(3600)
    crossing(place, "in")
    place.clock.pass_s(1)
    count = staff.get(f"/api/v1/gatherings/{event}/head-count").json()
    assert (count["inside"], count["entered"], count["peak"]) == (4, 5, 4)
    assert [hour["entered"] for hour in count["by_hour"]] == [4, 1]
    assert "crowded" in [alarm["what"] for alarm in staff.get("/api/v1/alarms").json()]
    assert "Portes ouvertes" in staff.get("/").text


def test_who_is_inside_when_an_event_begins_is_counted(place: Place, staff: TestClient) -> None:
    place.come(1)
    place.clock.pass_s(60)
    now = place.clock.now()
    wish = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=4)).isoformat(), "passages": []}
    event = staff.post("/api/v1/gatherings", json={**EVENING, **wish}).json()["id"]
    count = staff.get(f"/api/v1/gatherings/{event}/head-count").json()
    assert (count["inside"], count["entered"]) == (1, 0)


def test_no_door_is_free_while_the_place_is_hired_whole(staff: TestClient) -> None:
    hired = staff.post("/api/v1/privatisations", json=HIRE).json()["id"]
    refused = staff.post("/api/v1/gatherings", json=EVENING)
    assert refused.status_code == 409
    assert [(error["code"], error["by"]) for error in refused.json()["errors"]] == [("privatised", hired)]


def test_no_place_is_hired_whole_while_a_door_is_free(staff: TestClient) -> None:
    event = staff.post("/api/v1/gatherings", json=EVENING).json()["id"]
    refused = staff.post("/api/v1/privatisations", json=HIRE)
    assert refused.status_code == 409
    assert [(error["code"], error["by"]) for error in refused.json()["errors"]] == [("free_passage", event)]


def test_a_refusal_by_a_mode_is_explained(staff: TestClient) -> None:
    lock_down(staff)
    query = {"credential": card(1), "door": "entrance", "site": SCEAUX, "at": "2026-11-24T10:00:00+01:00"}
    assert staff.get("/api/v1/explain", params=query).json()["code"] == "lockdown"


@pytest.fixture
def small_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A place whose meeting room takes two, and refuses whoever comes then."""
    whole = site(SCEAUX)
    spaces = tuple(
        space.model_copy(update={"capacity": 2, "when_full": "refuse"}) if space.id == "meeting-1" else space
        for space in whole.spaces
    )
    place = open_place(tmp_path_factory.mktemp("small"), whole.model_copy(update={"spaces": spaces}))
    place.join(1, plan="staff", category="staff")
    place.join(3)
    place.gateway.handle(BookSpace(SCEAUX, "meeting-1", "m-3", place.clock.now(), at("12:00"), None), SYSTEM)
    yield place
    place.ledger.close()


def test_a_full_room_refuses_until_somebody_leaves(small_room: Place) -> None:
    def pass_through(direction: Direction) -> None:
        beams = Crossed(counter="meeting-1-beams", space="meeting-1", direction=direction)
        small_room.report("ss-meeting-1", beams)

    pass_through("in")
    assert isinstance(decide(small_room, card(3), "meeting-1-door"), Granted)
    pass_through("in")
    assert decide(small_room, card(3), "meeting-1-door") == Denied("full")
    assert decide(small_room, card(1), "meeting-1-door") == Granted("staff")
    with small_room.ledger.reading() as books:
        told = alarms_of(books, small_room.gateway.sites[SCEAUX], small_room.clock.now())
    assert [(alarm.what, alarm.places) for alarm in told] == [("full", ("Salle Colbert",))]
    pass_through("out")
    assert isinstance(decide(small_room, card(3), "meeting-1-door"), Granted)


def test_a_lockdown_that_was_lifted_still_explains_who_was_refused_in_it(
    place: Place, staff: TestClient
) -> None:
    lockdown = lock_down(staff)
    place.clock.pass_s(60)
    refused_at = place.clock.now()
    place.clock.pass_s(60)
    staff.delete(f"/api/v1/door-modes/{lockdown}")
    query = {"credential": card(1), "door": "entrance", "site": SCEAUX}
    codes = [
        staff.get("/api/v1/explain", params={**query, "at": at.isoformat()}).json()["code"]
        for at in (refused_at, place.clock.now())
    ]
    assert codes == ["lockdown", "plan"]


def test_the_same_lockdown_twice_is_one(staff: TestClient) -> None:
    first = lock_down(staff)
    assert lock_down(staff) == first
    assert lock_down(staff, "garden") != first
    staff.delete(f"/api/v1/door-modes/{first}")
    found = staff.get("/api/v1/door-modes", params={"site": SCEAUX}).json()
    assert [mode["doors"] for mode in found] == [["garden"]]


def test_a_reason_of_blanks_is_none(place: Place) -> None:
    page = TestClient(create_app(place), headers=OWN_FORM, follow_redirects=False)
    page.cookies.set("passerelle_session", place.session())
    sent = page.post("/doors/lockdown", data={"site": SCEAUX, "reason": "  "})
    assert sent.status_code == 422
    assert page.post("/doors/lockdown", data={"site": SCEAUX, "reason": " exercice "}).status_code == 303
    assert "exercice" in page.get("/doors").text


def test_no_event_is_held_that_is_over(staff: TestClient) -> None:
    past = {"starts_at": "2026-11-20T18:00", "ends_at": "2026-11-20T22:00", "passages": []}
    refused = staff.post("/api/v1/gatherings", json={**EVENING, **past})
    assert [error["code"] for error in refused.json()["errors"]] == ["over"]
