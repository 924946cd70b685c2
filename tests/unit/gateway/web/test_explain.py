"""Why a door opens or does not: the answer of the node's own code, and the words for it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from gateway import commands as ask
from gateway.domain.authority import SYSTEM
from gateway.domain.people import Plan
from gateway.domain.visits import Visit
from protocol.access import AccessList, Granted
from protocol.signing import Signed
from tests.unit.gateway.web.place import SCEAUX, Place, badge, card

TEN = datetime(2026, 11, 24, 9, tzinfo=UTC)  # in Sceaux
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def explained(
    staff: TestClient, who: int, door: str, at: datetime | str = TEN, site: str = SCEAUX
) -> dict[str, Any]:
    query = {"credential": card(who), "door": door, "site": site, "at": str(at)}
    answer = staff.get("/api/v1/explain", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def says(found: dict[str, Any], code: str, fr: str, en: str) -> None:
    assert (found["code"], found["text"]) == (code, {"fr": fr, "en": en})


def test_a_plan_opens_the_entrance_within_its_hours(place: Place, staff: TestClient) -> None:
    place.join(1)
    found = explained(staff, 1, "entrance")
    assert (found["granted"], found["why"], found["code"]) == (True, "member", "plan")
    late = explained(staff, 1, "entrance", TEN + 12 * HOUR)
    assert (late["granted"], late["reason"], late["opens_at"]) == (
        False,
        "too_early",
        "2026-11-25T07:00:00.000000Z",
    )
    says(
        late,
        "outside_hours",
        "Hors des horaires de la formule. Ouverture le 25/11/2026 à 8 h.",
        "Outside the hours of the plan. It opens on 25/11/2026 at 08:00.",
    )


def test_a_room_that_somebody_else_has_says_until_when(place: Place, staff: TestClient) -> None:
    place.join(1)
    place.join(2)
    place.book("meeting-1", TEN, 5)
    assert explained(staff, 1, "meeting-1-door")["code"] == "booking"
    says(
        explained(staff, 2, "meeting-1-door"),
        "held_for_another",
        "Réservée jusqu\u2019à 15 h.",
        "Booked until 15:00.",
    )


def test_ones_own_booking_says_when_it_begins_and_that_it_is_over(place: Place, staff: TestClient) -> None:
    place.join(1)
    place.book("meeting-1", TEN + 4 * HOUR, 0.5)
    says(
        explained(staff, 1, "meeting-1-door"),
        "booking_later",
        "Votre réservation commence à 14 h.",
        "Your booking begins at 14:00.",
    )
    says(
        explained(staff, 1, "meeting-1-door", TEN + 6 * HOUR),
        "booking_over",
        "Votre réservation a pris fin à 14 h 30.",
        "Your booking ended at 14:30.",
    )


def test_a_booking_that_was_given_back_says_so(place: Place, staff: TestClient) -> None:
    place.join(1)
    booked = place.book("meeting-1", TEN, 2)
    place.gateway.handle(ask.CheckInOrOut(booked.id, "check_in", "staff"), SYSTEM)
    place.clock.at = TEN + 20 * MINUTE
    place.gateway.handle(ask.CheckInOrOut(booked.id, "check_out", "staff"), SYSTEM)
    place.gateway.take_in()
    says(
        explained(staff, 1, "meeting-1-door", TEN + 30 * MINUTE),
        "booking_given_back",
        "Votre réservation a été libérée à 10 h 20.",
        "Your booking was given back at 10:20.",
    )


def test_a_card_says_whether_it_is_known_taken_back_or_not_given_yet(place: Place, staff: TestClient) -> None:
    place.join(1)
    assert explained(staff, 9, "entrance")["code"] == "unknown_credential"
    place.gateway.handle(ask.RevokeCredential(card(1)), SYSTEM)
    says(
        explained(staff, 1, "entrance", TEN + HOUR),
        "credential_revoked",
        "Ce badge a été retiré, à 10 h.",
        "This badge was taken back at 10:00.",
    )
    assert explained(staff, 1, "entrance", "2026-11-20T10:00")["code"] == "plan", "it was theirs then"
    assert explained(staff, 1, "entrance", "2025-11-20T10:00")["code"] == "credential_not_yet_given"


def test_a_suspension_comes_before_everything_else(place: Place, staff: TestClient) -> None:
    place.join(1)
    place.gateway.handle(ask.SuspendMember("m-1", TEN, TEN + timedelta(days=2), "unpaid"), SYSTEM)
    says(
        explained(staff, 1, "entrance"),
        "suspended",
        "L\u2019adhésion est suspendue jusqu\u2019au 26/11/2026 à 10 h.",
        "The membership is suspended until 26/11/2026 at 10:00.",
    )


@pytest.mark.parametrize(
    ("plan", "door", "at", "code"),
    [
        ("nomad", "entrance", "2026-12-25T10:00", "closed_day"),
        ("student", "entrance", "2026-11-25T10:00", "outside_hours"),
        ("guest", "entrance", "2026-11-25T10:00", "no_right_here"),
        ("nomad", "meeting-1-door", "2026-11-25T10:00", "no_right_here"),
        ("staff", "meeting-1-door", "2026-11-29T03:00", "staff"),
    ],
)
def test_plans_say_what_they_do_not_open(
    place: Place, staff: TestClient, plan: Plan, door: str, at: str, code: str
) -> None:
    place.join(1, plan=plan)
    assert explained(staff, 1, door, at)["code"] == code


def test_days_that_are_used_up_are_named(place: Place, staff: TestClient) -> None:
    place.join(1, plan="part-time")
    with place.ledger.writing() as books:
        for day in range(2, 10):
            moment = datetime(2026, 11, day, 9, tzinfo=UTC)
            visit = Visit(SCEAUX, "m-1", moment, moment, "measured", f"ss-entrance/{'0' * 16}/{day}", None)
            books.projections.replace_visits(SCEAUX, date(2026, 11, day), [visit])
    assert explained(staff, 1, "entrance")["code"] == "days_used_up"


def test_what_the_door_said_itself_is_told_beside(place: Place, staff: TestClient) -> None:
    place.join(1)
    place.report("ss-entrance", badge(1, "entrance", refused_for="list_expired"), at=TEN)
    [tap] = explained(staff, 1, "entrance")["taps"]
    assert (tap["granted"], tap["reason"], tap["list_revision"]) == (False, "list_expired", 1)
    assert explained(staff, 1, "garden")["taps"] == []
    assert explained(staff, 1, "entrance", TEN + HOUR)["taps"] == []


def test_the_answer_is_that_of_the_list_which_the_node_was_sent(place: Place, staff: TestClient) -> None:
    for number, plan in enumerate(("nomad", "student", "staff", "guest"), start=1):
        place.join(number, plan=plan)  # type: ignore[arg-type]
    place.book("meeting-1", TEN + HOUR, 2)
    place.gateway.issue()
    lists = {signed.body["node"]: AccessList.model_validate(signed.body) for signed in _whole(place)}
    for minutes in range(0, 12 * 60, 25):
        at = TEN + minutes * MINUTE
        for door, node in (("entrance", "ss-entrance"), ("meeting-1-door", "ss-meeting-1")):
            for who in range(1, 6):
                decided = lists[node].decide(card(who), door, at)
                assert explained(staff, who, door, at)["granted"] == isinstance(decided, Granted)


def _whole(place: Place) -> list[Signed]:
    return [signed for signed in place.downlink.lists if signed.kind == "access_list"]


def test_a_question_about_no_door_or_two_is_refused(place: Place, staff: TestClient) -> None:
    assert staff.get("/api/v1/explain", params={"credential": card(1), "door": "attic"}).status_code == 404
    ambiguous = staff.get("/api/v1/explain", params={"credential": card(1), "door": "entrance"})
    assert (ambiguous.status_code, ambiguous.json()["errors"][0]["pointer"]) == (422, "/site")
    assert staff.get("/api/v1/explain", params={"credential": card(1), "door": "garden"}).status_code == 200


def test_who_may_not_see_who_was_where_may_not_ask(place: Place, client: TestClient) -> None:
    query = {"credential": card(1), "door": "garden"}
    assert client.get("/api/v1/explain", params=query, headers=place.key("viewer")).status_code == 403


def test_the_page_asks_and_answers_in_the_readers_language(place: Place, staff: TestClient) -> None:
    place.join(1)
    place.join(2)
    place.book("meeting-1", TEN, 5)
    assert 'data-testid="answer"' not in staff.get("/explain").text
    query = {"member": "m-2", "door": f"{SCEAUX}/meeting-1-door", "at": "2026-11-24T10:30"}
    french = staff.get("/explain", params=query).text
    assert "La porte reste fermée" in french
    assert "Réservée jusqu\u2019à 15 h." in french
    english = staff.get("/explain", params=query | {"lang": "en", "member": "m-1"}).text
    assert "The door opens" in english
    assert "Their booking opens this door." in english.replace("&#39;", "'")


def test_the_page_says_what_cannot_be_answered(place: Place, staff: TestClient) -> None:
    place.join(1)
    query = {"member": "m-1", "door": f"{SCEAUX}/garden", "at": "2026-10-25T02:30"}
    assert "les horloges changent" in staff.get("/explain", params=query).text
    nobody = query | {"member": "m-9", "at": "2026-11-24T10:30"}
    assert "pas de badge" in staff.get("/explain", params=nobody).text


def test_the_page_names_all_members_and_is_for_staff_alone(place: Place, client: TestClient) -> None:
    assert client.get("/explain").status_code == 401
    assert client.get("/explain", headers=place.key("billing")).status_code == 403
