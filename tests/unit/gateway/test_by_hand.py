"""Staff say by hand who came and left: it counts like any visit, and says who said it."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.commands import CheckByHand, EraseMember, ExportMember, Refused, TakeBack
from gateway.domain.authority import SYSTEM, Actor
from gateway.domain.by_hand import CheckedByHand, TakenBack, Way
from gateway.domain.journal import Entry, Identity
from gateway.domain.people import PSEUDONYMOUS
from gateway.live import Notice
from gateway.web.monthly import month_of
from protocol.events import Event
from tests.unit.gateway.forgetting import at, counted, opened, rebuilt, retention, visitors, visits
from tests.unit.gateway.web.place import SCEAUX, Place

DESK = Actor.of("u-1", "staff")


def said(place: Place, what: Way, when: str | None = None, member: str = "m-1") -> Entry:
    """Let the desk say it of a moment (UTC), or of now."""
    command = CheckByHand(SCEAUX, member, what, None if when is None else at(when))
    entry: Entry = place.gateway.handle(command, DESK)
    return entry


def refusal(place: Place, what: Way, when: str | None = None) -> str:
    with pytest.raises(Refused) as refused:
        said(place, what, when)
    return refused.value.faults[0].code


def test_who_is_checked_in_by_hand_is_there_at_once(place: Place) -> None:
    place.join(1)
    entry = said(place, "check_in")
    assert visits(place) == [(place.clock.now(), None, "by-hand", str(entry.identity), None)]


def test_a_stay_said_by_hand_is_billed_like_any_other(place: Place) -> None:
    place.join(1)
    said(place, "check_in")
    place.clock.pass_s(3600)
    said(place, "check_out")
    month = month_of(place, "2026-11")
    assert (month.users, month.user_days, month.minutes) == (1, 1, 60)


def test_a_forgotten_visit_ends_when_staff_say_also_on_a_later_day(place: Place) -> None:
    place.join(1)
    place.come(1)
    place.clock.pass_s(20 * 3600)
    place.gateway.take_in()
    said(place, "check_out", "2026-11-24T15:00:00")
    ((_, ended_at, quality, _, ended_by),) = visits(place)
    assert (ended_at, quality) == (at("2026-11-24T15:00:00"), "by-hand")
    assert str(ended_by).startswith("gateway/")


def test_what_is_taken_back_counts_no_more_and_stays_in_the_journal(place: Place) -> None:
    place.join(1)
    entry = said(place, "check_in")
    place.gateway.handle(TakeBack(entry.identity), DESK)
    assert visits(place) == []
    with place.ledger.reading() as books:
        kept = [each.entry.event for each in books.journal.after(0, 10)]
    assert [type(event) for event in kept] == [CheckedByHand, TakenBack]


def test_a_wrong_end_that_is_taken_back_gives_the_visit_its_old_end(place: Place) -> None:
    place.join(1)
    place.come(1)
    place.clock.pass_s(3600)
    entry = said(place, "check_out")
    place.gateway.handle(TakeBack(entry.identity), DESK)
    assert [visit[1:3] for visit in visits(place)] == [(None, "measured")]


def test_a_rebuild_gives_the_same_rows(place: Place) -> None:
    place.join(1)
    place.join(2)
    said(place, "check_in")
    place.clock.pass_s(60)
    place.gateway.handle(TakeBack(said(place, "check_in", member="m-2").identity), DESK)
    place.clock.pass_s(600)
    said(place, "check_out")
    before = visits(place)
    assert (rebuilt(place), visits(place)) == (0, before)
    with place.ledger.writing() as books:
        books.projections.replace_visits(SCEAUX, at("2026-11-24T00:00").date(), [])
    rebuilt(place)
    assert visits(place) == before


def test_a_badge_ends_what_was_begun_by_hand(place: Place) -> None:
    place.join(1)
    said(place, "check_in")
    place.clock.pass_s(600)
    place.leave(1)
    ((_, ended_at, quality, _, _),) = visits(place)
    assert (ended_at, quality) == (place.clock.now(), "by-hand")


def test_a_start_that_was_said_by_hand_still_ends_by_rule(place: Place) -> None:
    place.join(1)
    said(place, "check_in")
    place.clock.pass_s(20 * 3600)
    place.gateway.take_in()
    assert [visit[2] for visit in visits(place)] == ["closed-by-rule"]


def test_what_cannot_have_been_is_refused(place: Place) -> None:
    place.join(1)
    assert refusal(place, "check_out") == "not_in"
    assert refusal(place, "check_in", "2026-11-24T09:00:01") == "in_the_future"
    entry = said(place, "check_in")
    assert refusal(place, "check_in") == "already_in"
    place.gateway.handle(TakeBack(entry.identity), DESK)
    with pytest.raises(Refused, match="already"):
        place.gateway.handle(TakeBack(entry.identity), DESK)
    with pytest.raises(Refused, match="no entry"):
        place.gateway.handle(TakeBack(Identity("gateway", "f" * 16, 1)), DESK)


def test_what_a_door_saw_cannot_be_taken_back(place: Place) -> None:
    place.join(1)
    place.come(1)
    with pytest.raises(Refused, match="said by hand"):
        place.gateway.handle(TakeBack(Identity("ss-entrance", "e" * 16, 1)), DESK)


def test_no_node_can_say_what_only_staff_may() -> None:
    forged = CheckedByHand(member="m-1", what="check_in", by="u-1", said_at=at("2026-11-24T09:00"))
    with pytest.raises(ValidationError, match="does not match any of the expected tags"):
        TypeAdapter[object](Event).validate_json(forged.model_dump_json())


def test_whoever_watches_is_told(place: Place) -> None:
    place.join(1)
    told: list[Notice] = []
    place.gateway.live.listen(told.append)
    entry = said(place, "check_in")
    assert told == [Notice(SCEAUX, [entry])]


def test_every_run_of_the_gateway_numbers_in_an_epoch_of_its_own(tmp_path: Path) -> None:
    with opened(tmp_path) as place:
        place.join(1)
        first = said(place, "check_in").identity
        second = said(place, "check_out").identity
    with opened(tmp_path) as place:
        third = said(place, "check_in").identity
    assert (first.seq, second.seq, third.seq) == (1, 2, 1)
    assert first.epoch == second.epoch != third.epoch


def test_an_erased_member_is_named_by_no_hand_entry_and_counts_as_before(place: Place) -> None:
    place.join(1)
    said(place, "check_in")
    place.clock.pass_s(3600)
    said(place, "check_out")
    exported = place.gateway.handle(ExportMember("m-1"), SYSTEM)["badges"]
    assert [each["what"] for each in exported] == ["check_in", "check_out"]
    before = counted(place, "2026-11")
    assert place.gateway.handle(EraseMember("m-1"), SYSTEM).events == 2
    assert (counted(place, "2026-11"), rebuilt(place)) == (before, 0)
    assert "m-1" not in named_by_hand(place)
    assert named_by_hand(place) == visitors(place)


def test_hand_entries_lose_their_names_with_their_month_and_count_as_before(place: Place) -> None:
    place.clock.at = at("2026-11-03T09:00")
    place.join(1)
    place.join(2)
    said(place, "check_in")
    place.clock.pass_s(60)
    place.come(2)
    place.clock.pass_s(3600)
    said(place, "check_out")
    said(place, "check_out", member="m-2")
    before, stays = counted(place, "2026-11"), visits(place)
    place.clock.at = at("2027-03-02T12:00")
    place.gateway.take_in()
    retention(place).keep()
    assert (counted(place, "2026-11"), visits(place), rebuilt(place)) == (before, stays, 0)
    assert all(name.startswith(PSEUDONYMOUS) for name in named_by_hand(place))
    assert visitors(place) == named_by_hand(place)
    assert refusal(place, "check_in", "2026-11-03T12:00") == "names_gone"


def test_a_hand_entry_found_late_in_a_nameless_month_names_nobody_new(place: Place) -> None:
    place.clock.at = at("2026-11-03T09:00")
    place.join(1)
    place.clock.at = at("2027-03-02T12:00")
    retention(place).keep()
    late = CheckedByHand(member="m-1", what="check_in", by="u-1", said_at=at("2026-11-03T10:00"))
    entry = Entry(SCEAUX, Identity("gateway", "a" * 16, 1), at("2026-11-03T10:00"), "estimated", late)
    with place.ledger.writing() as books:
        books.journal.append([entry], [])
    place.clock.at += timedelta(days=1)
    retention(place).keep()
    (name,) = named_by_hand(place)
    assert name.startswith(PSEUDONYMOUS)


def named_by_hand(place: Place) -> set[str]:
    with place.ledger.reading() as books:
        events = [each.entry.event for each in books.journal.after(0, 1000)]
    return {event.member for event in events if isinstance(event, CheckedByHand)}
