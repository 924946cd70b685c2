"""Forgetting in time: nobody is named any more, and nothing that is counted changes."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway.domain.people import PSEUDONYMOUS
from gateway.domain.retention import Limits
from gateway.domain.visitor_passes import VisitorPass
from gateway.ports import Books, DeadLetter
from gateway.pseudonymising import take_names_out_of_day
from gateway.service import Gateway
from protocol.events import BadgePresented
from protocol.site import Site
from tests.unit.gateway.forgetting import (
    at,
    counted,
    history,
    rebuilt,
    retention,
    visitors,
    visits,
    written_in,
)
from tests.unit.gateway.web.place import SCEAUX, Place, badge, card

NOVEMBER, DECEMBER = "2026-11", "2026-12"
FIRST_DAY_WITHOUT_NAMES = at("2027-01-30T12:00")  # 90 days after 1 November


def live_through(place: Place) -> None:
    """Let three people come on some days of November and one of December; one of them books a room."""
    place.clock.at = at("2026-11-02T07:00")
    for number in (1, 2, 3):
        place.join(number, category="staff" if number == 3 else "member")
    for text in ("2026-11-02", "2026-11-03", "2026-11-17", "2026-12-02"):
        for number in (1, 2, 3):
            place.clock.at = at(f"{text}T08:{number:02d}")
            place.come(number)
        if text == "2026-11-03":
            place.book("meeting-1", place.clock.at + timedelta(hours=1), 1, "Entretien de Camille 1")
        place.clock.at = at(f"{text}T11:00")
        place.leave(1)
        place.leave(2)
    place.clock.at = at("2026-12-03T12:00")
    place.gateway.take_in()


def refs(place: Place) -> dict[date, set[str]]:
    """Which cards the journal names, by day."""
    named: dict[date, set[str]] = {}
    with place.ledger.reading() as books:
        for numbered in books.journal.after(0, 100_000):
            if isinstance(numbered.entry.event, BadgePresented):
                named.setdefault(numbered.entry.occurred_at.date(), set()).add(
                    numbered.entry.event.credential
                )
    return named


def test_a_month_names_nobody_once_its_first_day_is_too_old_and_counts_as_before(place: Place) -> None:
    live_through(place)
    place.clock.at = FIRST_DAY_WITHOUT_NAMES
    place.gateway.take_in()
    before, stays = counted(place, NOVEMBER, DECEMBER), visits(place)
    points = history(place, date(2026, 11, 3))
    retention(place).keep()
    named = refs(place)
    cards = {card(number) for number in (1, 2, 3)}
    assert all(not names & cards for day, names in named.items() if day.month == 11)
    assert named[date(2026, 12, 2)] == cards
    assert named[date(2026, 11, 2)] == named[date(2026, 11, 17)], "one pseudonym per person and month"
    assert {member[: len(PSEUDONYMOUS)] == PSEUDONYMOUS for member in visitors(place)} == {True, False}
    assert (counted(place, NOVEMBER, DECEMBER), visits(place)) == (before, stays)
    assert history(place, date(2026, 11, 3)) == points


def test_until_its_first_day_is_too_old_a_month_keeps_its_names(place: Place) -> None:
    live_through(place)
    place.clock.at = at("2027-01-29T12:00")
    retention(place).keep()
    assert refs(place)[date(2026, 11, 2)] == {card(1), card(2), card(3)}


def test_what_is_worked_out_again_afterwards_is_the_same(place: Place) -> None:
    live_through(place)
    place.clock.at = FIRST_DAY_WITHOUT_NAMES
    place.gateway.take_in()
    before, stays = counted(place, NOVEMBER), visits(place)
    retention(place).keep()
    assert rebuilt(place) == 0
    with place.ledger.writing() as books:
        books.projections.replace_visits(SCEAUX, date(2026, 11, 3), [])
    assert rebuilt(place) == 1
    assert (counted(place, NOVEMBER), visits(place)) == (before, stays)


def test_nobody_knows_any_more_whose_pseudonyms_they_are(place: Place) -> None:
    live_through(place)
    place.clock.at = FIRST_DAY_WITHOUT_NAMES
    retention(place).keep()
    with place.ledger.reading() as books:
        assert len(books.pseudonyms.of_month(NOVEMBER)) == 3
        assert books.pseudonyms.of("m-1", NOVEMBER) is None


def test_a_run_that_was_cut_short_is_taken_up_with_the_same_pseudonyms(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_through(place)
    place.clock.at = FIRST_DAY_WITHOUT_NAMES
    place.gateway.take_in()
    before, stays = counted(place, NOVEMBER), visits(place)
    done: list[date] = []

    def dies_on_the_third(books: Books, site: Site, day: date) -> int:
        done.append(day)
        if len(done) == 3:
            raise OSError("the power went")
        return take_names_out_of_day(books, site, day)

    monkeypatch.setattr("gateway.retention.take_names_out_of_day", dies_on_the_third)
    with pytest.raises(OSError, match="the power went"):
        retention(place).keep()
    assert (counted(place, NOVEMBER), visits(place), rebuilt(place)) == (before, stays, 0)
    retention(place).keep()
    assert (counted(place, NOVEMBER), visits(place), rebuilt(place)) == (before, stays, 0)
    named = refs(place)
    assert named[date(2026, 11, 2)] == named[date(2026, 11, 17)]


def test_a_late_event_of_a_month_without_names_is_nobody_new(place: Place) -> None:
    live_through(place)
    place.join(4)
    place.clock.at = FIRST_DAY_WITHOUT_NAMES
    place.gateway.take_in()
    before = counted(place, NOVEMBER)
    retention(place).keep()
    place.come(4, "garden", at("2026-11-18T09:00"))
    place.come(1, "garden", at("2026-11-18T09:30"))
    assert counted(place, NOVEMBER) == before
    place.clock.pass_s(86_400)
    retention(place).keep()
    assert not refs(place)[date(2026, 11, 18)] & {card(1), card(4)}
    assert (counted(place, NOVEMBER), rebuilt(place)) == (before, 0)


def test_an_event_that_comes_again_afterwards_is_no_other_event(place: Place) -> None:
    live_through(place)
    place.clock.at = FIRST_DAY_WITHOUT_NAMES
    retention(place).keep()
    place.said.clear()
    place.report("ss-entrance", badge(1, "entrance"), at=at("2026-11-02T08:01"))
    with place.ledger.reading() as books:
        assert books.journal.dead_letters(1) == []
    assert not refs(place)[date(2026, 11, 2)] & {card(1)}


def test_another_event_under_the_same_number_is_still_found(place: Place) -> None:
    live_through(place)
    place.said.clear()
    place.report("ss-entrance", badge(1, "garden"), at=at("2026-11-02T08:01"))
    with place.ledger.reading() as books:
        assert [letter.reason for letter in books.journal.dead_letters(1)] == ["identity_conflict"]


def test_what_was_booked_and_lent_names_nobody_either(place: Place) -> None:
    live_through(place)
    place.clock.at = FIRST_DAY_WITHOUT_NAMES
    retention(place).keep()
    with place.ledger.reading() as books:
        (booking,) = books.bookings.between(SCEAUX, at("2026-11-01T00:00"), at("2026-12-01T00:00"))
    assert booking.member.startswith(PSEUDONYMOUS)
    assert booking.title is None


def test_no_byte_of_it_is_left_in_the_ledger_and_its_log(place: Place, tmp_path: Path) -> None:
    live_through(place)
    assert b"Entretien de Camille 1" in written_in(tmp_path)
    place.clock.at = at("2027-03-02T12:00")  # December went, too
    retention(place).keep()
    found = written_in(tmp_path)
    assert b"Entretien de Camille 1" not in found
    with place.ledger._engine.connect() as connection:
        text = repr(connection.exec_driver_sql("SELECT event FROM journal").all())
        text += repr(connection.exec_driver_sql("SELECT member FROM visits").all())
    assert not any(word in text for word in (card(1), card(2), "m-1", "m-2"))


def test_messages_that_were_not_understood_go_with_time_and_beyond_their_number(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.retention._MOST_LETTERS", 2)
    for number in range(4):
        with place.ledger.writing() as books:
            letter = DeadLetter("passerelle/s/n/up/events", "not_json", "", b"%d" % number)
            books.journal.bury(letter, place.clock.now())
        place.clock.pass_s(3600)
    retention(place).keep()
    with place.ledger.reading() as books:
        assert [letter.payload for letter in books.journal.dead_letters(9)] == [b"3", b"2"]
    place.clock.pass_s(90 * 86_400)
    retention(place).keep()
    with place.ledger.reading() as books:
        assert books.journal.dead_letters(9) == []


def test_it_is_done_once_a_day_and_whatever_was_erased_meanwhile_at_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    compacted: list[bool] = []
    monkeypatch.setattr(place.ledger, "compact", lambda: compacted.append(True))
    keeping = retention(place)
    keeping.keep()
    assert compacted == [], "nothing had to be forgotten"
    with place.ledger.writing() as books:
        books.remember("forget_bytes", "now")
    keeping.keep()
    keeping.keep()
    assert len(compacted) == 1


def test_records_older_than_the_books_need_them_are_gone(place: Place) -> None:
    live_through(place)
    place.clock.at = at("2036-11-15T12:00")
    retention(place, Limits(statement_years=10)).keep()
    assert counted(place, NOVEMBER)[0]["users"] > 0
    place.clock.at = at("2036-12-01T12:00")
    retention(place, Limits(statement_years=10)).keep()
    with place.ledger.reading() as books:
        assert books.pseudonyms.of_month(NOVEMBER) == []


def test_a_gateway_that_starts_on_an_old_ledger_still_counts_the_same(place: Place) -> None:
    live_through(place)
    place.clock.at = FIRST_DAY_WITHOUT_NAMES
    place.gateway.take_in()
    before, stays = counted(place, NOVEMBER, DECEMBER), visits(place)
    retention(place).keep()
    rim = (place.clock, place.downlink, place.gateway._signer, place.card_vault, place.notifier)
    gateway = Gateway(place.ledger, *rim, place.gateway.sites, place.gateway.enrolment)
    gateway.take_in()
    assert (counted(place, NOVEMBER, DECEMBER), visits(place)) == (before, stays)


def test_a_visitors_name_goes_with_their_pass_when_it_ended_long_ago(place: Place) -> None:
    now = place.clock.now()
    with place.ledger.writing() as books:
        for name, days in (("v-old", 91), ("v-new", 89)):
            ended = now - timedelta(days=days)
            begun = ended - timedelta(hours=2)
            books.passes.put(
                VisitorPass(name, "sceaux-smart", ("entrance",), "Zoé", "m-1", name, begun, ended, False)
            )
    retention(place).keep()
    with place.ledger.reading() as books:
        assert [each.id for each in books.passes.all()] == ["v-new"]
