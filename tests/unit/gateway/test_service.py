"""The gateway's commands and days on a real ledger, with the rim stood in for."""

from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from gateway import commands as ask
from gateway.adapters.ledger import SqlLedger
from gateway.commands import NewMember, Refused
from gateway.domain.authority import SCOPES_OF, SYSTEM, Actor
from gateway.domain.journal import Entry, Identity
from gateway.domain.people import Card, Member
from gateway.handlers import HANDLERS, answers
from gateway.live import Notice
from gateway.ports import Books, LedgerFailed
from gateway.service import Gateway
from protocol.access import Denied, Granted
from protocol.events import BadgePresented, DoorOpened, Event
from protocol.messages import Command, UnlockDoor
from protocol.signing import public_from_text, verify
from tests.fakes import site
from tests.unit.gateway.asking import a_command
from tests.unit.gateway.house import ANA, BOB, SCEAUX, House, badge, event


def test_a_booking_opens_its_room_ten_minutes_early(house: House) -> None:
    house.join("ana", ANA)
    two = datetime(2026, 11, 24, 14, tzinfo=UTC)
    house.gateway.handle(
        ask.BookSpace(SCEAUX, "meeting-1", "ana", two, two + timedelta(hours=1), None), SYSTEM
    )
    house.gateway.issue()
    room = house.list_of("ss-meeting-1")
    assert isinstance(room.decide(ANA, "meeting-1-door", two - timedelta(minutes=10)), Granted)
    assert room.decide(ANA, "meeting-1-door", house.clock.now()) == Denied(
        "too_early", opens_at=two - timedelta(minutes=10)
    )


def test_two_bookings_of_one_room_at_one_time_cannot_be(house: House) -> None:
    house.join("ana", ANA)
    two = datetime(2026, 11, 24, 14, tzinfo=UTC)
    house.gateway.handle(
        ask.BookSpace(SCEAUX, "meeting-1", "ana", two, two + timedelta(hours=1), None), SYSTEM
    )
    with pytest.raises(Refused) as refused:
        house.gateway.handle(
            ask.BookSpace(SCEAUX, "meeting-1", "ana", two, two + timedelta(hours=2), None), SYSTEM
        )
    assert (refused.value.kind, refused.value.faults[0].code) == ("conflict", "clash")


def test_a_cancelled_booking_gives_its_time_back(house: House) -> None:
    house.join("ana", ANA)
    two = datetime(2026, 11, 24, 14, tzinfo=UTC)
    wish = ask.BookSpace(SCEAUX, "meeting-1", "ana", two, two + timedelta(hours=1), None)
    house.gateway.handle(ask.CancelBooking(house.gateway.handle(wish, SYSTEM).id), SYSTEM)
    assert house.gateway.handle(wish, SYSTEM).status == "confirmed"


def test_members_are_taken_up_all_or_none(house: House) -> None:
    house.join("ana", ANA)
    since = house.clock.now()
    new = [
        NewMember(Member(name, name, "member", "nomad", (SCEAUX,), None, since, None), (Card(card),))
        for name, card in (("bob", BOB), ("eve", ANA))
    ]
    with pytest.raises(Refused):
        house.gateway.handle(ask.AddMembers(tuple(new)), SYSTEM)
    with house.ledger.reading() as books:
        assert [member.id for member in books.people.members()] == ["ana"]


def test_a_door_is_opened_from_afar_only_where_its_node_answers(house: House) -> None:
    with pytest.raises(Refused) as refused:
        house.gateway.handle(ask.OpenDoor(SCEAUX, "entrance"), SYSTEM)
    assert refused.value.kind == "unavailable"
    assert house.downlink.commands == []


def test_no_command_is_sent_while_two_nodes_say_that_they_are_the_same(house: House) -> None:
    for start in ("5" * 16, "6" * 16, "5" * 16):
        house.beat("ss-entrance", start=start)
    with pytest.raises(Refused) as refused:
        house.gateway.handle(ask.OpenDoor(SCEAUX, "entrance"), SYSTEM)
    assert (refused.value.kind, refused.value.faults[0].code) == ("conflict", "duplicated")
    assert house.downlink.commands == []
    house.clock.pass_s(300)
    house.beat("ss-entrance")
    house.gateway.handle(ask.OpenDoor(SCEAUX, "entrance"), SYSTEM)
    assert len(house.downlink.commands) == 1


class FullLedger:
    """A ledger that takes nothing while it is `full`."""

    def __init__(self, ledger: SqlLedger) -> None:
        self._ledger = ledger
        self.id = ledger.id
        self.full = False

    def reading(self) -> AbstractContextManager[Books]:
        return self._ledger.reading()

    def writing(self) -> AbstractContextManager[Books]:
        if self.full:
            raise LedgerFailed("database or disk is full")
        return self._ledger.writing()

    def compact(self) -> None:
        self._ledger.compact()


def test_while_the_ledger_is_full_everything_waits_and_the_gateway_says_so(
    house: House,
) -> None:
    ledger = FullLedger(house.ledger)
    rim = (house.clock, house.downlink, house.signer, house.vault, house.notifier)
    gateway = Gateway(ledger, *rim, {SCEAUX: site()}, house.enrolment)
    house.gateway = gateway
    ledger.full = True
    with pytest.raises(LedgerFailed):
        house.tell("ss-entrance", event(1, "08:00:00", type="ExitRequested", door="entrance"))
    assert gateway.ledger_failure == "database or disk is full"
    assert house.downlink.answers == []
    with pytest.raises(LedgerFailed):
        gateway.take_in()
    ledger.full = False
    gateway.take_in()
    assert gateway.ledger_failure is None
    assert [ack.seq for ack in house.downlink.acks] == [1]


def test_a_command_carries_the_nodes_own_deadline(house: House) -> None:
    house.beat("ss-entrance", uptime_s=100.0)
    house.clock.pass_s(2)
    house.gateway.handle(ask.OpenDoor(SCEAUX, "entrance"), SYSTEM)
    (signed,) = house.downlink.commands
    command = Command.model_validate(verify(public_from_text(house.signer.public_text), signed, "command"))
    assert command.action == UnlockDoor(door="entrance")
    assert (command.start, command.not_after_uptime_s) == ("5" * 16, 107.0)


def test_a_parcel_is_dropped_told_and_fetched_by_its_code(house: House) -> None:
    house.join("ana", ANA)
    house.beat("ss-parcels")
    parcel = house.gateway.handle(ask.DropParcel(SCEAUX, "ana", "La Poste"), SYSTEM)
    house.gateway.issue()
    by_badge = house.list_of("ss-parcels").decide(ANA, parcel.compartment, house.clock.now())
    assert by_badge == Granted(f"parcel:{parcel.id}")
    house.gateway.handle(ask.CollectParcel(SCEAUX, house.notifier.codes[parcel.id]), SYSTEM)
    assert [signed.body["action"]["do"] for signed in house.downlink.commands] == ["OpenCompartment"] * 2


def test_a_wrong_code_opens_nothing(house: House) -> None:
    with pytest.raises(Refused) as refused:
        house.gateway.handle(ask.CollectParcel(SCEAUX, "00000000"), SYSTEM)
    assert refused.value.kind == "not_found"


def test_an_item_is_lent_once_at_a_time(house: House) -> None:
    house.join("ana", ANA)
    tomorrow = house.clock.now() + timedelta(days=1)
    loan = house.gateway.handle(ask.LendItem(SCEAUX, "projector", "ana", tomorrow), SYSTEM)
    house.gateway.issue()
    assert house.list_of("ss-loans").decide(ANA, "loan-1", house.clock.now()) == Granted(f"loan:{loan.id}")
    with pytest.raises(Refused) as refused:
        house.gateway.handle(ask.LendItem(SCEAUX, "projector", "ana", tomorrow), SYSTEM)
    assert refused.value.faults[0].code == "lent"


def test_what_was_brought_back_can_no_longer_be_opened(house: House) -> None:
    house.join("ana", ANA)
    loan = house.gateway.handle(
        ask.LendItem(SCEAUX, "projector", "ana", house.clock.now() + timedelta(days=1)), SYSTEM
    )
    grant = badge(ANA, "in") | {"point": "loan-1", "why": f"loan:{loan.id}"}
    closed = {"type": "CompartmentClosed", "compartment": "loan-1"}
    told = [
        event(1, "09:00:01", **grant),
        event(2, "09:00:02", type="CompartmentOpened", compartment="loan-1", cause="grant", grant=1),
        event(3, "09:00:05", **closed, item_present=False),
        event(4, "09:30:00", **grant),
        event(5, "09:30:02", type="CompartmentOpened", compartment="loan-1", cause="grant", grant=4),
        event(6, "09:30:05", **closed, item_present=True),
    ]
    house.gateway.issue()
    house.clock.pass_s(3600)
    house.tell("ss-loans", *told[:3])
    house.gateway.issue()
    assert house.list_of("ss-loans").decide(ANA, "loan-1", house.clock.now()) == Granted(f"loan:{loan.id}")
    house.tell("ss-loans", *told)
    house.gateway.issue()
    assert isinstance(house.list_of("ss-loans").decide(ANA, "loan-1", house.clock.now()), Denied)


_NEED_A_SECRET = {ask.UseLoginLink, ask.EndSession, ask.ChoosePassword, ask.FoundAccount}


@pytest.mark.parametrize("command_type", HANDLERS)
def test_no_command_is_carried_out_for_an_actor_without_its_scope(
    house: House, command_type: type[object]
) -> None:
    scope = HANDLERS[command_type].scope
    if scope is None:
        assert command_type in _NEED_A_SECRET, "a command that anybody may give"
        return
    with pytest.raises(Refused) as refused:
        house.gateway.handle(a_command(command_type), Actor("someone", SCOPES_OF["admin"] - {scope}))
    assert refused.value.kind == "forbidden"


def test_a_login_link_works_once(house: House) -> None:
    secret = house.gateway.handle(ask.MintKey("link", "first", "admin", timedelta(hours=1)), SYSTEM)
    assert house.gateway.handle(ask.UseLoginLink(secret), SYSTEM) != secret
    with pytest.raises(Refused):
        house.gateway.handle(ask.UseLoginLink(secret), SYSTEM)


def test_a_login_link_expires(house: House) -> None:
    secret = house.gateway.handle(ask.MintKey("link", "first", "admin", timedelta(hours=1)), SYSTEM)
    house.clock.pass_s(3600)
    with pytest.raises(Refused):
        house.gateway.handle(ask.UseLoginLink(secret), SYSTEM)


def test_secrets_are_kept_as_hashes(house: House, tmp_path: Path) -> None:
    secret = house.gateway.handle(ask.MintKey("api", "city", "billing", timedelta(days=1)), SYSTEM)
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("ledger.sqlite*"))
    assert secret.encode() not in kept


def test_a_tap_and_an_open_door_make_a_visit(house: House) -> None:
    house.join("ana", ANA)
    house.tell(
        "ss-entrance",
        event(1, "08:00:00", **badge(ANA, "in")),
        event(2, "08:00:02", type="DoorOpened", door="entrance", cause="grant", grant=1),
        event(3, "08:00:04", type="Crossed", counter="entrance-beams", space="floor", direction="in"),
        event(4, "08:45:00", **badge(ANA, "out")),
    )
    with house.ledger.reading() as books:
        today = house.clock.now().date()
        (visit,) = books.projections.visits(today, today + timedelta(days=1))
        spaces = books.projections.spaces(SCEAUX)
    assert (visit.member, visit.quality, visit.duration) == ("ana", "measured", timedelta(minutes=45))
    assert spaces["floor"].people == 1


def test_a_forgotten_exit_ends_at_closing_time_without_a_new_event(house: House) -> None:
    house.join("ana", ANA)
    house.tell(
        "ss-entrance",
        event(1, "08:00:00", **badge(ANA, "in")),
        event(2, "08:00:02", type="DoorOpened", door="entrance", cause="grant", grant=1),
    )
    house.clock.at = datetime(2026, 11, 24, 19, 0, 1, tzinfo=UTC)  # 20:00:01 in Sceaux
    house.gateway.take_in()
    with house.ledger.reading() as books:
        (visit,) = books.projections.visits(house.clock.at.date(), house.clock.at.date() + timedelta(days=1))
    assert (visit.quality, visit.ended_at) == ("closed-by-rule", datetime(2026, 11, 24, 19, tzinfo=UTC))


def test_what_a_crash_left_unprojected_is_worked_out_at_the_next_start(house: House, tmp_path: Path) -> None:
    house.clock.at = datetime(2026, 11, 20, 7, tzinfo=UTC)
    house.join("ana", ANA)
    house.clock.at = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)  # the day in question is over
    house.gateway.take_in()
    told: list[tuple[int, datetime, Event]] = [
        (1, datetime(2026, 11, 20, 8, tzinfo=UTC), BadgePresented.model_validate(badge(ANA, "in"))),
        (2, datetime(2026, 11, 20, 8, 1, tzinfo=UTC), DoorOpened(door="entrance", cause="grant", grant=1)),
    ]
    entries = [
        Entry(SCEAUX, Identity("ss-entrance", "e" * 16, seq), at, "synchronised", said)
        for seq, at, said in told
    ]
    with house.ledger.writing() as books:
        books.journal.append(entries, [])
    successor = House(tmp_path, house.ledger)
    successor.clock.at = house.clock.at
    successor.gateway.start()
    successor.gateway.stop()
    successor.gateway.take_in()
    with house.ledger.reading() as books:
        (visit,) = books.projections.visits(date(2026, 11, 20), date(2026, 11, 21))
    assert visit.quality == "closed-by-rule"


def test_a_node_that_falls_silent_is_told_without_a_word_from_it(house: House) -> None:
    notices: list[Notice] = []
    house.beat("ss-entrance")
    house.gateway.take_in()
    house.gateway.live.listen(notices.append)
    house.clock.at += timedelta(seconds=89)
    house.gateway.take_in()
    assert notices == []
    house.clock.at += timedelta(seconds=2)
    house.gateway.take_in()
    assert notices == [Notice(SCEAUX)]
    house.clock.at += timedelta(seconds=2)
    house.gateway.take_in()
    assert notices == [Notice(SCEAUX)]


def test_a_word_from_a_time_that_is_yet_to_come_shows_no_node_alive(house: House) -> None:
    house.beat("ss-entrance")
    with house.ledger.reading() as books:
        (report,) = books.nodes.reports()
    assert answers(report, house.clock.now())
    assert not answers(report, house.clock.now() - timedelta(minutes=30)), "the gateway's clock was set back"


def test_a_duplicate_is_refused_after_four_hundred_days(house: House) -> None:
    house.join("ana", ANA)
    told = [
        event(1, "08:00:00", **badge(ANA, "in")),
        event(2, "08:00:02", type="DoorOpened", door="entrance", cause="grant", grant=1),
        event(3, "08:45:00", **badge(ANA, "out")),
    ]
    house.tell("ss-entrance", *told)
    before = _all_there_is(house)
    house.clock.pass_s(400 * 86_400)
    house.tell("ss-entrance", *told)
    assert _all_there_is(house) == before
    assert [ack.seq for ack in house.downlink.acks] == [3, 3]


def _all_there_is(house: House) -> object:
    with house.ledger.reading() as books:
        return (
            books.journal.after(0, 100),
            books.projections.visits(date(2026, 1, 1), date(2029, 1, 1)),
            books.journal.counts(),
        )
