from collections import Counter

import pytest

from firmware_sim.people import NOMADS, population
from firmware_sim.rf.cards import Type2Card
from tests.unit.firmware_sim.simulated_day import SITES


def test_the_nomads_are_those_whom_the_town_counted() -> None:
    people = population(SITES, seed=1)

    works = Counter(person.work for person in people)
    assert {work: works[work] for work in NOMADS} == {"executive": 856, "entrepreneur": 187, "employee": 40}
    assert works["staff"] == 6
    assert works["guest"] > 0


def test_the_same_seed_makes_the_same_people_and_another_seed_others() -> None:
    assert population(SITES, seed=7) == population(SITES, seed=7)
    assert population(SITES, seed=7) != population(SITES, seed=8)


def test_nobody_shares_an_id_or_a_card() -> None:
    people = population(SITES, seed=1)

    assert len({person.id for person in people}) == len(people)
    assert len({person.uid for person in people}) == len(people)
    assert {len(person.uid) for person in people} == {4, 7}


@pytest.mark.parametrize("seed", range(8))
def test_every_card_can_be_made(seed: int) -> None:
    for person in population(SITES, seed):
        Type2Card(person.uid)  # refuses what ISO/IEC 14443-3 rules out


def test_no_office_holds_more_residents_than_seats() -> None:
    seats = {space.id: space.capacity for site in SITES for space in site.spaces}

    residents = Counter(person.office for person in population(SITES, seed=1) if person.office)
    assert residents
    assert all(count <= seats[office] for office, count in residents.items())


def test_whoever_has_an_office_is_a_resident_where_the_office_is() -> None:
    offices = {site.id: {space.id for space in site.spaces} for site in SITES}

    for person in population(SITES, seed=1):
        assert (person.plan == "resident") == (person.office is not None)
        assert person.office is None or person.office in offices[person.home]
        assert person.home in person.sites


def test_staff_are_told_apart_because_the_tariff_exempts_them() -> None:
    categories = Counter(person.category for person in population(SITES, seed=1))

    assert categories["staff"] == 6
    assert categories["member"] == 1083
