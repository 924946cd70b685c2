"""A member asks to see what is kept, and to be forgotten."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway.commands import (
    EraseMember,
    ExportMember,
    GiveCredential,
    LendItem,
    Privatise,
    Refused,
    RevokeCredential,
)
from gateway.domain.authority import SYSTEM
from gateway.domain.people import PSEUDONYMOUS, Card, Credential
from gateway.domain.visitor_passes import VisitorPass
from gateway.ports import DeadLetter
from protocol.access import Denied
from tests.unit.gateway.forgetting import at, counted, rebuilt, retention, visitors, visits, written_in
from tests.unit.gateway.house import ANA, House
from tests.unit.gateway.test_retention import live_through, refs
from tests.unit.gateway.web.place import SCEAUX, Place, card

MONTHS = ("2026-11", "2026-12")


def test_an_erased_member_is_nowhere_and_everything_counts_as_before(place: Place) -> None:
    live_through(place)
    before, stays = counted(place, *MONTHS), visits(place)
    erased = place.gateway.handle(EraseMember("m-1"), SYSTEM)
    assert (erased.cards, erased.events, erased.visits, erased.bookings) == (1, 8, 4, 1)
    assert (counted(place, *MONTHS), visits(place), rebuilt(place)) == (before, stays, 0)
    assert not any(card(1) in named for named in refs(place).values())
    assert {name for name in visitors(place) if not name.startswith(PSEUDONYMOUS)} == {"m-2", "m-3"}
    with place.ledger.reading() as books:
        assert books.people.member("m-1") is None
        assert books.people.credentials("m-1") == []
        assert books.bookings.of("m-1") == []
        assert books.pseudonyms.of("m-1", "2026-11") is None
    assert place.notifier.forgotten == ["m-1"]


def test_whoever_was_invited_by_an_erased_member_comes_in_no_more_and_is_not_named(place: Place) -> None:
    live_through(place)
    now = place.clock.now()
    invited = VisitorPass(
        "v-1", SCEAUX, ("entrance",), "Zoé Martin", "m-1", "h" * 64, now, now + timedelta(hours=2), True
    )
    with place.ledger.writing() as books:
        books.passes.put(invited)
    (told,) = place.gateway.handle(ExportMember("m-1"), SYSTEM)["visitors"]
    assert (told["visitor"], told["code"]) == ("Zoé Martin", "")
    place.gateway.handle(EraseMember("m-1"), SYSTEM)
    with place.ledger.reading() as books:
        assert books.passes.all() == []


def test_a_hire_names_its_erased_organiser_and_guests_no_more(place: Place) -> None:
    live_through(place)
    now = place.clock.now() + timedelta(days=30)
    for organiser, guest in (("m-1", "m-2"), ("m-2", "m-1")):
        start = now if organiser == "m-1" else now + timedelta(days=1)
        hire = Privatise(SCEAUX, (), organiser, start, start + timedelta(hours=2), "Anniversaire", (guest,))
        place.gateway.handle(hire, SYSTEM)
    place.gateway.handle(EraseMember("m-1"), SYSTEM)
    with place.ledger.reading() as books:
        hires = books.bookings.privatisations(SCEAUX, now, now + timedelta(days=3))
    assert [(hire.title, hire.guests) for hire in hires] == [(None, ("m-2",)), ("Anniversaire", ())]
    assert "m-1" not in {hire.organiser for hire in hires}


def test_an_export_never_holds_the_key_of_a_card(place: Place) -> None:
    place.join(1)
    with place.ledger.writing() as books:
        books.people.give([Credential(card(9), "m-1", place.clock.now(), None, b"locked key of a card")])
    found = place.gateway.handle(ExportMember("m-1"), SYSTEM)
    assert [each["assurance"] for each in found["cards"]] == ["uid", "aes"]
    assert "locked" not in json.dumps(found)


def test_erasing_goes_together_with_forgetting_in_time(place: Place) -> None:
    live_through(place)
    before, stays = counted(place, *MONTHS), visits(place)
    place.gateway.handle(EraseMember("m-2"), SYSTEM)
    place.clock.at = at("2027-03-02T12:00")
    retention(place).keep()
    assert (counted(place, *MONTHS), visits(place), rebuilt(place)) == (before, stays, 0)


def test_the_doors_refuse_the_badges_of_an_erased_member(house: House) -> None:
    house.join("ana", ANA, plan="staff")
    house.gateway.issue()
    house.gateway.handle(EraseMember("ana"), SYSTEM)
    house.gateway.issue()
    assert isinstance(house.list_of("ss-entrance").decide(ANA, "entrance", house.clock.now()), Denied)
    with house.ledger.reading() as books:
        body = books.nodes.issued("ss-entrance")
    assert body is not None
    assert ANA not in body.model_dump_json()


def test_a_badge_that_is_told_late_is_nobodys(place: Place) -> None:
    live_through(place)
    place.gateway.handle(EraseMember("m-1"), SYSTEM)
    before = counted(place, *MONTHS)
    place.come(1, "garden", at("2026-12-02T15:00"))
    assert counted(place, *MONTHS) == before
    assert rebuilt(place) == 0


def test_what_a_card_did_in_other_hands_is_not_theirs(place: Place) -> None:
    live_through(place)
    place.gateway.handle(RevokeCredential(card(1)), SYSTEM)
    place.gateway.handle(GiveCredential("m-2", Card(card(1))), SYSTEM)
    place.clock.pass_s(60)
    place.come(1)
    today = place.clock.now().date()
    assert place.gateway.handle(EraseMember("m-1"), SYSTEM).events == 8
    assert refs(place)[today] == {card(1)}
    assert "m-2" in visitors(place)


def test_whoever_has_something_on_loan_is_not_erased_yet(place: Place) -> None:
    place.join(1)
    due = place.clock.now() + timedelta(hours=2)
    loan = place.gateway.handle(LendItem(SCEAUX, "projector", "m-1", due), SYSTEM)
    with place.ledger.writing() as books:
        taken = books.lockers.loan(loan.id)
        assert taken is not None
        books.lockers.put_loan(replace(taken, taken_at=place.clock.now()))
    with pytest.raises(Refused, match="still on loan"):
        place.gateway.handle(EraseMember("m-1"), SYSTEM)
    with place.ledger.reading() as books:
        assert books.people.member("m-1") is not None


def test_what_is_booked_for_later_is_cancelled(place: Place) -> None:
    place.join(1)
    place.book("meeting-1", place.clock.now() + timedelta(days=1), 1, "Camille")
    place.gateway.handle(EraseMember("m-1"), SYSTEM)
    with place.ledger.reading() as books:
        (booking,) = books.bookings.between(SCEAUX, place.clock.now(), place.clock.now() + timedelta(days=2))
    assert (booking.status, booking.title) == ("cancelled", None)


def test_a_message_that_was_not_understood_is_not_kept_if_it_names_them(place: Place) -> None:
    place.join(1)
    with place.ledger.writing() as books:
        for payload in (f'{{"x":"{card(1)}"}}', "{}"):
            letter = DeadLetter("passerelle/s/n/up/events", "bad_field", "", payload.encode())
            books.journal.bury(letter, place.clock.now())
    place.gateway.handle(EraseMember("m-1"), SYSTEM)
    with place.ledger.reading() as books:
        assert [letter.payload for letter in books.journal.dead_letters(9)] == [b"{}"]


def test_nobody_is_erased_twice(place: Place) -> None:
    place.join(1)
    place.gateway.handle(EraseMember("m-1"), SYSTEM)
    with pytest.raises(Refused, match="no member has the id 'm-1'"):
        place.gateway.handle(EraseMember("m-1"), SYSTEM)


def test_no_byte_of_them_is_left_once_the_ledger_was_compacted(place: Place, tmp_path: Path) -> None:
    live_through(place)
    words = [b"Camille 1", b"Entretien de Camille 1", card(1).encode(), card(1)[2:].encode()]
    assert all(word in written_in(tmp_path) for word in words)
    place.gateway.handle(EraseMember("m-1"), SYSTEM)
    place.gateway.issue()
    retention(place).keep()
    left = written_in(tmp_path)
    assert [word for word in words if word in left] == []
    assert b"Camille 2" in left


def test_an_export_holds_everything_that_is_kept_and_nothing_of_others(place: Place) -> None:
    live_through(place)
    place.gateway.registrar.look(SYSTEM, "member:m-1")
    found = place.gateway.handle(ExportMember("m-1"), SYSTEM)
    assert found["member"]["name"] == "Camille 1"
    assert [each["ref"] for each in found["cards"]] == [card(1)]
    assert len(found["badges"]) == 8
    assert {each["credential"] for each in found["badges"]} == {card(1)}
    assert len(found["visits"]) == 4
    assert found["bookings"][0]["title"] == "Entretien de Camille 1"
    assert [each["act"] for each in found["audit"]] == ["AddMembers", "BookSpace", "Look"]
    assert "m-2" not in repr(found)
    assert date(2026, 11, 2).isoformat() in found["visits"][0]["begun_at"]
