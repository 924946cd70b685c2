"""Members suspended, guests invited, days counted: from the command to the list of the door."""

from datetime import UTC, date, datetime, timedelta

import pytest

from gateway import commands as ask
from gateway.commands import Refused
from gateway.domain.authority import SYSTEM
from gateway.domain.people import Card, Member
from gateway.domain.visits import Visit
from protocol.access import Denied, Granted
from tests.unit.gateway.house import ANA, BOB, SCEAUX, House, badge, event

TODAY = date(2026, 11, 24)


def at_entrance(house: House, card: str, at: datetime | None = None) -> Granted | Denied:
    house.gateway.issue()
    return house.list_of("ss-entrance").decide(card, "entrance", at or house.clock.now())


def invite(house: House, host: str = "ana", day: date = TODAY, ref: str | None = BOB) -> Member:
    guest: Member = house.gateway.handle(
        ask.InviteGuest(host, "Bob", SCEAUX, day, Card(ref) if ref else None), SYSTEM
    )
    return guest


def test_a_suspended_member_is_refused_until_it_is_lifted(house: House) -> None:
    house.join("ana", ANA)
    assert isinstance(at_entrance(house, ANA), Granted)
    now = house.clock.now()
    house.gateway.handle(ask.SuspendMember("ana", now, None, "unpaid"), SYSTEM)
    assert isinstance(at_entrance(house, ANA), Denied)
    house.clock.pass_s(60)
    house.gateway.handle(ask.LiftSuspension("ana"), SYSTEM)
    assert isinstance(at_entrance(house, ANA), Granted)
    with pytest.raises(Refused) as refused:
        house.gateway.handle(ask.LiftSuspension("ana"), SYSTEM)
    assert refused.value.kind == "not_found"


def test_lifting_takes_away_a_suspension_that_was_yet_to_come(house: House) -> None:
    house.join("ana", ANA)
    tomorrow = house.clock.now() + timedelta(days=1)
    house.gateway.handle(ask.SuspendMember("ana", tomorrow, None, "unpaid"), SYSTEM)
    assert isinstance(at_entrance(house, ANA, tomorrow), Denied)
    house.gateway.handle(ask.LiftSuspension("ana"), SYSTEM)
    assert isinstance(at_entrance(house, ANA, tomorrow), Granted)


def test_a_guest_comes_in_on_the_day_and_on_no_other(house: House) -> None:
    house.join("ana", ANA)
    guest = invite(house)
    assert (guest.host, guest.category) == ("ana", "guest")
    assert at_entrance(house, BOB) == Granted("member")
    assert isinstance(at_entrance(house, BOB, house.clock.now() + timedelta(days=1)), Denied)


def test_a_visitors_card_goes_to_another_guest_the_next_day(house: House) -> None:
    house.join("ana", ANA)
    invite(house)
    with pytest.raises(Refused, match="held by someone"):
        invite(house)
    invite(house, day=TODAY + timedelta(days=1))
    assert at_entrance(house, BOB, house.clock.now() + timedelta(days=1)) == Granted("member")


@pytest.mark.parametrize(
    ("day", "code"),
    [(date(2026, 11, 23), "over"), (date(2026, 12, 25), "closed"), (date(2026, 11, 29), "closed")],
)
def test_nobody_is_invited_for_a_day_that_is_over_or_closed(house: House, day: date, code: str) -> None:
    house.join("ana", ANA)
    with pytest.raises(Refused) as refused:
        invite(house, day=day)
    assert [fault.code for fault in refused.value.faults] == [code]


def test_a_member_invites_as_many_as_the_plan_allows_and_a_guest_nobody(house: House) -> None:
    house.join("ana", ANA)
    guests = [invite(house, ref=None) for _ in range(2)]
    for host, code in (("ana", "too_many_guests"), (guests[0].id, "no_member")):
        with pytest.raises(Refused) as refused:
            invite(house, host=host, ref=None)
        assert [fault.code for fault in refused.value.faults] == [code]
    invite(house, day=TODAY + timedelta(days=1), ref=None)


def test_the_last_day_of_a_part_time_member_is_used_up_by_coming_in(house: House) -> None:
    house.join("ana", ANA, plan="part-time")
    with house.ledger.writing() as books:
        for day in range(2, 9):
            begun_at = datetime(2026, 11, day, 9, tzinfo=UTC)
            visit = Visit(
                SCEAUX, "ana", begun_at, begun_at, "measured", f"ss-entrance/{'0' * 16}/{day}", None
            )
            books.projections.replace_visits(SCEAUX, begun_at.date(), [visit])
    tomorrow = house.clock.now() + timedelta(days=1)
    assert isinstance(at_entrance(house, ANA, tomorrow), Granted)
    house.tell(
        "ss-entrance",
        event(1, "08:00:00", **badge(ANA, "in")),
        event(2, "08:00:02", type="DoorOpened", door="entrance", cause="grant", grant=1),
    )
    assert isinstance(at_entrance(house, ANA, tomorrow), Denied)
    assert isinstance(at_entrance(house, ANA), Granted), "the day that has begun stays theirs"
