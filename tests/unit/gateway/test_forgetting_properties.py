"""Whoever comes when, with whatever card: taking names out changes no figure."""

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.commands import EraseMember, GiveCredential, RevokeCredential
from gateway.domain.authority import SYSTEM
from gateway.domain.people import Card, Category
from tests.unit.gateway.forgetting import at, counted, opened, rebuilt, retention, visits
from tests.unit.gateway.web.place import Place, card

MONTHS = ("2026-11", "2026-12")
PEOPLE = 4

days = st.integers(0, 58)  # of November and December
coming = st.tuples(days, st.integers(1, PEOPLE), st.booleans())


@settings(max_examples=25, deadline=None)
@given(
    st.lists(coming, min_size=1, max_size=12, unique_by=lambda each: each[:2]),
    st.lists(st.sampled_from(["member", "guest", "staff"]), min_size=PEOPLE, max_size=PEOPLE),
    st.sets(st.integers(1, PEOPLE), max_size=2),
    st.booleans(),
    st.sampled_from(["2027-02-01T12:00", "2027-03-02T12:00"]),
)
def test_no_figure_changes(
    comings: list[tuple[int, int, bool]],
    categories: list[Category],
    erased: set[int],
    handed_on: bool,  # noqa: FBT001 - drawn by Hypothesis
    forgotten_at: str,
) -> None:
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as place:
        _live(place, comings, categories, handed_on=handed_on)
        place.clock.at = at("2027-01-05T12:00")
        place.gateway.take_in()
        assert rebuilt(place) == 0
        before, stays = counted(place, *MONTHS), visits(place)
        for number in erased:
            place.gateway.handle(EraseMember(f"m-{number}"), SYSTEM)
        assert (counted(place, *MONTHS), visits(place), rebuilt(place)) == (before, stays, 0)
        place.clock.at = at(forgotten_at)
        retention(place).keep()
        assert (counted(place, *MONTHS), visits(place), rebuilt(place)) == (before, stays, 0)


def _live(
    place: Place, comings: list[tuple[int, int, bool]], categories: list[Category], *, handed_on: bool
) -> None:
    place.clock.at = at("2026-11-01T06:00")
    for number, category in enumerate(categories, start=1):
        place.join(number, category=category)
    for day, number, leaves in sorted(comings):
        moment = at("2026-11-02T08:00") + timedelta(days=day, minutes=10 * number)
        if handed_on and day > 20 and number == 1:
            handed_on = False  # the card of the first is the second's from here on
            place.clock.at = max(place.clock.at, moment - timedelta(minutes=5))
            place.gateway.handle(RevokeCredential(card(1)), SYSTEM)
            place.gateway.handle(GiveCredential("m-2", Card(card(1))), SYSTEM)
        place.clock.at = max(place.clock.at, moment)
        place.come(number)
        if leaves:
            place.clock.pass_s(60)
            place.leave(number)
