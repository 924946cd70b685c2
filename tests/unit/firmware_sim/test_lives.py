from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

from firmware_sim.calendar.agenda import bookings_of, plan_day
from firmware_sim.people import population
from firmware_sim.truth import Presence, Seen, read_truth
from firmware_sim.verify.observed import observe
from firmware_sim.verify.stays import expected_stays
from tests.unit.firmware_sim.simulated_day import SITES, TUESDAY, live_a_day

SUNDAY = date(2026, 11, 22)


def test_an_ordinary_day_brings_as_many_people_as_the_place_sees() -> None:
    people = population(SITES, seed=1)
    working_days = [TUESDAY + timedelta(days=n) for n in (-1, 0, 1, 2, 3)]

    comers = [len(plan_day(SITES[0], day, people, Random(day.day)).outings) for day in working_days]
    assert all(50 <= count <= 110 for count in comers)


def test_on_a_closed_day_only_those_with_their_own_key_come() -> None:
    people = population(SITES, seed=1)

    comers = [
        o.person for seed in range(50) for o in plan_day(SITES[0], SUNDAY, people, Random(seed)).outings
    ]
    assert {person.plan for person in comers} == {"staff", "resident"}


def test_no_room_is_booked_twice_at_a_time_and_no_item_lent_twice() -> None:
    people = population(SITES, seed=1)
    for seed in range(20):
        agenda = plan_day(SITES[0], TUESDAY, people, Random(seed))
        by_room = sorted(agenda.meetings, key=lambda meeting: (meeting.space, meeting.starts_at))
        assert all(a.space != b.space or a.ends_at <= b.starts_at for a, b in pairwise(by_room))
        items = [outing.item for outing in agenda.outings if outing.item]
        assert len(set(items)) == len(items)


def test_every_meeting_is_a_booking_even_the_one_to_which_nobody_comes() -> None:
    people = population(SITES, seed=1)
    agenda = plan_day(SITES[0], TUESDAY, people, Random(3))

    assert len(bookings_of([agenda])) == len(agenda.meetings) > 0


def test_the_same_seed_lives_the_same_day(tmp_path: Path) -> None:
    days = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        days.append(list(read_truth(live_a_day(tmp_path / name, seed=5).truth)))

    assert days[0] == days[1]


def test_whoever_came_in_has_left_and_nobody_is_inside_twice_at_a_time(tmp_path: Path) -> None:
    facts = list(read_truth(live_a_day(tmp_path).truth))
    stays = sorted(
        (fact for fact in facts if isinstance(fact, Presence)), key=lambda fact: (fact.person, fact.begun_at)
    )

    assert len(stays) > 20
    assert all(stay.ended_at is not None and stay.begun_at < stay.ended_at for stay in stays)
    assert all(
        a.person != b.person or (a.ended_at is not None and a.ended_at <= b.begun_at)
        for a, b in pairwise(stays)
    )


def test_each_node_tells_its_day_in_order_and_without_holes(tmp_path: Path) -> None:
    events = [fact for fact in read_truth(live_a_day(tmp_path).truth) if isinstance(fact, Seen)]

    for node in {event.node for event in events}:
        own = [event for event in events if event.node == node]
        assert [event.seq for event in own] == list(range(1, len(own) + 1))
        assert all(earlier.at <= later.at for earlier, later in pairwise(own))


def test_all_kinds_of_things_happen_in_a_day(tmp_path: Path) -> None:
    events = [fact for fact in read_truth(live_a_day(tmp_path, nomads=1083).truth) if isinstance(fact, Seen)]

    kinds = Counter(event.content["type"] for event in events)
    assert {"BadgePresented", "DoorOpened", "DoorClosed", "ExitRequested"} <= kinds.keys()
    assert {"Crossed", "PresenceChanged", "NodeStarted"} <= kinds.keys()
    assert {event.content["cause"] for event in events if event.content["type"] == "DoorOpened"} >= {
        "grant",
        "exit_request",
    }


def test_no_door_opens_by_force_where_everyone_behaves(tmp_path: Path) -> None:
    events = [fact for fact in read_truth(live_a_day(tmp_path, nomads=1083).truth) if isinstance(fact, Seen)]

    assert not [e for e in events if e.content.get("cause") == "forced"]


def test_visits_are_near_to_where_people_really_were(tmp_path: Path) -> None:
    day = live_a_day(tmp_path, nomads=1083)
    observed = observe(day.truth, {}, SITES)
    stays = expected_stays(SITES, observed.events.values(), observed.holder, day.ends_at)

    measured = [stay for stay in stays if stay.quality == "measured" and stay.ended_at is not None]
    assert 0.8 * len(observed.presence) < len(stays) <= len(observed.presence) + 3
    assert len(measured) > 0.8 * len(stays)
