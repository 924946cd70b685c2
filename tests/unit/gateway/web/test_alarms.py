"""What staff should see to, in the API and on the live page."""

from datetime import timedelta
from typing import get_args

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from fastapi.testclient import TestClient

from gateway.domain.authority import SYSTEM
from gateway.web.alarms import What
from gateway.web.app import create_app
from gateway.web.i18n import WORDS
from protocol.base import as_wire_time
from protocol.certificates import signing_request
from protocol.enrolment import EnrolmentRequest
from protocol.events import (
    DuressSignalled,
    EpochBegun,
    EventsDropped,
    ExitRequested,
    FireAlarm,
    FireAlarmEnded,
    PassedBack,
    RecordUnreadable,
    Tailgated,
)
from protocol.topics import NodeTopics
from tests.unit.gateway.web.place import SCEAUX, VOISIN, Place, badge, card


def alarms(client: TestClient) -> list[tuple[str, str, int | None]]:
    return [(a["node"], a["what"], a["count"]) for a in client.get("/api/v1/alarms").json()]


def test_a_place_without_trouble_has_no_alarm(place: Place, staff: TestClient) -> None:
    place.beat()
    assert alarms(staff) == []


def test_two_nodes_of_one_name_are_an_alarm_and_get_no_command(place: Place, staff: TestClient) -> None:
    for start in ("5" * 16, "6" * 16, "5" * 16):
        place.beat("ss-entrance", start=start)
    assert alarms(staff) == [("ss-entrance", "duplicated", None)]
    (entrance,) = [node for node in staff.get("/api/v1/nodes").json() if node["id"] == "ss-entrance"]
    assert entrance["duplicated_since"] == "2026-11-24T09:00:00.000000Z"
    refused = staff.post(f"/api/v1/doors/{SCEAUX}/entrance/open")
    assert refused.status_code == 409
    assert "two nodes say that they are ss-entrance" in refused.json()["detail"]


def enrol(place: Place, node: str) -> None:
    csr = signing_request(generate_private_key(SECP256R1()))
    place.gateway.enrolment.sign(EnrolmentRequest(node=node, csr=csr), SYSTEM)


def test_a_certificate_that_was_not_renewed_in_time_is_an_alarm(place: Place) -> None:
    enrol(place, "ss-garden")
    for days, found in ((300, []), (305, [("ss-garden", "certificate-ending", None)])):
        place.clock.at += timedelta(days=days - (300 if found else 0))
        assert alarms(TestClient(create_app(place), headers=place.key("staff"))) == found
    enrol(place, "ss-garden")
    assert alarms(TestClient(create_app(place), headers=place.key("staff"))) == []


def test_a_node_that_was_put_out_and_still_gets_through_is_an_alarm(place: Place, staff: TestClient) -> None:
    enrol(place, "ss-garden")
    place.gateway.enrolment.revoke("ss-garden", SYSTEM)
    assert alarms(staff) == []
    place.report("ss-garden", ExitRequested(door="garden"))
    assert alarms(staff) == [("ss-garden", "put-out", None)]


def test_a_node_that_records_nothing_is_an_alarm_while_it_is_there(place: Place, staff: TestClient) -> None:
    place.beat("ss-garden", spool="failing")
    assert alarms(staff) == [("ss-garden", "spool-failing", None)]
    place.beat("ss-garden")
    assert alarms(staff) == []


def test_what_nodes_lost_is_told_by_node_and_added_up(place: Place, staff: TestClient) -> None:
    place.report("ss-garden", EventsDropped(count=3, up_to=9), EventsDropped(count=4, up_to=20))
    place.report("ss-entrance", RecordUnreadable(reason="unanswered"))
    place.report("ss-meeting-1", EpochBegun(cause="spool_damaged", before=None))
    place.report("ss-meeting-2", EpochBegun(cause="identity_conflict", before="a" * 16))
    assert sorted(alarms(staff)) == [
        ("ss-entrance", "set-aside", 1),
        ("ss-garden", "dropped", 7),
        ("ss-meeting-1", "spool-damaged", None),
        ("ss-meeting-2", "conflict", None),
    ]


def test_gaps_and_dead_letters_are_told_for_a_week(place: Place, staff: TestClient) -> None:
    place.report("ss-entrance", ExitRequested(door="entrance"), lost=4)
    place.gateway.receive(NodeTopics(SCEAUX, "ss-entrance").up("events"), b"{")
    place.gateway.receive(NodeTopics(VOISIN, "pv-attic").up("events"), b"[]")
    place.gateway.take_in()
    assert sorted(alarms(staff)) == [
        ("pv-attic", "unreadable", 1),
        ("ss-entrance", "lost", 4),
        ("ss-entrance", "unreadable", 1),
    ]
    place.clock.at += timedelta(days=7, seconds=1)
    key = place.key("staff")  # the first has expired
    assert alarms(TestClient(create_app(place), headers=key)) == []


def test_a_copied_badge_is_an_alarm(place: Place, staff: TestClient) -> None:
    place.join(1)
    place.report("ss-entrance", badge(1, "entrance", refused_for="not_genuine"))
    assert alarms(staff) == [("ss-entrance", "not-genuine", 1)]
    (alarm,) = staff.get("/api/v1/alarms").json()
    event = staff.get(f"/api/v1/events/{alarm['event']}").json()["event"]
    assert (event["credential"], event["reason"]) == (card(1), "not_genuine")


@pytest.mark.parametrize(
    ("language", "title", "said"),
    [("fr", "À traiter", "Deux boîtiers sous ce nom"), ("en", "Needs attention", "Two nodes of this name")],
)
def test_the_live_page_says_what_to_do_in_both_languages(
    place: Place, staff: TestClient, language: str, title: str, said: str
) -> None:
    assert f">{title}<" not in staff.get(f"/?lang={language}").text
    for start in ("5" * 16, "6" * 16, "5" * 16):
        place.beat("ss-entrance", start=start)
    page = staff.get(f"/?lang={language}").text
    assert f">{title}<" in page
    assert said in page


def test_every_alarm_can_be_said() -> None:
    for words in WORDS.values():
        for what in get_args(What):
            assert words.knows(f"alarm_{what}") or words.count(f"alarm_{what}", 2)
            assert words.knows(f"alarm_{what}_do")


def test_nodes_say_how_they_are(place: Place, staff: TestClient) -> None:
    place.beat("ss-garden")
    nodes = {node["id"]: node for node in staff.get("/api/v1/nodes").json()}
    assert nodes.keys() == {node.id for site in place.gateway.sites.values() for node in site.nodes}
    garden = nodes["ss-garden"]
    assert (garden["online"], garden["spool"], garden["dropped"], garden["software"]) == (
        True,
        "working",
        0,
        "test",
    )
    assert (nodes["ss-entrance"]["online"], nodes["ss-entrance"]["heard_at"]) == (False, None)


def test_people_who_sit_on_after_their_booking_are_an_alarm_until_they_leave(
    place: Place, staff: TestClient
) -> None:
    place.join(1)
    start = place.clock.now()
    place.book("meeting-1", start, 1)
    place.sense("ss-meeting-1", "meeting-1", occupied=True)
    place.clock.at = start + timedelta(minutes=70)
    place.beat()
    assert alarms(staff) == [("ss-meeting-1", "overstay", None)]
    place.sense("ss-meeting-1", "meeting-1", occupied=False)
    assert alarms(staff) == []


def test_a_fire_stands_above_all_until_it_has_ended(place: Place, staff: TestClient) -> None:
    place.report("ss-entrance", FireAlarm())
    place.clock.pass_s(60)
    place.report("ss-garden", Tailgated(door="garden", crossings=2, grants=1))
    assert alarms(staff) == [("ss-entrance", "fire", None), ("ss-garden", "tailgated", 1)]
    place.report("ss-entrance", FireAlarmEnded())
    assert alarms(staff) == [("ss-garden", "tailgated", 1)]


def test_who_came_in_twice_or_behind_another_is_counted(place: Place, staff: TestClient) -> None:
    twice = PassedBack(door="entrance", grant=1)
    behind = Tailgated(door="entrance", crossings=2, grants=1)
    place.report("ss-entrance", twice, behind, twice)
    assert sorted(alarms(staff)) == [("ss-entrance", "passed-back", 2), ("ss-entrance", "tailgated", 1)]


def test_an_alarm_names_the_door_or_the_room_beside_the_node(place: Place, staff: TestClient) -> None:
    for node in ("ss-entrance", "ss-loans", "ss-commons"):
        place.report(node, EventsDropped(count=1, up_to=9))
    named = {alarm["node"]: alarm["places"] for alarm in staff.get("/api/v1/alarms").json()}
    assert named["ss-entrance"] == ["Entrée"]
    assert named["ss-loans"] == ["Prêt de matériel"]
    assert "Cuisine partagée" in named["ss-commons"]
    assert "Entrée<small>ss-entrance</small>" in staff.get("/").text


def test_two_rooms_of_one_node_that_are_not_left_are_two_alarms(place: Place, staff: TestClient) -> None:
    place.join(1)
    for room in ("office-1", "office-2"):
        place.book(room, place.clock.now(), 1)
        place.sense("ss-offices-a", room, occupied=True)
    place.clock.pass_s(3600 + 11 * 60)
    found = staff.get("/api/v1/alarms").json()
    assert sorted(alarm["places"] for alarm in found if alarm["what"] == "overstay") == [
        ["Bureau 1"],
        ["Bureau 2"],
    ]


def test_what_happens_again_says_when_first_and_when_last(place: Place, staff: TestClient) -> None:
    first = place.clock.now()
    place.report("ss-garden", EventsDropped(count=3, up_to=9))
    [once] = staff.get("/api/v1/alarms").json()
    assert once["last_at"] is None
    place.clock.pass_s(12 * 3600)
    place.report("ss-garden", EventsDropped(count=4, up_to=20))
    [again] = staff.get("/api/v1/alarms").json()
    assert (again["since"], again["last_at"]) == (as_wire_time(first), as_wire_time(place.clock.now()))
    place.clock.pass_s(3600)
    assert "il y a 13 h, dernière fois il y a 1 h" in staff.get("/?lang=fr").text


def test_what_happened_last_comes_first(place: Place, staff: TestClient) -> None:
    place.report("ss-garden", EventsDropped(count=3, up_to=9))
    place.clock.pass_s(600)
    place.report("ss-entrance", EventsDropped(count=3, up_to=9))
    place.clock.pass_s(600)
    place.report("ss-garden", EventsDropped(count=3, up_to=20))
    assert [node for node, *_ in alarms(staff)] == ["ss-garden", "ss-entrance"]


def test_unreadable_messages_say_when_the_last_came(place: Place, staff: TestClient) -> None:
    for _ in range(2):
        place.gateway.receive(NodeTopics(SCEAUX, "ss-entrance").up("events"), b"{")
        place.gateway.take_in()
        place.clock.pass_s(3600)
    [found] = staff.get("/api/v1/alarms").json()
    assert found["last_at"] > found["since"]


def test_a_call_for_help_stands_above_all_but_a_fire(place: Place, staff: TestClient) -> None:
    place.report("ss-entrance", DuressSignalled(point="entrance", badge=1))
    place.clock.pass_s(60)
    place.report("ss-garden", Tailgated(door="garden", crossings=2, grants=1))
    assert [what for _, what, _ in alarms(staff)] == ["duress", "tailgated"]


def test_a_badge_of_duress_is_one_in_every_list(place: Place, staff: TestClient) -> None:
    place.join(1)
    place.clock.pass_s(1)
    sent = {"ref": card(2), "duress": True}
    assert staff.post("/api/v1/members/m-1/credentials", json=sent).json()["duress"] is True
    place.gateway.issue()
    with place.ledger.reading() as books:
        issued = books.nodes.issued("ss-entrance")
    assert issued is not None
    assert [issued.credentials[card(number)].duress for number in (1, 2)] == [False, True]
