"""The judge's own reading of the rules of visits, rule by rule."""

from datetime import UTC, date, datetime, time
from typing import Any

from firmware_sim.truth import Seen
from firmware_sim.verify.stays import Stay, expected_stays
from tests.unit.firmware_sim.simulated_day import SITES, TUESDAY

SITE = SITES[0]
SUNDAY = date(2026, 11, 22)
AFTER_ALL = datetime(2026, 12, 1, tzinfo=UTC)
HOLDERS = {"c_ada": "ada", "c_bob": "bob"}


def holder_of(card: str, _at: datetime) -> str | None:
    return HOLDERS.get(card)


def at(clock: str, day: date = TUESDAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), SITE.zone).astimezone(UTC)


class Story:
    """What the sensors of a day saw, in the order of telling."""

    def __init__(self, day: date = TUESDAY) -> None:
        self.seen: list[Seen] = []
        self._day = day

    def badge(
        self, clock: str, who: str, direction: str = "in", *, granted: bool = True, point: str = "entrance"
    ) -> int:
        return self._add(
            clock,
            type="BadgePresented",
            credential=f"c_{who}",
            direction=direction,
            granted=granted,
            point=point,
        )

    def opened(self, clock: str, grant: int | None = None, door: str = "entrance") -> int:
        cause = "exit_request" if grant is None else "grant"
        return self._add(clock, type="DoorOpened", door=door, cause=cause, grant=grant)

    def closed(self, clock: str, door: str = "entrance") -> int:
        return self._add(clock, type="DoorClosed", door=door, open_s=1.0)

    def crossed(self, clock: str, direction: str = "out", counter: str = "entrance-beams") -> int:
        return self._add(clock, type="Crossed", counter=counter, space="floor", direction=direction)

    def comes(self, clock: str, who: str) -> None:
        """Badge and open the door in the same moment, and close it."""
        self.opened(clock, self.badge(clock, who))
        self.closed(clock)

    def told(self, as_of: datetime = AFTER_ALL) -> list[Stay]:
        return expected_stays(SITES, self.seen, holder_of, as_of)

    def _add(self, clock: str, **content: Any) -> int:
        seq = len(self.seen) + 1
        self.seen.append(Seen(SITE.id, "ss-entrance", "e", seq, at(clock, self._day), content))
        return seq


def bounds(stay: Stay) -> tuple[str, str | None, str]:
    def local(moment: datetime) -> str:
        return moment.astimezone(SITE.zone).strftime("%H:%M:%S")

    return local(stay.begun_at), local(stay.ended_at) if stay.ended_at else None, stay.quality


def test_a_badge_that_opened_the_door_begins_a_measured_stay_and_the_exit_badge_ends_it() -> None:
    story = Story()
    story.comes("09:00:00", "ada")
    story.badge("17:30:00", "ada", "out")

    [stay] = story.told()
    assert bounds(stay) == ("09:00:00", "17:30:00", "measured")
    assert (stay.begun_by, stay.ended_by) == ("ss-entrance/e/1", "ss-entrance/e/4")


def test_a_badge_after_which_the_door_stayed_shut_begins_nothing() -> None:
    story = Story()
    story.badge("09:00:00", "ada")

    assert story.told() == []


def test_a_badge_at_a_door_that_stands_open_begins_an_estimated_stay() -> None:
    story = Story()
    story.opened("08:59:00")
    story.badge("09:00:00", "ada")
    story.badge("10:00:00", "ada", "out")

    assert [bounds(stay) for stay in story.told()] == [("09:00:00", "10:00:00", "estimated")]


def test_a_door_that_has_closed_again_no_longer_stands_open() -> None:
    story = Story()
    story.opened("08:58:00")
    story.closed("08:59:00")
    story.badge("09:00:00", "ada")

    assert story.told() == []


def test_an_opening_counts_for_its_own_badge_whenever_it_is_reported() -> None:
    story = Story()
    badge = story.badge("09:00:03", "ada")
    story.opened("09:00:01", badge)

    assert len(story.told()) == 1


def test_a_refused_badge_begins_nothing_even_at_an_open_door() -> None:
    story = Story()
    story.opened("08:59:00")
    story.badge("09:00:00", "ada", granted=False)

    assert story.told() == []


def test_a_compartment_is_no_way_in() -> None:
    story = Story()
    story.opened("09:00:00", story.badge("09:00:00", "ada", point="loan-1"))

    assert story.told() == []


def test_a_card_without_a_holder_makes_no_stay() -> None:
    story = Story()
    story.comes("09:00:00", "nobody")

    assert story.told() == []


def test_a_second_badge_inside_changes_nothing() -> None:
    story = Story()
    story.comes("09:00:00", "ada")
    story.comes("11:00:00", "ada")
    story.badge("12:00:00", "ada", "out")

    assert [bounds(stay) for stay in story.told()] == [("09:00:00", "12:00:00", "measured")]


def test_a_crossing_ends_the_only_open_stay() -> None:
    story = Story()
    story.comes("09:00:00", "ada")
    story.crossed("12:00:00")

    assert [bounds(stay) for stay in story.told()] == [("09:00:00", "12:00:00", "estimated")]


def test_a_crossing_says_nothing_where_two_are_inside() -> None:
    story = Story()
    story.comes("09:00:00", "ada")
    story.comes("09:30:00", "bob")
    story.crossed("12:00:00")

    assert [stay.quality for stay in story.told()] == ["closed-by-rule", "closed-by-rule"]


def test_a_crossing_right_after_an_exit_badge_is_that_persons() -> None:
    story = Story()
    story.comes("09:00:00", "ada")
    story.comes("09:30:00", "bob")
    story.badge("12:00:00", "bob", "out")
    story.crossed("12:00:10")

    assert [bounds(stay) for stay in story.told()] == [
        ("09:00:00", "20:00:00", "closed-by-rule"),
        ("09:30:00", "12:00:00", "measured"),
    ]


def test_an_exit_badge_explains_one_crossing_only() -> None:
    story = Story()
    story.comes("09:00:00", "ada")
    story.comes("09:30:00", "bob")
    story.badge("12:00:00", "bob", "out")
    story.crossed("12:00:02")
    story.crossed("12:00:04")

    assert bounds(story.told()[0]) == ("09:00:00", "12:00:04", "estimated")


def test_an_exit_badge_explains_nothing_after_ten_seconds() -> None:
    story = Story()
    story.comes("09:00:00", "ada")
    story.comes("09:30:00", "bob")
    story.badge("12:00:00", "bob", "out")
    story.crossed("12:00:10.000001")

    assert bounds(story.told()[0])[1] == "12:00:10"


def test_a_crossing_between_rooms_ends_nothing() -> None:
    story = Story()
    story.comes("09:00:00", "ada")
    story.crossed("12:00:00", counter="kitchen-beams")
    story.crossed("12:10:00", direction="in")

    assert story.told()[0].quality == "closed-by-rule"


def test_what_nobody_ended_ends_at_closing_time_once_that_has_come() -> None:
    story = Story()
    story.comes("09:00:00", "ada")

    assert bounds(story.told(at("19:59:59"))[0]) == ("09:00:00", None, "measured")
    assert bounds(story.told(at("20:00:00"))[0]) == ("09:00:00", "20:00:00", "closed-by-rule")


def test_a_stay_begun_after_closing_ends_at_midnight() -> None:
    story = Story()
    story.comes("20:00:00", "ada")

    assert story.told(at("23:59:59"))[0].ended_at is None
    assert bounds(story.told()[0]) == ("20:00:00", "00:00:00", "closed-by-rule")


def test_a_stay_on_a_closed_day_ends_at_midnight() -> None:
    story = Story(SUNDAY)
    story.comes("10:00:00", "ada")

    assert bounds(story.told()[0]) == ("10:00:00", "00:00:00", "closed-by-rule")


def test_an_exit_badge_after_closing_still_ends_the_stay() -> None:
    story = Story()
    story.comes("19:00:00", "ada")
    story.badge("21:15:00", "ada", "out")

    assert bounds(story.told()[0]) == ("19:00:00", "21:15:00", "measured")


def test_a_day_that_ends_with_someone_inside_says_nothing_of_the_next() -> None:
    story, next_day = Story(SUNDAY), Story()
    story.comes("10:00:00", "ada")
    next_day.badge("09:00:00", "ada", "out")

    stays = expected_stays(SITES, [*story.seen, *next_day.seen], holder_of, AFTER_ALL)
    assert [stay.day for stay in stays] == [SUNDAY]


def test_the_same_person_at_two_sites_has_two_stays() -> None:
    story = Story()
    story.comes("09:00:00", "ada")
    there = [Seen("le-petit-voisin", "pv-entrance", "e", e.seq, e.at, e.content) for e in story.seen]

    stays = expected_stays(SITES, [*story.seen, *there], holder_of, AFTER_ALL)
    assert [(stay.site, bounds(stay)[1]) for stay in stays] == [
        ("le-petit-voisin", "19:00:00"),
        ("sceaux-smart", "20:00:00"),
    ]


def test_the_night_of_25_hours_is_one_civil_day() -> None:
    long_day = date(2026, 10, 25)
    story = Story(long_day)
    story.comes("00:30:00", "ada")

    [stay] = story.told()
    assert stay.lasted_s == 24.5 * 3600
