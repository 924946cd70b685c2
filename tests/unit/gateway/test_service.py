"""The gateway's commands and lists on a real ledger, with the rim stood in for."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from gateway import commands as ask
from gateway.adapters.ledger import SqlLedger
from gateway.adapters.signer import FileSigner
from gateway.commands import NewMember, Refused
from gateway.domain.journal import Entry, Identity
from gateway.domain.people import Member
from gateway.live import Notice
from gateway.ports import Books, Cursor, LedgerFailed
from gateway.service import Gateway
from protocol.access import AccessList, AccessPatch, Denied, Granted
from protocol.codec import encode
from protocol.events import BadgePresented, DoorOpened, Event
from protocol.messages import Command, NodeStatus, UnlockDoor
from protocol.signing import Signed, public_from_text, verify
from protocol.topics import NodeTopics
from tests.fakes import RememberingDownlink, RememberingNotifier, SetClock, site

ANA = "c_" + "a" * 32
BOB = "c_" + "b" * 32
SCEAUX = "sceaux-smart"
NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
UP_AT_NINE_S = 100_000.0


class House:
    """A gateway that is worked by hand, and what went out of it."""

    def __init__(self, folder: Path, ledger: SqlLedger) -> None:
        self.clock = SetClock()
        self.downlink = RememberingDownlink()
        self.notifier = RememberingNotifier()
        self.signer = FileSigner(folder / "signing.key")
        self.ledger = ledger
        sites = {SCEAUX: site()}
        self.gateway = Gateway(ledger, self.clock, self.downlink, self.signer, self.notifier, sites)

    def join(self, name: str, *cards: str, plan: str = "nomad", category: str = "member") -> None:
        since = self.clock.now() - timedelta(days=1)
        member = Member(name, name.title(), category, plan, (SCEAUX,), None, since, None)  # type: ignore[arg-type]
        self.gateway.handle(ask.AddMembers((NewMember(member, cards),)))

    def beat(
        self,
        node: str,
        *,
        list_revision: int = 0,
        uptime_s: float = 100.0,
        start: str = "5" * 16,
        online: bool = True,
    ) -> None:
        status = NodeStatus(
            v=1,
            site=SCEAUX,
            node=node,
            online=online,
            start=start,
            boot="b" * 16,
            uptime_s=uptime_s,
            at=self.clock.now(),
            software="test",
            list_revision=list_revision,
            pending=0,
        )
        self.gateway.receive(NodeTopics(SCEAUX, node).up("status"), encode(status))
        self.gateway.take_in()

    def tell(self, node: str, *records: dict[str, object]) -> None:
        """Let a node send records, from its first on."""
        batch = {
            "v": 1,
            "site": SCEAUX,
            "node": node,
            "epoch": "e" * 16,
            "held_from": 1,
            "start": "5" * 16,
            "boot": "b" * 16,
            "sent_at": "2026-11-24T08:59:00Z",
            "sent_uptime_s": UP_AT_NINE_S,
            "records": records,
        }
        self.gateway.receive(NodeTopics(SCEAUX, node).up("events"), json.dumps(batch).encode())
        self.gateway.take_in()

    def list_of(self, node: str) -> AccessList:
        """The list as the node would hold it: whole lists and patches, in the order they were sent."""
        held: AccessList | None = None
        for signed in sorted([*self.downlink.lists, *self.downlink.patches], key=_revision):
            if signed.body["node"] != node:
                continue
            key = public_from_text(self.signer.public_text)
            if signed.kind == "access_list":
                held = AccessList.model_validate(verify(key, signed, "access_list"))
            else:
                assert held is not None
                held = held.apply(AccessPatch.model_validate(verify(key, signed, "access_patch")))
        assert held is not None
        return held


def _revision(signed: Signed) -> int:
    return int(signed.body["revision"])


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    ledger = SqlLedger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    yield House(tmp_path, ledger)
    ledger.close()


def test_a_members_badge_is_on_the_list_of_every_door(house: House) -> None:
    house.join("ana", ANA)
    house.gateway.issue()
    assert house.list_of("ss-entrance").decide(ANA, "entrance", house.clock.now()) == Granted("member")
    assert {signed.body["node"] for signed in house.downlink.lists} == {node.id for node in site().nodes}


def test_a_change_travels_as_a_patch(house: House) -> None:
    house.join("ana", ANA)
    house.gateway.issue()
    house.downlink.lists.clear()
    before = house.downlink.patches.copy()
    house.join("bob", BOB)
    house.gateway.issue()
    assert before == []
    assert house.downlink.lists == []
    assert all(signed.body["credentials"].keys() == {BOB} for signed in house.downlink.patches)


def test_nothing_is_sent_when_nothing_changed(house: House) -> None:
    house.gateway.issue()
    house.downlink.lists.clear()
    house.clock.pass_s(60)
    house.gateway.issue()
    assert (house.downlink.lists, house.downlink.patches) == ([], [])


def test_lists_are_issued_anew_when_their_time_has_come(house: House) -> None:
    house.gateway.issue()
    first = house.list_of("ss-entrance")
    house.clock.pass_s(6 * 3600)
    house.gateway.issue()
    assert house.list_of("ss-entrance").revision == first.revision + 1
    assert house.list_of("ss-entrance").expires_at == first.expires_at + timedelta(hours=6)


def test_lists_are_issued_anew_when_the_gateways_clock_turns_out_to_have_been_ahead(house: House) -> None:
    house.clock.pass_s(86_400)
    house.gateway.issue()
    house.clock.pass_s(-86_400)
    house.gateway.issue()
    assert house.list_of("ss-entrance").issued_at == house.clock.now()


def test_a_revoked_badge_is_patched_out_of_every_door(house: House) -> None:
    house.join("ana", ANA)
    house.gateway.issue()
    house.gateway.handle(ask.RevokeCredential(ANA))
    house.gateway.issue()
    decision = house.list_of("ss-entrance").decide(ANA, "entrance", house.clock.now())
    assert decision == Denied("unknown_credential")


def test_a_list_is_sent_again_until_the_node_holds_it(house: House) -> None:
    house.gateway.issue()
    house.beat("ss-garden", list_revision=0)
    house.downlink.lists.clear()
    house.clock.pass_s(3)
    house.gateway.issue()
    assert [signed.body["node"] for signed in house.downlink.lists] == ["ss-garden"]
    house.beat("ss-garden", list_revision=1)
    house.downlink.lists.clear()
    house.clock.pass_s(3)
    house.gateway.issue()
    assert house.downlink.lists == []


def test_newcomers_find_the_patched_list_whole(house: House) -> None:
    house.gateway.issue()
    house.join("ana", ANA)
    house.gateway.issue()
    house.downlink.lists.clear()
    house.clock.pass_s(30)
    house.gateway.issue()
    entrance = next(signed for signed in house.downlink.lists if signed.body["node"] == "ss-entrance")
    assert ANA in entrance.body["credentials"]


def test_lists_are_numbered_above_what_any_node_reports(house: House) -> None:
    house.beat("ss-garden", list_revision=41)
    house.gateway.issue()
    assert house.list_of("ss-garden").revision == 42


def test_a_number_issued_before_a_node_was_heard_is_not_believed_to_be_the_same_list(house: House) -> None:
    house.gateway.issue()  # as a restored gateway does, which does not know what it issued after the backup
    house.beat("ss-garden", list_revision=1)
    house.downlink.lists.clear()
    house.gateway.issue()
    (signed,) = house.downlink.lists
    assert (signed.body["node"], signed.body["revision"]) == ("ss-garden", 2)


def test_a_node_that_says_again_what_it_holds_gets_no_other_list(house: House) -> None:
    house.beat("ss-garden")
    house.gateway.issue()
    house.downlink.lists.clear()
    for _ in range(2):
        house.beat("ss-garden", list_revision=1)
        house.gateway.issue()
    assert house.downlink.lists == house.downlink.patches == []


def test_a_word_that_its_broker_says_for_a_dead_node_is_not_its_first(house: House) -> None:
    house.gateway.issue()
    house.beat("ss-garden", list_revision=0, online=False)
    house.beat("ss-garden", list_revision=1)
    house.gateway.issue()
    assert house.list_of("ss-garden").revision == 2


def test_each_run_of_a_node_is_told_once_how_far_its_events_are_kept(house: House) -> None:
    house.tell("ss-entrance", event(1, "08:00:00", **badge(ANA, "in")))
    house.downlink.answers.clear()
    for _ in range(2):
        house.beat("ss-entrance")
    assert house.downlink.acks == [Cursor("ss-entrance", "e" * 16, 1)]
    house.beat("ss-entrance", start="6" * 16)
    assert [answer.start for answer in house.downlink.answers] == ["5" * 16, "6" * 16]


def test_a_booking_opens_its_room_ten_minutes_early(house: House) -> None:
    house.join("ana", ANA)
    two = datetime(2026, 11, 24, 14, tzinfo=UTC)
    house.gateway.handle(ask.BookSpace(SCEAUX, "meeting-1", "ana", two, two + timedelta(hours=1), None))
    house.gateway.issue()
    room = house.list_of("ss-meeting-1")
    assert isinstance(room.decide(ANA, "meeting-1-door", two - timedelta(minutes=10)), Granted)
    assert room.decide(ANA, "meeting-1-door", house.clock.now()) == Denied(
        "too_early", opens_at=two - timedelta(minutes=10)
    )


def test_two_bookings_of_one_room_at_one_time_cannot_be(house: House) -> None:
    house.join("ana", ANA)
    two = datetime(2026, 11, 24, 14, tzinfo=UTC)
    house.gateway.handle(ask.BookSpace(SCEAUX, "meeting-1", "ana", two, two + timedelta(hours=1), None))
    with pytest.raises(Refused) as refused:
        house.gateway.handle(ask.BookSpace(SCEAUX, "meeting-1", "ana", two, two + timedelta(hours=2), None))
    assert (refused.value.kind, refused.value.faults[0].code) == ("conflict", "clash")


def test_a_cancelled_booking_gives_its_time_back(house: House) -> None:
    house.join("ana", ANA)
    two = datetime(2026, 11, 24, 14, tzinfo=UTC)
    wish = ask.BookSpace(SCEAUX, "meeting-1", "ana", two, two + timedelta(hours=1), None)
    house.gateway.handle(ask.CancelBooking(house.gateway.handle(wish).id))
    assert house.gateway.handle(wish).status == "confirmed"


def test_members_are_taken_up_all_or_none(house: House) -> None:
    house.join("ana", ANA)
    since = house.clock.now()
    new = [
        NewMember(Member(name, name, "member", "nomad", (SCEAUX,), None, since, None), (card,))
        for name, card in (("bob", BOB), ("eve", ANA))
    ]
    with pytest.raises(Refused):
        house.gateway.handle(ask.AddMembers(tuple(new)))
    with house.ledger.reading() as books:
        assert [member.id for member in books.people.members()] == ["ana"]


def test_a_door_is_opened_from_afar_only_where_its_node_answers(house: House) -> None:
    with pytest.raises(Refused) as refused:
        house.gateway.handle(ask.OpenDoor(SCEAUX, "entrance"))
    assert refused.value.kind == "unavailable"
    assert house.downlink.commands == []


def test_no_command_is_sent_while_two_nodes_say_that_they_are_the_same(house: House) -> None:
    for start in ("5" * 16, "6" * 16, "5" * 16):
        house.beat("ss-entrance", start=start)
    with pytest.raises(Refused) as refused:
        house.gateway.handle(ask.OpenDoor(SCEAUX, "entrance"))
    assert (refused.value.kind, refused.value.faults[0].code) == ("conflict", "duplicated")
    assert house.downlink.commands == []
    house.clock.pass_s(300)
    house.beat("ss-entrance")
    house.gateway.handle(ask.OpenDoor(SCEAUX, "entrance"))
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


def test_while_the_ledger_is_full_everything_waits_and_the_gateway_says_so(
    house: House,
) -> None:
    ledger = FullLedger(house.ledger)
    gateway = Gateway(ledger, house.clock, house.downlink, house.signer, house.notifier, {SCEAUX: site()})
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
    house.gateway.handle(ask.OpenDoor(SCEAUX, "entrance"))
    (signed,) = house.downlink.commands
    command = Command.model_validate(verify(public_from_text(house.signer.public_text), signed, "command"))
    assert command.action == UnlockDoor(door="entrance")
    assert (command.boot, command.not_after_uptime_s) == ("b" * 16, 107.0)


def test_a_parcel_is_dropped_told_and_fetched_by_its_code(house: House) -> None:
    house.join("ana", ANA)
    house.beat("ss-parcels")
    parcel = house.gateway.handle(ask.DropParcel(SCEAUX, "ana", "La Poste"))
    house.gateway.issue()
    by_badge = house.list_of("ss-parcels").decide(ANA, parcel.compartment, house.clock.now())
    assert by_badge == Granted(f"parcel:{parcel.id}")
    house.gateway.handle(ask.CollectParcel(SCEAUX, house.notifier.codes[parcel.id]))
    assert [signed.body["action"]["do"] for signed in house.downlink.commands] == ["OpenCompartment"] * 2


def test_a_wrong_code_opens_nothing(house: House) -> None:
    with pytest.raises(Refused) as refused:
        house.gateway.handle(ask.CollectParcel(SCEAUX, "00000000"))
    assert refused.value.kind == "not_found"


def test_an_item_is_lent_once_at_a_time(house: House) -> None:
    house.join("ana", ANA)
    tomorrow = house.clock.now() + timedelta(days=1)
    loan = house.gateway.handle(ask.LendItem(SCEAUX, "projector", "ana", tomorrow))
    house.gateway.issue()
    assert house.list_of("ss-loans").decide(ANA, "loan-1", house.clock.now()) == Granted(f"loan:{loan.id}")
    with pytest.raises(Refused) as refused:
        house.gateway.handle(ask.LendItem(SCEAUX, "projector", "ana", tomorrow))
    assert refused.value.faults[0].code == "lent"


def test_what_was_brought_back_can_no_longer_be_opened(house: House) -> None:
    house.join("ana", ANA)
    loan = house.gateway.handle(
        ask.LendItem(SCEAUX, "projector", "ana", house.clock.now() + timedelta(days=1))
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


def test_a_login_link_works_once(house: House) -> None:
    secret = house.gateway.handle(ask.MintKey("link", "first", "admin", timedelta(hours=1)))
    assert house.gateway.handle(ask.UseLoginLink(secret)) != secret
    with pytest.raises(Refused):
        house.gateway.handle(ask.UseLoginLink(secret))


def test_a_login_link_expires(house: House) -> None:
    secret = house.gateway.handle(ask.MintKey("link", "first", "admin", timedelta(hours=1)))
    house.clock.pass_s(3600)
    with pytest.raises(Refused):
        house.gateway.handle(ask.UseLoginLink(secret))


def test_secrets_are_kept_as_hashes(house: House, tmp_path: Path) -> None:
    secret = house.gateway.handle(ask.MintKey("api", "city", "billing", timedelta(days=1)))
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("ledger.sqlite*"))
    assert secret.encode() not in kept


def event(seq: int, at: str, **said: object) -> dict[str, object]:
    moment = datetime.fromisoformat(f"2026-11-24T{at}Z")
    return {
        "seq": seq,
        "at": f"2026-11-24T{at}Z",
        "boot": "b" * 16,
        "uptime_s": UP_AT_NINE_S - (NINE - moment).total_seconds(),
        "clock": "synchronised",
        "event": said,
    }


def badge(credential: str, direction: str) -> dict[str, object]:
    return {
        "type": "BadgePresented",
        "point": "entrance",
        "direction": direction,
        "credential": credential,
        "assurance": "uid",
        "granted": True,
        "reason": "granted",
        "why": "member",
        "list_revision": 1,
        "list_age_s": 0,
        "stale": False,
    }


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
