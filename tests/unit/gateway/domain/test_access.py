from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.domain.access import AnotherIssue, patch_between
from gateway.domain.people import Credential
from gateway.domain.rights import CompartmentGrant, compartments_of
from protocol.access import Denied, Granted
from tests.unit.gateway.domain.books import NOW, World
from tests.unit.gateway.domain.building import (
    LONG_NIGHT,
    NEIGHBOUR,
    SITE,
    SUNDAY,
    booking,
    credential,
    member,
    paris,
    ref,
)

HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)

NOMAD = World([member(1)], [credential(1)])
SLOW = replace(credential(1), relock_after_s=20.0)
GUEST = World([member(1, "guest")], [credential(1)])
RESIDENT = World([member(1, "resident", office="office-2")], [credential(1)])


def locker(why: str, start: datetime, end: datetime) -> CompartmentGrant:
    return CompartmentGrant(SITE.id, "loan-1", "m-1", why, start, end)


def test_a_nomad_passes_the_perimeter_during_opening_hours() -> None:
    access = NOMAD.compile()
    assert access.decide(ref(1), "entrance", NOW) == Granted("member")
    assert access.decide(ref(1), "entrance", paris("20:00") - INSTANT) == Granted("member")
    assert access.decide(ref(1), "entrance", paris("20:00")) == Denied(
        "too_early", opens_at=paris("08:00", date(2026, 11, 25))
    )


def test_a_nomad_does_not_pass_into_a_bookable_space() -> None:
    assert NOMAD.compile("ss-meeting-1").decide(ref(1), "meeting-1-door", NOW) == Denied("no_right_here")


def test_a_nomad_passes_into_a_space_that_nobody_can_book() -> None:
    spaces = tuple(s.model_copy(update={"bookable": False}) for s in SITE.spaces)
    access = NOMAD.compile("ss-meeting-1", site=SITE.model_copy(update={"spaces": spaces}))
    assert access.decide(ref(1), "meeting-1-door", NOW) == Granted("member")


def test_nobody_passes_by_plan_at_another_site() -> None:
    elsewhere = World([member(1, sites=(NEIGHBOUR.id,))], [credential(1)])
    assert elsewhere.compile().credentials == {}


def test_a_closed_day_opens_nothing_to_a_nomad() -> None:
    sunday = paris("12:00", SUNDAY)
    access = NOMAD.compile(now=sunday)
    assert access.decide(ref(1), "entrance", sunday) == Denied(
        "too_early", opens_at=paris("08:00", date(2026, 11, 23))
    )


def test_opening_hours_follow_the_clocks_of_the_site_when_they_change() -> None:
    access = NOMAD.compile(now=paris("12:00", date(2026, 10, 24)))
    assert access.decide(ref(1), "entrance", paris("12:00", LONG_NIGHT)) == Denied(
        "too_early", opens_at=datetime(2026, 10, 26, 7, tzinfo=UTC)
    )


def test_a_resident_passes_the_perimeter_and_into_their_office_at_any_time() -> None:
    night = paris("03:00", date(2026, 11, 25))
    offices = RESIDENT.compile("ss-offices-a")
    assert RESIDENT.compile().decide(ref(1), "entrance", night) == Granted("resident:office-2")
    assert offices.decide(ref(1), "office-2-door", night) == Granted("resident:office-2")
    assert offices.decide(ref(1), "office-1-door", NOW) == Denied("no_right_here")


def test_a_resident_of_another_place_is_a_nomad_here() -> None:
    elsewhere = World([member(1, "resident", office="studio")], [credential(1)])
    assert elsewhere.compile().decide(ref(1), "entrance", NOW) == Granted("member")
    assert isinstance(elsewhere.compile().decide(ref(1), "entrance", paris("23:00")), Denied)


def test_staff_pass_every_door_of_their_sites_always() -> None:
    staff = World([member(1, "staff")], [credential(1)])
    for door in SITE.doors:
        access = staff.compile(door.node)
        assert access.decide(ref(1), door.id, paris("03:00"), assurance="aes") == Granted("staff")


def test_a_guest_passes_for_a_booking_with_its_margin_and_through_the_perimeter() -> None:
    world = GUEST._replace(bookings=[booking(7, paris("14:00"), 2)])
    for node, point in (("ss-entrance", "entrance"), ("ss-meeting-1", "meeting-1-door")):
        access = world.compile(node)
        assert access.decide(ref(1), point, paris("13:50")) == Granted("booking:b-7")
        assert access.decide(ref(1), point, paris("16:10") - INSTANT) == Granted("booking:b-7")
        assert access.decide(ref(1), point, paris("13:50") - INSTANT) == Denied(
            "too_early", opens_at=paris("13:50")
        )
        assert access.decide(ref(1), point, paris("16:10")) == Denied("ended")


def test_a_guest_without_booking_is_unknown() -> None:
    assert GUEST.compile().decide(ref(1), "entrance", NOW) == Denied("unknown_credential")


def test_a_guest_whose_booking_has_ended_is_still_listed_and_can_leave() -> None:
    over = GUEST._replace(bookings=[booking(7, NOW - 3 * HOUR)])
    assert ref(1) in over.compile().credentials
    assert ref(1) not in over.compile(now=NOW + 24 * HOUR).credentials


def test_a_cancelled_booking_opens_nothing() -> None:
    world = GUEST._replace(bookings=[booking(7, NOW, status="cancelled")])
    assert world.compile().credentials == {}


def test_a_booking_at_another_site_opens_nothing() -> None:
    world = GUEST._replace(bookings=[booking(7, NOW, site=NEIGHBOUR.id)])
    assert world.compile().credentials == {}


def test_a_grant_opens_its_compartment_at_its_own_node() -> None:
    world = GUEST._replace(grants=[locker("loan:l-1", NOW, NOW + HOUR)])
    access = world.compile("ss-loans")
    assert access.decide(ref(1), "loan-1", NOW) == Granted("loan:l-1")
    assert access.decide(ref(1), "loan-2", NOW) == Denied("no_right_here")
    assert world.compile("ss-parcels").credentials == {}


def test_a_grant_at_another_site_opens_nothing_here() -> None:
    elsewhere = replace(locker("loan:l-1", NOW, NOW + HOUR), site=NEIGHBOUR.id)
    assert GUEST._replace(grants=[elsewhere]).compile("ss-loans").credentials == {}


def test_each_right_keeps_its_own_name() -> None:
    world = NOMAD._replace(bookings=[booking(7, NOW), booking(8, NOW)])
    access = world.compile()
    whys = {window.why for number in access.credentials[ref(1)].sets for window in access.sets[number]}
    assert whys == {"member", "booking:b-7", "booking:b-8"}


def test_windows_reach_from_a_day_ago_to_the_horizon() -> None:
    access = World([member(1, "staff")], [credential(1)]).compile()
    windows = [window for windows in access.sets.values() for window in windows]
    assert {(window.start, window.end) for window in windows} == {(NOW - 24 * HOUR, NOW + 48 * HOUR)}


def test_a_list_says_from_when_until_when_it_holds() -> None:
    access = NOMAD.compile()
    assert (access.issued_at, access.horizon, access.expires_at) == (NOW, NOW + 48 * HOUR, NOW + 36 * HOUR)


def test_what_a_stale_list_does_is_the_doors_own_rule_and_lockers_stay_shut() -> None:
    assert NOMAD.compile().on_stale == {"entrance": "members"}
    assert NOMAD.compile("ss-meeting-1").on_stale == {"meeting-1-door": "deny"}
    assert NOMAD.compile("ss-loans").on_stale == dict.fromkeys(
        ("loan-1", "loan-2", "loan-3", "loan-4"), "deny"
    )


def test_members_are_listed_at_doors_where_they_have_no_right_and_nowhere_else() -> None:
    rights = NOMAD.compile("ss-meeting-1").credentials[ref(1)]
    assert (rights.sets, rights.member) == ((), True)
    assert NOMAD.compile("ss-loans").credentials == {}  # who steals that node learns of nobody


def test_a_guest_with_a_booking_does_not_count_as_member_when_the_list_is_stale() -> None:
    world = GUEST._replace(bookings=[booking(7, NOW)])
    assert world.compile().credentials[ref(1)].member is False


@pytest.mark.parametrize(
    "world",
    [
        World([member(1)], [credential(1, revoked_at=NOW)]),
        World([member(1, until=NOW)], [credential(1)]),
        World([member(1)], [credential(2)]),
    ],
    ids=["revoked badge", "ended membership", "badge of nobody"],
)
def test_who_may_no_longer_pass_is_not_listed(world: World) -> None:
    assert world.compile().credentials == {}


def test_rights_end_with_the_membership_and_begin_with_the_badge() -> None:
    world = World([member(1, until=NOW + 2 * HOUR)], [credential(1, since=NOW + HOUR)])
    access = world.compile()
    assert access.decide(ref(1), "entrance", NOW) == Denied("too_early", opens_at=NOW + HOUR)
    assert access.decide(ref(1), "entrance", NOW + HOUR) == Granted("member")
    assert access.decide(ref(1), "entrance", NOW + 2 * HOUR) == Denied("ended")


def test_a_badge_not_yet_valid_does_not_count_as_members_when_the_list_is_stale() -> None:
    assert World([member(1)], [credential(1, since=NOW + HOUR)]).compile().credentials[ref(1)].member is False


def test_a_badge_that_changes_hands_gives_each_holder_their_own_rights() -> None:
    handover = NOW + HOUR
    world = World(
        [member(1, "staff"), member(2)],
        [credential(1, revoked_at=handover), Credential(ref(1), "m-2", handover, None)],
    )
    access = world.compile()
    assert access.decide(ref(1), "entrance", handover - INSTANT) == Granted("staff")
    assert access.decide(ref(1), "entrance", handover) == Granted("member")


def test_members_of_one_plan_share_one_set() -> None:
    crowd = World([member(n) for n in range(50)], [credential(n) for n in range(50)])
    access = crowd.compile()
    assert len(access.sets) == 1
    assert len(access.credentials) == 50


def test_the_order_of_the_books_does_not_matter() -> None:
    world = World(
        [member(n) for n in range(9)],
        [credential(n) for n in range(9)],
        [booking(n, NOW + n * HOUR, who=n % 3) for n in range(9)],
    )
    members, credentials, bookings, *_ = (list(reversed(part)) for part in world[:3])
    backwards = World(members, credentials, bookings)  # type: ignore[arg-type]  # part by part
    assert world.compile().model_dump_json() == backwards.compile().model_dump_json()


def test_within_the_reissue_time_the_frame_stays_and_nothing_changes() -> None:
    old = NOMAD.compile()
    new = NOMAD.compile(now=NOW + 6 * HOUR - INSTANT, previous=old)
    assert new == old.model_copy(update={"revision": 2})
    assert patch_between(old, new) is None


def test_after_the_reissue_time_a_list_has_a_new_frame_and_travels_whole() -> None:
    old = NOMAD.compile()
    new = NOMAD.compile(now=NOW + 6 * HOUR, previous=old)
    assert new.issued_at == NOW + 6 * HOUR
    with pytest.raises(AnotherIssue, match="send it whole"):
        patch_between(old, new)


def test_a_changed_site_file_makes_a_new_frame() -> None:
    old = NOMAD.compile()
    doors = tuple(door.model_copy(update={"on_stale": "deny"}) for door in SITE.doors)
    new = NOMAD.compile(now=NOW + HOUR, previous=old, site=SITE.model_copy(update={"doors": doors}))
    assert (new.issued_at, new.on_stale) == (NOW + HOUR, {"entrance": "deny"})


def test_a_clock_that_went_back_makes_a_new_frame() -> None:
    assert NOMAD.compile(now=NOW - HOUR, previous=NOMAD.compile()).issued_at == NOW - HOUR


def test_a_new_booking_travels_as_one_set_and_one_credential() -> None:
    crowd = World([member(n) for n in range(50)], [credential(n) for n in range(50)])
    old = crowd.compile()
    new = crowd._replace(bookings=[booking(1, NOW + HOUR, who=7)]).compile(now=NOW + HOUR, previous=old)
    patch = patch_between(old, new)
    assert patch is not None
    assert (list(patch.sets), list(patch.credentials)) == ([2], [ref(7)])


def test_a_revoked_badge_travels_as_nothing_but_its_name() -> None:
    old = NOMAD.compile()
    revoked = World(NOMAD.members, [credential(1, revoked_at=NOW + HOUR)])
    patch = patch_between(old, revoked.compile(now=NOW + HOUR, previous=old))
    assert patch is not None
    assert (patch.sets, patch.credentials) == ({}, {ref(1): None})


def test_a_number_once_given_is_not_given_to_another_set() -> None:
    first = NOMAD._replace(bookings=[booking(1, NOW)]).compile()
    second = NOMAD._replace(bookings=[booking(2, NOW)]).compile(previous=first)
    assert first.credentials[ref(1)].sets == (1, 2)
    third = NOMAD._replace(bookings=[booking(3, NOW)]).compile(previous=second)
    assert second.credentials[ref(1)].sets == (1, 3)
    assert third.credentials[ref(1)].sets == (1, 4)


def test_the_points_that_ask_for_proof_are_named() -> None:
    doors = tuple(
        door.model_copy(update={"assurance": "aes"}) if door.id == "office-2-door" else door
        for door in SITE.doors
    )
    banks = tuple(
        bank.model_copy(update={"assurance": "aes"}) if bank.id == "loans" else bank for bank in SITE.banks
    )
    asking = SITE.model_copy(update={"doors": doors, "banks": banks})
    node = next(door.node for door in doors if door.id == "office-2-door")
    assert World([], []).compile(node, site=asking).assurance == {"office-2-door": "aes"}
    assert World([], []).compile("ss-loans", site=asking).assurance == dict.fromkeys(
        compartments_of(asking, "ss-loans"), "aes"
    )
    assert World([], []).compile("ss-entrance", site=asking).assurance == {}


def test_a_badge_that_can_prove_itself_is_listed_as_one() -> None:
    keyed = replace(credential(1), locked_key=b"locked")
    access = World([member(1), member(2)], [keyed, credential(2)]).compile()
    assert [access.credentials[ref(number)].aes for number in (1, 2)] == [True, False]


def test_a_node_that_has_another_key_than_before_gets_a_new_issue() -> None:
    before = World([member(1)], [credential(1)]).compile(sealed_to="A" * 43 + "=")
    after = World([member(1)], [credential(1)]).compile(
        now=NOW + HOUR, previous=before, sealed_to="B" * 43 + "="
    )
    assert after.issued_at == NOW + HOUR
    with pytest.raises(AnotherIssue):
        patch_between(before, after)


def test_a_card_that_changes_hands_gives_the_longer_time_of_the_two() -> None:
    first = replace(SLOW, revoked_at=NOW + HOUR)
    access = World(
        [member(1), member(2)], [first, replace(credential(1), member="m-2", since=NOW + HOUR)]
    ).compile()
    assert access.credentials[ref(1)].relock_after_s == 20.0


def test_a_change_of_a_cards_time_travels_as_a_patch() -> None:
    before = NOMAD.compile()
    after = World([member(1)], [SLOW]).compile(previous=before)
    patch = patch_between(before, after)
    assert patch is not None
    assert before.apply(patch).credentials[ref(1)].relock_after_s == 20.0
