"""A two-beam counter. In a story, "O" and "I" break the outer and inner beam, "o" and "i" restore them."""

import pytest

from edge.core.crossings import CounterMachine
from edge.core.effects import Report
from edge.core.facts import Beam
from protocol.events import Crossed
from protocol.site import Counter

COUNTER = Counter(id="beams", node="n", space="floor", outer=23, inner=24)


def counted(story: str) -> list[str]:
    """Return the direction of each crossing."""
    machine, directions = CounterMachine(COUNTER), list[str]()
    for letter in story:
        beam = Beam("outer" if letter in "Oo" else "inner", broken=letter.isupper())
        machine, effects = machine.step(beam, 0.0)
        for effect in effects:
            assert isinstance(effect, Report)
            assert isinstance(effect.event, Crossed)
            directions.append(effect.event.direction)
    return directions


def test_the_outer_beam_first_means_someone_came_in() -> None:
    assert counted("OIoi") == ["in"]


def test_the_inner_beam_first_means_someone_went_out() -> None:
    assert counted("IOio") == ["out"]


def test_each_person_is_counted() -> None:
    assert counted("OIoi" + "IOio" + "OIoi") == ["in", "out", "in"]


@pytest.mark.parametrize("story", ["Oo", "Ii", "OIio", "IOoi", "OIiIio"])
def test_who_turns_back_is_not_counted(story: str) -> None:
    assert counted(story) == []


def test_who_hesitates_between_the_beams_is_counted_once() -> None:
    assert counted("OIoOoi") == ["in"]


def test_a_level_read_again_changes_nothing() -> None:
    assert counted("OOIIooii") == ["in"]


def test_an_arm_through_one_beam_after_the_other_is_no_crossing() -> None:
    assert counted("OoIi") == []
