from datetime import timedelta

from gateway.domain.people import Credential, Holders
from tests.unit.gateway.domain.building import paris, ref

GIVEN, TAKEN = paris("09:00"), paris("17:00")
INSTANT = timedelta(microseconds=1)


def test_a_badge_stands_for_its_holder_from_when_it_was_given_until_it_was_revoked() -> None:
    holders = Holders([Credential(ref(1), "ada", GIVEN, TAKEN)])
    assert [holders.holder(ref(1), at) for at in (GIVEN - INSTANT, GIVEN, TAKEN - INSTANT, TAKEN)] == [
        None,
        "ada",
        "ada",
        None,
    ]


def test_a_badge_that_passes_to_another_hand_stands_for_one_person_at_a_time() -> None:
    holders = Holders([Credential(ref(1), "bob", TAKEN, None), Credential(ref(1), "ada", GIVEN, TAKEN)])
    assert holders.holder(ref(1), TAKEN - INSTANT) == "ada"
    assert holders.holder(ref(1), TAKEN) == "bob"


def test_a_badge_given_twice_stands_for_the_latest_to_receive_it() -> None:
    holders = Holders([Credential(ref(1), "bob", TAKEN, None), Credential(ref(1), "ada", GIVEN, None)])
    assert holders.holder(ref(1), TAKEN) == "bob"


def test_a_badge_that_nobody_was_given_stands_for_nobody() -> None:
    assert Holders([]).holder(ref(1), GIVEN) is None
