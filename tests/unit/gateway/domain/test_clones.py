"""Which sightings of badges tell of copies."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.clones import Clone, clones_among
from gateway.domain.journal import Entry
from protocol.events import BadgePresented
from tests.unit.gateway.domain.building import NEIGHBOUR, SITE, badge, entry, paris

SITES = {SITE.id: SITE, NEIGHBOUR.id: NEIGHBOUR}
TEN = paris("10:00")
FAR = "office-6-door"
"""12.5 m from office 1, wall to wall."""


def seen(who: int, after_s: float, point: str = "entrance", site: str = SITE.id) -> Entry:
    at = TEN + timedelta(seconds=after_s)
    return entry(at, badge(who, point=point), int(after_s * 10) + 1, site=site)


def failed(who: int, after_s: float, point: str = "entrance") -> Entry:
    one = seen(who, after_s)
    copy = badge(who, why=None, point=point).model_copy(update={"reason": "not_genuine"})
    return replace(one, event=copy)


def found(*entries: Entry, site: str = SITE.id) -> list[tuple[str, str]]:
    points = {each.identity: each.event.point for each in entries if isinstance(each.event, BadgePresented)}
    return [(clone.cause, points[clone.seen]) for clone in clones_among(SITES, site, entries)]


def test_a_badge_that_failed_its_proof_is_a_copy() -> None:
    copy = failed(1, 0)
    assert clones_among(SITES, SITE.id, [copy]) == [Clone(SITE.id, copy.identity, TEN, "not_genuine")]


def test_a_badge_at_two_ends_of_the_building_within_a_second_has_a_copy() -> None:
    assert found(seen(1, 0, FAR), seen(1, 1, "office-1-door")) == [("two_places", "office-1-door")]


def test_a_badge_that_walked_there_has_none() -> None:
    assert found(seen(1, 0, FAR), seen(1, 4, "office-1-door")) == []


def test_two_badges_at_two_ends_are_two_badges() -> None:
    assert found(seen(1, 0, FAR), seen(2, 1, "office-1-door")) == []


def test_the_doors_of_neighbouring_rooms_are_no_distance_apart() -> None:
    assert found(seen(1, 0, "office-1-door"), seen(1, 0.1, "office-2-door")) == []


@pytest.mark.parametrize("quality", ["uptime", "estimated"])
def test_a_clock_that_is_not_synchronised_accuses_nobody(quality: str) -> None:
    late = replace(seen(1, 1, "office-1-door"), quality=quality)  # type: ignore[arg-type]
    assert found(seen(1, 0, FAR), late) == []


def test_between_two_sites_the_way_is_what_their_files_say() -> None:
    away = seen(1, 60, "entrance", NEIGHBOUR.id)
    assert found(seen(1, 0), away) == [("two_places", "entrance")]
    assert found(seen(1, 0), seen(1, 121, "entrance", NEIGHBOUR.id)) == []


def test_both_sites_are_told_of_it() -> None:
    both = [seen(1, 0), seen(1, 60, "entrance", NEIGHBOUR.id)]
    assert [clone.site for site in SITES for clone in clones_among(SITES, site, both)] == list(SITES)


def test_a_copy_that_was_refused_does_not_accuse_the_true_badge() -> None:
    refused = failed(1, 0, FAR)
    assert found(refused, seen(1, 1, "office-1-door")) == [("not_genuine", FAR)]


def test_lockers_are_where_their_bank_is() -> None:
    assert found(seen(1, 0, "loan-1"), seen(1, 0.1, "loan-2")) == []
    assert found(seen(1, 0, "loan-1"), seen(1, 0.1, "loans")) == []


def test_a_door_that_is_no_longer_there_accuses_nobody() -> None:
    assert found(seen(1, 0), seen(1, 0.1, "cellar")) == []
