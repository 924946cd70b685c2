"""Which lists go out to nodes, whole or as patches, and under which numbers."""

from datetime import timedelta

from gateway import commands as ask
from gateway.domain.authority import SYSTEM
from gateway.ports import Cursor
from protocol.access import Denied, Granted
from tests.fakes import site
from tests.unit.gateway.house import ANA, BOB, House, badge, event


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
    house.gateway.handle(ask.RevokeCredential(ANA), SYSTEM)
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
